import { createManualClock } from '@playgraph/kernel/clock';
import { createGate } from '@playgraph/testkit/gate';
import { createClient } from 'graphql-sse';
import { expect, test } from 'vitest';
import { openDoor } from './door-world.ts';
import { createTextReader } from './read-text.ts';

const SSE = { accept: 'text/event-stream' };

async function collect(url: string, query: string, headers: Record<string, string> = {}) {
  const client = createClient({ url, retryAttempts: 0, headers });
  const answers: unknown[] = [];
  for await (const answer of client.iterate({ query })) answers.push(answer);
  return answers;
}

test('a subscription streams to a graphql-sse client, and so do queries and mutations', async () => {
  const { url } = await openDoor();
  expect(await collect(url, 'subscription { counted(to: 3) }')).toEqual(
    [1, 2, 3].map((counted) => ({ data: { counted } })),
  );
  expect(await collect(url, '{ whoAmI }', { authorization: 'Bearer good' })).toEqual([{ data: { whoAmI: 'user_1' } }]);
  expect(await collect(url, 'mutation { count }')).toEqual([{ data: { count: 1 } }]);
});

test('what stops an operation before it runs arrives as an answer of the stream', async () => {
  const { url } = await openDoor();
  expect(await collect(url, 'subscription { nothing }')).toMatchObject([
    { errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] },
  ]);
});

test('the stream is written as its protocol says, by POST and by GET', async () => {
  const { post, get } = await openDoor();
  const query = 'subscription { counted(to: 2) }';
  for (const response of [await post({ query }, SSE), await get({ query }, SSE)]) {
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store, no-transform');
    expect(await response.text()).toBe(
      ':\n\nevent: next\ndata: {"data":{"counted":1}}\n\nevent: next\ndata: {"data":{"counted":2}}\n\nevent: complete\ndata: \n\n',
    );
  }
});

test('a request that is none is refused by its status, whatever stream it asks for', async () => {
  const { post } = await openDoor();
  expect((await post('no', SSE)).status).toBe(400);
  expect((await post({ query: '{ whoAmI }' }, { ...SSE, authorization: 'Bearer bad' })).status).toBe(401);
});

test('a stream that breaks says so without the reason, and ends', async () => {
  const { post } = await openDoor();
  const text = await (await post({ query: 'subscription { breaks }' }, SSE)).text();
  expect(text).toContain('{"data":{"breaks":1}}');
  expect(text).toContain('INTERNAL_SERVER_ERROR');
  expect(text).not.toContain('the stream broke');
  expect(text).toMatch(/event: complete\ndata: \n\n$/);
});

test('a client that goes ends its subscription', async () => {
  const { post, seen } = await openDoor();
  const leaving = new AbortController();
  const response = await post({ query: 'subscription { counted(to: 1, thenWait: true) }' }, SSE, leaving.signal);
  expect(response.status).toBe(200);
  await seen.waiting.opened;
  leaving.abort();
  await seen.aborted.opened;
});

test('a subscription lasts no longer than the token that let its client in', async () => {
  const identity = { userId: 'user_1', sessionId: 'session_1', scopes: [] };
  const { post, seen } = await openDoor({ verifyToken: async () => identity, clock: createManualClock(10_000) });
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${part({ alg: 'none' })}.${part({ exp: 10 })}.x`;
  const query = 'subscription { counted(to: 1, thenWait: true) }';
  const response = await post({ query }, { ...SSE, authorization: `Bearer ${token}` });
  expect(await response.text()).toMatch(/UNAUTHENTICATED.+\n\nevent: complete\ndata: \n\n$/);
  await seen.aborted.opened;
});

test('a token that still counts, since clocks may differ, does not end the subscription that it let in', async () => {
  const identity = { userId: 'user_1', sessionId: 'session_1', scopes: [] };
  const { post, seen } = await openDoor({
    verifyToken: async () => identity,
    clock: createManualClock(10_000),
    clockToleranceMs: 60_000,
    heartbeatMs: 10,
  });
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${part({ alg: 'none' })}.${part({ exp: 10 })}.x`;
  const query = 'subscription { counted(to: 1, thenWait: true) }';
  const reader = createTextReader(await post({ query }, { ...SSE, authorization: `Bearer ${token}` }));
  const text = await reader.until((soFar) => soFar.split('\n\n').filter((frame) => frame === ':').length > 2);
  expect(text).toContain('{"data":{"counted":1}}');
  await reader.cancel();
  await seen.aborted.opened;
});

test('a client that goes before its stream opens leaves nothing behind', async () => {
  const [asked, release, ended] = [createGate(), createGate(), createGate()];
  const statuses: number[] = [];
  const { dial, post } = await openDoor({
    verifyToken: async () => {
      asked.open();
      await release.opened;
      return { userId: 'user_1', sessionId: 'session_1', scopes: [] };
    },
    onRequest: ({ status, userId }) => {
      if (userId === null) return;
      statuses.push(status);
      ended.open();
    },
  });
  const { socket } = dial();
  const body = JSON.stringify({ query: 'subscription { counted(to: 1, thenWait: true) }' });
  const head = 'POST /graphql HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\ncontent-type: application/json';
  socket.write(`${head}\r\nauthorization: Bearer good\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  await asked.opened;
  socket.destroy();
  // By the time that another request is answered the server has heard of it.
  await post({ query: '{ hello }' });
  release.open();
  await ended.opened;
  expect(statuses).toEqual([499]);
});

test('a quiet stream shows that it is alive', async () => {
  const { post, seen, close } = await openDoor({ heartbeatMs: 5 });
  const response = await post({ query: 'subscription { counted(to: 0, thenWait: true) }' }, SSE);
  await seen.waiting.opened;
  const reader = createTextReader(response);
  const text = await reader.until((soFar) => soFar.length >= 4 * ':\n\n'.length);
  expect(text).toMatch(/^(:\n\n)+$/);
  await reader.cancel();
  await close();
});

test('a server that shuts down lets a query come to its end', async () => {
  const [asked, release] = [createGate(), createGate()];
  const { post, close } = await openDoor({
    beforeHello: () => {
      asked.open();
      return release.opened;
    },
  });
  const response = post({ query: '{ hello }' }, SSE);
  await asked.opened;
  const closed = close();
  release.open();
  expect(await (await response).text()).toContain('{"data":{"hello":"hello world"}}');
  await closed;
});

test('a server that shuts down ends its subscriptions properly', async () => {
  const { post, seen, close } = await openDoor();
  const response = await post({ query: 'subscription { counted(to: 1, thenWait: true) }' }, SSE);
  await seen.waiting.opened;
  const closed = close();
  expect(await response.text()).toMatch(/event: complete\ndata: \n\n$/);
  await closed;
});

test('a reader that takes nothing holds up its own events, and is cut off', async () => {
  const { dial, seen } = await openDoor({ heartbeatMs: 20 });
  const { socket } = dial();
  const body = JSON.stringify({ query: 'subscription { flood(bytes: 100000) }' });
  const head = `POST /graphql HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\ncontent-type: application/json`;
  socket.pause();
  socket.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  await seen.aborted.opened;
  // What the kernel buffers on both sides, and not what a reader could have taken meanwhile.
  expect(seen.flooded * 100_000).toBeLessThan(64 * 1024 * 1024);
  socket.destroy();
});
