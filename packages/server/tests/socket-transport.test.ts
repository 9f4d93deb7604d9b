import { once } from 'node:events';
import type { Identity } from '@playgraph/auth/identity';
import { signIdentity } from '@playgraph/auth/signed-identity';
import { systemClock } from '@playgraph/kernel/clock';
import { signOperation } from '@playgraph/server/signed-operation';
import { WAITING_EVENTS_MAX } from '@playgraph/server/socket-client';
import { OPERATIONS_PER_SOCKET_MAX } from '@playgraph/server/socket-transport';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { connectStreams, infoOf, nextOf, serveLog, serveScript, toSubscription } from './log-subgraph.ts';
import { identitySecret } from './sample-subgraph.ts';

const entries = toSubscription('subscription { entries { text } }');
const whoListens = toSubscription('subscription { whoListens }');
const resumeRules = [{ field: 'entries', argument: 'after', from: 'cursor' }];
const person = (userId: string): Identity => ({ userId, sessionId: 's', scopes: [] });
const entry = (text: string) => ({ data: { entries: { text } } });
const lost = {
  data: null,
  errors: [{ message: expect.stringContaining('log'), extensions: { code: 'UPSTREAM_LOST', retryable: true } }],
};

test('everybody shares one socket, and each subscription runs as whoever asked', async () => {
  const { url } = await serveLog();
  const { subscribe, sockets } = connectStreams(url);
  const infos = [
    { identity: person('ada'), correlationId: 'a-1' },
    { identity: null, correlationId: 'b-2' },
  ].map(infoOf);
  const streams = infos.map((info) => subscribe(whoListens, info));
  const first = await Promise.all(streams.map(nextOf));
  expect(first.map((event) => event?.data?.whoListens)).toEqual(['ada a-1', 'nobody b-2']);
  expect(sockets.opened).toBe(1);
});

test('a full socket is joined by another one', async () => {
  const { url, untilOpen } = await serveLog();
  const { subscribe, sockets } = connectStreams(url);
  const streams = Array.from({ length: OPERATIONS_PER_SOCKET_MAX + 1 }, () => subscribe(entries, infoOf()));
  const ends = streams.map((stream) => stream.next());
  await untilOpen(streams.length);
  expect(sockets.opened).toBe(2);
  await Promise.all(streams.map((stream) => stream.return()));
  expect((await Promise.all(ends)).every(({ done }) => done)).toBe(true);
  await untilOpen(0);
});

test('a signature counts for its own operation only', async () => {
  const { url } = await serveLog();
  const keys = { secret: identitySecret, clock: systemClock };
  const own = { query: 'subscription { whoListens }', variables: {} };
  const other = { query: 'subscription { entries { text } }', variables: {} };
  const extensions = { playgraph: { identity: signOperation(own, person('ada'), keys), correlationId: 'c' } };
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
  await once(socket, 'open');
  const ask = async (message: object) => {
    socket.send(JSON.stringify(message));
    const [data] = await once(socket, 'message');
    return JSON.parse(String(data));
  };
  await ask({ type: 'connection_init', payload: { identity: signIdentity({ ...keys, identity: null, body: '' }) } });
  expect(await ask({ id: '1', type: 'subscribe', payload: { ...own, extensions } })).toMatchObject({
    type: 'next',
    payload: { data: { whoListens: 'ada c' } },
  });
  for (const playgraph of [extensions.playgraph, { identity: 7 }, { identity: 'a.b' }]) {
    const payload = { ...other, extensions: { playgraph } };
    const refused = await ask({ id: '2', type: 'subscribe', payload });
    expect(refused).toMatchObject({ id: '2', type: 'error', payload: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  }
  socket.terminate();
});

test('a stream with a resume rule survives a restart of the subgraph: nothing is missing, nothing comes twice', async () => {
  const log = await serveLog();
  const { subscribe, sockets } = connectStreams(log.url, { resumeRules });
  const query = 'subscription ($from: String) { news: entries(after: $from) { text place { index } } }';
  const stream = subscribe(toSubscription(query, { from: null }), infoOf());
  const first = nextOf(stream);
  await log.untilOpen(1);
  log.write('one');
  expect(await first).toEqual({ data: { news: { text: 'one', place: { index: 0 } } } });
  const second = nextOf(stream);
  await log.stop();
  log.write('two');
  log.write('three');
  await log.start();
  expect(await second).toEqual({ data: { news: { text: 'two', place: { index: 1 } } } });
  expect(await nextOf(stream)).toEqual({ data: { news: { text: 'three', place: { index: 2 } } } });
  expect(sockets.opened).toBe(2);
  await stream.return();
});

test('a cursor of the client is where a stream goes on that has seen no event yet', async () => {
  const log = await serveLog();
  log.write('zero');
  const { subscribe } = connectStreams(log.url, { resumeRules });
  const stream = subscribe(toSubscription('subscription { entries(after: "0") { text } }'), infoOf());
  const first = nextOf(stream);
  await log.untilOpen(1);
  await log.stop();
  log.write('one');
  await log.start();
  expect(await first).toEqual(entry('one'));
  await stream.return();
});

test.each([
  ['there is no rule', []],
  ['no event gave a cursor', resumeRules],
])('a stream that may have missed events ends and says so: %s', async (_title, rules) => {
  const log = await serveLog();
  const { subscribe } = connectStreams(log.url, { resumeRules: rules });
  const stream = subscribe(entries, infoOf());
  const first = nextOf(stream);
  await log.untilOpen(1);
  await log.stop();
  expect(await first).toEqual(lost);
  expect(await nextOf(stream)).toBeNull();
});

test('a subgraph that comes up late is waited for', async () => {
  const log = await serveLog();
  await log.stop();
  const { subscribe, sockets } = connectStreams(log.url);
  const stream = subscribe(whoListens, infoOf());
  const first = nextOf(stream);
  await once(sockets.happened, 'retried');
  await log.start();
  expect(await first).toEqual({ data: { whoListens: 'nobody log-test' } });
  await stream.return();
});

test('leaving in the tick of the subscribing leaves nothing open at the subgraph', async () => {
  const { url, state, untilOpen } = await serveLog();
  const { subscribe, sockets } = connectStreams(url);
  const stays = subscribe(whoListens, infoOf());
  await stays.next();
  for (let i = 0; i < 20; i++) {
    const leaving = new AbortController();
    const stream = subscribe(entries, infoOf({ signal: leaving.signal }));
    const next = stream.next();
    if (i % 2 === 0) leaving.abort();
    else await stream.return();
    expect((await next).done).toBe(true);
  }
  // Messages of one socket are dealt with in order: what comes after them shows that they were.
  const marker = subscribe(whoListens, infoOf({ correlationId: 'marker' }));
  expect(await nextOf(marker)).toEqual({ data: { whoListens: 'nobody marker' } });
  await untilOpen(2);
  expect(sockets.opened).toBe(1);
  await Promise.all([stays.return(), marker.return()]);
  await untilOpen(0);
  expect(state.open).toBe(0);
});

test('a socket without streams closes, and the next stream opens another', async () => {
  const { url } = await serveLog();
  const { subscribe, sockets } = connectStreams(url, { socketIdleMs: 1 });
  for (const count of [1, 2]) {
    const stream = subscribe(whoListens, infoOf());
    await stream.next();
    expect(sockets).toMatchObject({ opened: count, closed: count - 1 });
    const closed = once(sockets.happened, 'closed');
    await stream.return();
    await closed;
  }
});

test('closing the transport ends every stream at once, without an error', async () => {
  const log = await serveLog();
  const { subscribe, close } = connectStreams(log.url, { resumeRules });
  const stream = subscribe(entries, infoOf());
  const next = stream.next();
  await log.untilOpen(1);
  await close();
  expect((await next).done).toBe(true);
  await log.untilOpen(0);
});

test('a subgraph that checks no signature gets the forwarded headers, one socket for each set of them', async () => {
  const inits: unknown[] = [];
  const subscribed: unknown[] = [];
  const upgrades: unknown[] = [];
  const url = await serveScript(({ type, id, payload }, socket, request) => {
    if (type === 'connection_init') {
      upgrades.push(request.headers.tenant);
      inits.push(payload);
      socket.send('{"type":"connection_ack"}');
    } else if (type === 'subscribe') {
      subscribed.push(payload);
      socket.send(JSON.stringify({ id, type: 'next', payload: { data: { n: inits.length } } }));
      socket.send(JSON.stringify({ id, type: 'complete' }));
    }
  });
  const { subscribe } = connectStreams(url, { identitySecret: null });
  for (const [i, tenant] of ['a', 'b', 'a'].entries()) {
    const headers = { tenant, traceparent: `trace-${i}` };
    const stream = subscribe(toSubscription('subscription { n }'), infoOf({ headers }));
    expect(await nextOf(stream)).toEqual({ data: { n: inits.length } });
    expect(await nextOf(stream)).toBeNull();
  }
  expect(inits).toEqual([{ tenant: 'a' }, { tenant: 'b' }]);
  expect(upgrades).toEqual(['a', 'b']);
  expect(subscribed).toEqual(Array.from({ length: 3 }, () => ({ query: 'subscription { n }', variables: {} })));
});

test('more sockets than there may be are not opened: the stream is told that it cannot start', async () => {
  const url = await serveScript(({ type, id }, socket) => {
    const next = JSON.stringify({ id, type: 'next', payload: { data: { n: 1 } } });
    socket.send(type === 'connection_init' ? '{"type":"connection_ack"}' : next);
  });
  const { subscribe } = connectStreams(url, { identitySecret: null, socketsMax: 1 });
  const of = (tenant: string) => subscribe(toSubscription('subscription { n }'), infoOf({ headers: { tenant } }));
  const [first, second] = [of('a'), of('b')];
  expect(await nextOf(first)).toEqual({ data: { n: 1 } });
  expect(await nextOf(second)).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] });
  expect(await nextOf(second)).toBeNull();
});

test('a reader that falls far behind is told so, after the events that waited', async () => {
  const log = await serveLog();
  const { subscribe } = connectStreams(log.url);
  const stream = subscribe(toSubscription('subscription { flood }'), infoOf());
  const closed = once(log.happened, 'closed');
  expect(await nextOf(stream)).toEqual({ data: { flood: 0 } });
  await closed;
  for (let i = 1; i <= WAITING_EVENTS_MAX; i++) expect(await nextOf(stream)).toEqual({ data: { flood: i } });
  expect(await nextOf(stream)).toMatchObject({
    data: null,
    errors: [{ extensions: { code: 'TOO_SLOW', retryable: true } }],
  });
});

test('a reader that falls far behind misses nothing where the stream can go on', async () => {
  const log = await serveLog();
  const { subscribe } = connectStreams(log.url, { resumeRules });
  for (let i = 0; i < WAITING_EVENTS_MAX * 2; i++) log.write(`entry ${i}`);
  const stream = subscribe(toSubscription('subscription { entries(after: "-1") { text } }'), infoOf());
  const closed = once(log.happened, 'closed');
  expect(await nextOf(stream)).toEqual(entry('entry 0'));
  await closed;
  for (let i = 1; i < WAITING_EVENTS_MAX * 2; i++) expect(await nextOf(stream)).toEqual(entry(`entry ${i}`));
  await stream.return();
});

test.each([
  ['no JSON', 'hello'],
  ['a message that there is not', '{"type":"hello"}'],
  ['an event that is no response', '{"type":"next","id":"1","payload":{}}'],
])('a subgraph that sends %s ends the stream with an error, not the gateway', async (_title, sent) => {
  const url = await serveScript(({ type }, socket) =>
    socket.send(type === 'subscribe' ? sent : '{"type":"connection_ack"}'),
  );
  const { subscribe } = connectStreams(url, { subscriptionRetriesMax: 0 });
  const stream = subscribe(toSubscription('subscription { n }'), infoOf());
  expect(await nextOf(stream)).toEqual(lost);
  expect(await nextOf(stream)).toBeNull();
});

test('a subgraph that refuses the gateway is not asked again', async () => {
  let connections = 0;
  const url = await serveScript((_message, socket) => {
    connections += 1;
    socket.close(4403, 'Forbidden');
  });
  const { subscribe } = connectStreams(url);
  expect(await nextOf(subscribe(whoListens, infoOf()))).toMatchObject({
    errors: [{ extensions: { code: 'UNAVAILABLE' } }],
  });
  expect(connections).toBe(1);
});
