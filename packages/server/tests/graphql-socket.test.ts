import { once } from 'node:events';
import { signIdentity } from '@playgraph/auth/signed-identity';
import { systemClock } from '@playgraph/kernel/clock';
import { subscribeLocal } from '@playgraph/server/execute-local';
import { SOCKET_OPERATIONS_MAX } from '@playgraph/server/graphql-socket';
import type { FormattedExecutionResult } from 'graphql';
import { createClient } from 'graphql-ws';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  createRecordingLogger,
  createSampleSubgraph,
  identitySecret,
  player,
  SQL_LEAK,
  serveSample,
} from './sample-subgraph.ts';

type Operation = { query: string; variables?: Record<string, unknown>; operationName?: string };
const masked = { message: 'Something went wrong on our side.', extensions: { code: 'INTERNAL_SERVER_ERROR' } };

function connect(url: string, connectionParams?: Record<string, unknown>) {
  const identity = signIdentity({ identity: player, body: '', secret: identitySecret, clock: systemClock });
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: connectionParams ?? { identity, correlationId: 'socket-1' },
  });
  onTestFinished(async () => void (await client.dispose()));
  return client;
}

async function collect(events: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const event of events) all.push(JSON.parse(JSON.stringify(event)));
  return all;
}

const over = (url: string, operation: Operation) => collect(connect(url).iterate(operation));

function locally(operation: Operation, sample = createSampleSubgraph()) {
  const info = { identity: player, correlationId: 'socket-1', signal: new AbortController().signal };
  return collect(subscribeLocal(sample.subgraph, operation, info));
}

const sameCases: Record<string, Operation> = {
  'three events': { query: 'subscription ($from: Int!) { ticks(from: $from) }', variables: { from: 5 } },
  'a source that breaks after two': { query: 'subscription { ticks(from: 1, crashAfter: 3) }' },
  'a source that cannot start': { query: 'subscription { cannotStart }' },
  'a wrong variable': { query: 'subscription ($from: Int!) { ticks(from: $from) }', variables: { from: 'x' } },
  'one for the signed-in': { query: 'subscription { secretTicks }' },
};

test.each(Object.entries(sameCases))(
  'a subscription gives the same events over a socket and in process: %s',
  async (_name, operation) => {
    const { url } = await serveSample();
    const events = await over(url, operation);
    expect(events).toEqual(await locally(operation));
    expect(JSON.stringify(events)).not.toContain(SQL_LEAK);
  },
);

test('a source that breaks gives a last event that shows nothing of the cause, and the cause is logged', async () => {
  const { logger, lines } = createRecordingLogger();
  const { url } = await serveSample({ logger });
  const events = await over(url, { query: 'subscription { ticks(from: 1, crashAfter: 2) }' });
  expect(events).toMatchObject([{ data: { ticks: 1 } }, { errors: [masked] }]);
  expect(lines).toMatchObject([{ level: 'error', fields: { correlationId: 'socket-1', err: { message: SQL_LEAK } } }]);
});

test.each([
  ['a syntax error', { query: 'subscription { ticks' }, 'GRAPHQL_PARSE_FAILED'],
  ['an unknown field', { query: 'subscription { tocks }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ['an unknown operation', { query: 'subscription A { waits }', operationName: 'B' }, 'OPERATION_RESOLUTION_FAILURE'],
])('an operation that cannot run is the error of the protocol: %s', async (_name, operation, code) => {
  const { url } = await serveSample();
  await expect(over(url, operation)).rejects.toMatchObject([{ extensions: { code } }]);
  expect(await locally(operation)).toMatchObject([{ errors: [{ extensions: { code } }] }]);
});

test('queries and mutations go over a socket too', async () => {
  const { url, stored } = await serveSample();
  expect(await over(url, { query: '{ whoAmI }' })).toEqual([{ data: { whoAmI: 'user_1' } }]);
  expect(await over(url, { query: 'mutation { store(value: 4) }' })).toEqual([{ data: { store: 4 } }]);
  expect(stored).toEqual([4]);
  expect(await over(url, { query: '{ crash }' })).toMatchObject([{ data: { crash: null }, errors: [masked] }]);
});

test('a query is not something to subscribe to in process', async () => {
  expect(await locally({ query: '{ hello }' })).toMatchObject([{ errors: [{ extensions: { code: 'BAD_REQUEST' } }] }]);
});

test('a context that cannot be made is masked on a socket', async () => {
  const { url } = await serveSample({ failContext: true });
  for (const query of ['subscription { ticks(from: 1) }', '{ hello }']) {
    const events = await over(url, { query });
    expect(events).toMatchObject([{ errors: [masked] }]);
    expect(JSON.stringify(events)).not.toContain('SELECT');
  }
});

test('nobody at a subscription for the signed-in is UNAUTHENTICATED', async () => {
  const { url } = await serveSample();
  const identity = signIdentity({ identity: null, body: '', secret: identitySecret, clock: systemClock });
  const events = await collect(connect(url, { identity }).iterate({ query: 'subscription { secretTicks }' }));
  expect(events).toMatchObject([{ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] }]);
});

test.each([
  ['nothing', {}],
  ['noise', { identity: 'x.y' }],
  ['a number', { identity: 7 }],
  [
    'a signature over a body',
    { identity: signIdentity({ identity: player, body: '{}', secret: identitySecret, clock: systemClock }) },
  ],
])("a socket that is not the gateway's is closed: %s", async (_name, params) => {
  const { url } = await serveSample();
  const events = connect(url, params).iterate({ query: 'subscription { ticks(from: 1) }' });
  await expect(collect(events)).rejects.toMatchObject({ code: 4403, reason: 'Forbidden' });
});

test('a message that is not of the protocol closes the socket without saying why', async () => {
  const { url } = await serveSample();
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send('{"type":"nonsense"}');
  const [code, reason] = await once(socket, 'close');
  expect([code, String(reason)]).toEqual([4400, 'Invalid message received']);
});

test('a client that completes while its subscription waits for an event frees the source at once', async () => {
  const { url, happened } = await serveSample();
  const [waiting, released] = [once(happened, 'waiting'), once(happened, 'released')];
  const events = connect(url).iterate({ query: 'subscription { waits }' });
  const next = events.next();
  await waiting;
  await events.return?.();
  await released;
  expect((await next).done).toBe(true);
});

test('a client that completes right after it subscribed leaves nothing behind', async () => {
  const { url, happened } = await serveSample();
  const identity = signIdentity({ identity: player, body: '', secret: identitySecret, clock: systemClock });
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { identity } }));
  await once(socket, 'message');
  const seen: string[] = [];
  for (const name of ['waiting', 'released']) happened.on(name, () => seen.push(name));
  const payload = { query: 'subscription { waits }' };
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
  socket.send(JSON.stringify({ id: '1', type: 'complete' }));
  // The answer to a later operation shows that both messages were dealt with.
  socket.send(JSON.stringify({ id: '2', type: 'subscribe', payload: { query: '{ hello }' } }));
  await once(socket, 'message');
  expect(seen.filter((name) => name === 'waiting')).toHaveLength(seen.filter((name) => name === 'released').length);
  expect(happened.listenerCount('tick')).toBe(0);
  socket.close();
});

test('a socket that breaks off frees every source that it held', async () => {
  const { url, happened } = await serveSample();
  const client = connect(url);
  const released = Promise.all([1, 2].map(async () => once(happened, 'released')));
  for (let i = 0; i < 2; i++) {
    const waiting = once(happened, 'waiting');
    client.subscribe(
      { query: 'subscription { waits }' },
      { next: () => undefined, error: () => undefined, complete: () => undefined },
    );
    await waiting;
  }
  client.terminate();
  await released;
});

test('closing the server ends its sockets', async () => {
  const { url, happened, close } = await serveSample();
  const [waiting, released] = [once(happened, 'waiting'), once(happened, 'released')];
  const events = connect(url).iterate<FormattedExecutionResult>({ query: 'subscription { waits }' });
  const ended = collect(events).catch((error: unknown) => error);
  await waiting;
  await close();
  expect(await ended).toMatchObject({ code: 1001 });
  await released;
});

test('in process, returning or aborting ends a subscription that waits', async () => {
  const sample = createSampleSubgraph();
  for (const end of ['return', 'abort'] as const) {
    const gone = new AbortController();
    const info = { identity: player, correlationId: 'c', signal: gone.signal };
    const [waiting, released] = [once(sample.happened, 'waiting'), once(sample.happened, 'released')];
    const events = subscribeLocal(sample.subgraph, { query: 'subscription { waits }' }, info);
    const next = events.next();
    await waiting;
    if (end === 'return') await events.return();
    else gone.abort();
    await released;
    expect((await next).done).toBe(true);
  }
});

test('a socket may have a named number of operations open, and one more is told to come back', async () => {
  const { url, happened } = await serveSample();
  happened.setMaxListeners(0);
  const client = connect(url);
  let started = 0;
  const allWaiting = new Promise<void>((resolve) => {
    happened.on('waiting', () => {
      started += 1;
      if (started === SOCKET_OPERATIONS_MAX) resolve();
    });
  });
  const sink = { next: () => undefined, error: () => undefined, complete: () => undefined };
  for (let i = 0; i < SOCKET_OPERATIONS_MAX; i++) client.subscribe({ query: 'subscription { waits }' }, sink);
  await allWaiting;
  await expect(collect(client.iterate({ query: '{ hello }' }))).rejects.toMatchObject([
    { extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 1 } },
  ]);
});
