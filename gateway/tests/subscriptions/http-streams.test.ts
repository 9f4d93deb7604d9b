import { describe, expect, test } from 'vitest';
import { createTextReader } from '../http/read-text.ts';
import { PROTOCOLS, serveHttpLive } from './http-live.ts';
import { connect } from './live-door.ts';

const SAID = 'subscription { said(room: "a") { text } }';
const WITH_NAME = 'subscription { said(room: "a") { by { name } } }';
const said = (text: string) => ({ data: { said: { text } } });
const lastWord = (code: string) => ({ errors: [{ extensions: { code } }] });
const TOKEN_LEFT_MS = 300;

/** What `docs/gateway/subscriptions.md` promises of a stream, whichever way it takes over HTTP. */
describe.each(PROTOCOLS)('over $protocol', ({ accept, answersIn, failureIn, end }) => {
  test('a stream shares its upstream with those of WebSockets, and brings every event in order', async () => {
    const { url, post, say, untilOpen, gateway } = await serveHttpLive();
    const socket = await connect(url.replace('http', 'ws'));
    socket.subscribe('s', SAID);
    await untilOpen(1);
    const readers = [createTextReader(await post(accept, SAID)), createTextReader(await post(accept, SAID))];
    for (const text of ['one', 'two']) say('a', text);
    for (const reader of readers) {
      const text = await reader.until((soFar) => answersIn(soFar).length === 2);
      expect(answersIn(text)).toEqual([said('one'), said('two')]);
    }
    expect(await socket.next()).toMatchObject({ payload: said('one') });
    expect(gateway.stats().upstreams).toBe(1);
    await Promise.all(readers.map((reader) => reader.cancel()));
  });

  test('a client that goes frees its stream at the subgraph, and only its own', async () => {
    const { post, untilOpen, say, counts } = await serveHttpLive();
    const leaving = new AbortController();
    const [left, other] = [
      await post(accept, SAID, { signal: leaving.signal }),
      await post(accept, 'subscription { said(room: "b") { text } }'),
    ];
    await untilOpen(2);
    leaving.abort();
    await untilOpen(1);
    await expect(left.text()).rejects.toThrow();
    say('b', 'still here');
    const reader = createTextReader(other);
    await reader.until((text) => answersIn(text).length === 1);
    await reader.cancel();
    await untilOpen(0);
    expect(counts.streamsClosed).toBe(counts.streamsOpened);
  });

  test('a stream lasts no longer than its token, and says so', async () => {
    const { post, untilOpen, say, gateway } = await serveHttpLive();
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = `${part({ alg: 'none' })}.${part({ exp: (Date.now() + TOKEN_LEFT_MS) / 1_000 })}.x`;
    const response = await post(accept, SAID, { token });
    await untilOpen(1);
    say('a', 'one');
    const text = await response.text();
    expect(answersIn(text)).toMatchObject([said('one'), lastWord('UNAUTHENTICATED')]);
    expect(text).toMatch(end);
    await untilOpen(0);
    expect(gateway.stats().upstreams).toBe(0);
  });

  test('a drain ends streams as their protocol says, and takes no new ones', async () => {
    const { post, untilOpen, close, gateway } = await serveHttpLive();
    const response = await post(accept, SAID);
    await untilOpen(1);
    const closed = close();
    const text = await response.text();
    expect(answersIn(text)).toEqual([]);
    expect(text).toMatch(end);
    await closed;
    await untilOpen(0);
    expect(gateway.stats().upstreams).toBe(0);
    await expect(post(accept, SAID)).rejects.toThrow();
  });

  test('a client that does not keep up with another one is told, and its memory is bounded', async () => {
    const queue = { itemsMax: 8, bytesMax: 512 * 1024 };
    const { openPaused, post, untilOpen, say, counts } = await serveHttpLive({ gateway: { streamQueue: queue } });
    const slow = await openPaused(accept, SAID);
    await untilOpen(1);
    const fast = createTextReader(await post(accept, SAID));
    const text = 'x'.repeat(100_000);
    for (let sent = 1; !counts.slowReaders; sent++) {
      say('a', `${sent}${text}`);
      await fast.until((soFar) => soFar.includes(`"${sent}xxx`));
      expect(sent).toBeLessThan(1_000);
    }
    let received = '';
    slow.on('data', (chunk) => {
      received += String(chunk);
    });
    await expect.poll(() => end.test(received)).toBe(true);
    expect(received).toContain('"code":"TOO_SLOW","retryable":true');
    say('a', 'after');
    await fast.until((soFar) => soFar.includes('"after"'));
    await fast.cancel();
    await untilOpen(0);
  });

  test('where only the newest counts, a client that does not keep up stays and gets that', async () => {
    const { openPaused, post, untilOpen, say, counts } = await serveHttpLive({
      gateway: { streamQueue: { itemsMax: 2, bytesMax: 512 * 1024 }, slowReader: 'coalesce' },
    });
    const slow = await openPaused(accept, SAID);
    await untilOpen(1);
    const fast = createTextReader(await post(accept, SAID));
    const text = 'x'.repeat(100_000);
    let sent = 0;
    while ((counts.slowReaders ?? 0) < 3) {
      sent += 1;
      say('a', `${sent}${text}`);
      await fast.until((soFar) => soFar.includes(`"${sent}xxx`));
      expect(sent).toBeLessThan(1_000);
    }
    let received = '';
    slow.on('data', (chunk) => {
      received += String(chunk);
    });
    await expect.poll(() => received.includes(`"${sent}xxx`)).toBe(true);
    expect(received).not.toContain('TOO_SLOW');
    expect(end.test(received)).toBe(false);
    await fast.cancel();
  });

  test('a peer that takes nothing at all is cut off', async () => {
    const { openPaused, gateway } = await serveHttpLive({ door: { heartbeatMs: 20 } });
    await openPaused(accept, `subscription { ${'x'.repeat(2_000)}: counted }`);
    await expect.poll(() => gateway.stats().upstreams).toBe(1);
    await expect.poll(() => gateway.stats().upstreams, { timeout: 10_000 }).toBe(0);
  });

  test('a subgraph that is lost ends the stream with what to do about it', async () => {
    const { post } = await serveHttpLive();
    const text = await (await post(accept, 'subscription { said(room: "lost") { text } }')).text();
    expect(answersIn(text)).toMatchObject([said('before'), lastWord('UPSTREAM_LOST')]);
    expect(text).toContain('"retryable":true');
    expect(text).toMatch(end);
  });

  test.each([['lost'], ['closed']])('the end of a stream that is %s is told as no event is', async (room) => {
    const { post } = await serveHttpLive();
    const text = await (await post(accept, `subscription { said(room: "${room}") { text } }`)).text();
    const code = room === 'lost' ? 'UPSTREAM_LOST' : 'UNAVAILABLE';
    expect(failureIn(text)).toEqual([expect.objectContaining({ extensions: expect.objectContaining({ code }) })]);
    expect(answersIn(text)).toHaveLength(room === 'lost' ? 2 : 1);
    expect(text).toMatch(end);
  });

  test('a newer supergraph ends the streams that it plans in another way, and no others', async () => {
    const { post, untilOpen, change, say, live, users } = await serveHttpLive();
    const [stays, ends] = [createTextReader(await post(accept, SAID)), await post(accept, WITH_NAME)];
    await untilOpen(2);
    await change({ live, people: users });
    const text = await ends.text();
    expect(answersIn(text)).toMatchObject([lastWord('GRAPH_CHANGED')]);
    expect(text).toMatch(end);
    say('a', 'still here');
    await stays.until((soFar) => answersIn(soFar).length === 1);
    await stays.cancel();
  });
});
