import { createGate } from '@playgraph/testkit/gate';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import type { AccessEntry } from '../../src/http/access-log.ts';
import { openDoor } from './door-world.ts';

const HEAD = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';

test.each([
  ['no HTTP', 'nonsense\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['headers that are too large', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
  ['a bad length', `${HEAD}content-length: -1\r\n\r\n`, /^HTTP\/1\.1 400 /],
  ['two lengths', `${HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\nx`, /^HTTP\/1\.1 400 /],
  [
    'a length and chunks',
    `${HEAD}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    /^HTTP\/1\.1 400 /,
  ],
  ['an unknown transfer coding', `${HEAD}transfer-encoding: nonsense\r\n\r\n`, /^HTTP\/1\.1 (400|501) /],
])('%s is answered once and closed', async (_title, bytes, expected) => {
  const { dial, post } = await openDoor();
  const { socket, answer } = dial();
  socket.write(bytes);
  const text = await answer;
  expect(text).toMatch(expected);
  expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toMatchObject({
    errors: [{ extensions: { code: 'BAD_REQUEST' } }],
  });
  expect((await post({ query: '{ hello }' })).status).toBe(200);
});

test('chunks that are broken off in the middle of a request close the connection without an execution', async () => {
  const { dial, seen } = await openDoor();
  const { socket, answer } = dial();
  socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n5\r\n{"que\r\nzz\r\n`);
  expect(await answer).not.toMatch(/^HTTP\/1\.1 2/);
  expect(seen.counted).toBe(0);
});

test('a request whose end never comes is given up after its time', async () => {
  const { dial } = await openDoor({ requestMsMax: 50 });
  for (const bytes of [`${HEAD}content-length: 100\r\n\r\n{"query":`, 'POST /graphql HTTP/1.1\r\nhos']) {
    const { socket, answer } = dial();
    socket.write(bytes);
    expect(await answer).toMatch(/^(HTTP\/1\.1 408 |$)/);
  }
});

test('a client that goes in the middle of its body is not waited for', async () => {
  const ended = createGate();
  const { dial, seen } = await openDoor({
    onRequest: ({ status }) => {
      if (status === 499) ended.open();
    },
  });
  const { socket } = dial();
  socket.write(`${HEAD}content-length: 100\r\n\r\n{"query":"mutation { count }"`, () => socket.destroy());
  await ended.opened;
  expect(seen.counted).toBe(0);
});

test('requests that are sent ahead on one connection are answered in their order', async () => {
  const { dial } = await openDoor();
  const { socket, answer } = dial();
  const ask = (name: string, end = '') => {
    const body = `{"query":"{ hello(name: \\"${name}\\") }"}`;
    return `${HEAD}${end}content-length: ${body.length}\r\n\r\n${body}`;
  };
  socket.write(ask('a') + ask('b') + ask('c', 'connection: close\r\n'));
  expect([...(await answer).matchAll(/hello (\w)"/g)].map(([, name]) => name)).toEqual(['a', 'b', 'c']);
});

test('a server that drains finishes what is under way and takes nothing more', async () => {
  const [release, asked] = [createGate(), createGate()];
  const { post, close } = await openDoor({
    verifyToken: async () => {
      asked.open();
      await release.opened;
      return { userId: 'user_1', sessionId: 'session_1', scopes: [] };
    },
  });
  const running = post({ query: '{ whoAmI }' }, { authorization: 'Bearer good' });
  await asked.opened;
  const closed = close();
  release.open();
  expect(await (await running).json()).toEqual({ data: { whoAmI: 'user_1' } });
  await closed;
  await expect(post({ query: '{ hello }' })).rejects.toThrow();
});

test('what has not ended when the time for draining is over is cut off, and its work is cancelled', async () => {
  const [logged, entries] = [createGate(), [] as AccessEntry[]];
  const { dial, close, seen } = await openDoor({
    drainMsMax: 20,
    onRequest: (entry) => {
      entries.push(entry);
      logged.open();
    },
  });
  const { socket, answer } = dial();
  socket.write('GET /graphql?query={hangs} HTTP/1.1\r\nhost: x\r\n\r\n');
  await seen.asked.opened;
  await close();
  expect(await answer).toBe('');
  await seen.aborted.opened;
  await logged.opened;
  expect(entries).toMatchObject([{ status: 499 }]);
});

test('an operator says how long draining may take, and with it the whole of closing', async () => {
  const env = { SUPERGRAPH: 'supergraph.graphql', GATEWAY_DRAIN_MS: '45000' };
  const config = loadConfig({ env });
  expect([config.drainMs, config.webSocketLimits.drainMsMax]).toEqual([45_000, 45_000]);
});

test('a server that is about to drain says that it is not ready, and still answers', async () => {
  const { origin, post, close } = await openDoor({ drainNoticeMs: 200 });
  expect((await fetch(`${origin}/health/ready`)).status).toBe(200);
  const closed = close();
  const health = await fetch(`${origin}/health/ready`);
  expect([health.status, await health.json()]).toEqual([503, { status: 'draining' }]);
  expect((await fetch(`${origin}/health/live`)).status).toBe(200);
  const answered = await post({ query: '{ hello }' });
  expect([answered.status, answered.headers.get('connection')]).toEqual([200, 'close']);
  await closed;
});

test('an address with scheme and host is read like one without', async () => {
  const { dial } = await openDoor();
  const { socket, answer } = dial();
  socket.write(
    'GET http://shop.example/graphql?query={hello} HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n\r\n',
  );
  expect(await answer).toContain('{"data":{"hello":"hello world"}}');
});
