import { silentLogger } from '@playgraph/kernel/logger';
import { expect, onTestFinished, test } from 'vitest';
import { createAccessLog, type SocketEntry } from '../../src/http/access-log.ts';
import type { ServeGatewayDeps } from '../../src/http/serve-gateway.ts';
import { connect } from '../subscriptions/live-door.ts';
import { openDoor } from './door-world.ts';

const SIGNED_IN = { authorization: 'Bearer good' };

/** A door whose operations over WebSocket are heard of, and a client that is acknowledged. */
async function openSocket(payload?: object, options: Partial<ServeGatewayDeps> = {}) {
  const entries: SocketEntry[] = [];
  const waiting: (() => void)[] = [];
  const door = await openDoor({
    onSocketOperation: (entry) => {
      entries.push(entry);
      for (const tell of waiting.splice(0)) tell();
    },
    ...options,
  });
  const client = await connect(door.url.replace('http', 'ws'), payload);
  const entry = async (index = 0): Promise<SocketEntry> => {
    for (;;) {
      const found = entries[index];
      if (found) return found;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  onTestFinished(() => client.socket.terminate());
  return { door, client, entries, entry };
}

test('a query over WebSocket is written down like one over HTTP, when it is answered', async () => {
  const { client, entry, door } = await openSocket(SIGNED_IN);
  client.subscribe('1', 'query Who { whoAmI }', { variables: { secret: 'hush' } });
  const { payload } = await client.next();
  await client.next();
  const written = await entry();
  expect(written).toEqual({
    method: 'WEBSOCKET',
    path: '/graphql',
    status: null,
    durationMs: expect.any(Number),
    bytes: JSON.stringify({ id: '1', type: 'next', payload }).length,
    operationName: 'Who',
    operationId: expect.any(String),
    operationType: 'query',
    outcome: 'DATA',
    errorCodes: [],
    events: 1,
    ended: 'COMPLETE',
    closeCode: null,
    closeReason: null,
    userId: 'user_1',
    correlationId: expect.any(String),
    traceId: null,
    userAgent: null,
  });
  await door.post({ query: 'query Who { whoAmI }' }, SIGNED_IN);
  const [overHttp] = door.seen.entries;
  expect(Object.keys(written)).toEqual(expect.arrayContaining(Object.keys(overHttp ?? {})));
  expect(written.operationId).toBe(overHttp?.operationId);
});

test('what fails over WebSocket is written down with its codes', async () => {
  const { client, entry } = await openSocket();
  client.subscribe('1', 'query Bad { nope }');
  expect(await entry()).toMatchObject({
    ...{ operationName: null, outcome: 'REFUSED', errorCodes: ['GRAPHQL_VALIDATION_FAILED'] },
    ...{ ended: 'ERROR', events: 0 },
  });
  client.subscribe('2', 'query Fails { fails }');
  expect(await entry(1)).toMatchObject({
    ...{ operationName: 'Fails', outcome: 'NULL', errorCodes: ['undefined'] },
    ...{ ended: 'COMPLETE', events: 1 },
  });
});

test('a subscription is written down once, at its end, with the events that were sent', async () => {
  const { client, entries, entry } = await openSocket();
  client.subscribe('1', 'subscription Count { counted(to: 3) }');
  for (let i = 0; i < 3; i++) expect(await client.next()).toMatchObject({ type: 'next' });
  expect(await client.next()).toMatchObject({ type: 'complete' });
  expect(await entry()).toMatchObject({
    ...{ operationName: 'Count', operationType: 'subscription', outcome: null, errorCodes: [] },
    ...{ events: 3, ended: 'COMPLETE' },
  });
  client.subscribe('2', 'subscription Breaks { breaks }');
  expect(await entry(1)).toMatchObject({
    ...{ operationName: 'Breaks', outcome: null, errorCodes: ['INTERNAL_SERVER_ERROR'] },
    ...{ events: 1, ended: 'ERROR' },
  });
  expect(entries).toHaveLength(2);
});

test('a subscription that its client completes says so', async () => {
  const { client, entry, door } = await openSocket();
  client.subscribe('1', 'subscription Count { counted(to: 2, thenWait: true) }');
  await door.seen.waiting.opened;
  client.say({ id: '1', type: 'complete' });
  expect(await entry()).toMatchObject({ events: 2, ended: 'CLIENT', closeCode: null });
});

test('operations that end with their socket say how it was closed, each once', async () => {
  const { client, entries, entry, door } = await openSocket();
  client.subscribe('1', 'subscription Count { counted(to: 1, thenWait: true) }');
  client.subscribe('2', 'query Hangs { hangs }');
  await Promise.all([door.seen.waiting.opened, door.seen.asked.opened]);
  client.socket.close(1000, 'my own words');
  await entry(1);
  const byClient = { ended: 'SOCKET', closeCode: 1000, closeReason: null };
  expect(entries).toMatchObject([
    { operationName: 'Count', events: 1, outcome: null, ...byClient },
    { operationName: 'Hangs', events: 0, outcome: null, ...byClient },
  ]);
  await door.close();
  expect(entries).toHaveLength(2);
});

test('a socket that the gateway closes gives the reason to what ran on it', async () => {
  const { client, entry, door } = await openSocket();
  client.subscribe('1', 'subscription Count { counted(to: 1, thenWait: true) }');
  await door.seen.waiting.opened;
  client.say('no message at all');
  const ended = { ended: 'SOCKET', closeCode: 4400, closeReason: 'Invalid message received' };
  expect(await entry()).toMatchObject(ended);
});

test('the access log names nobody over WebSocket either, unless it is told to', async () => {
  const lines: object[] = [];
  const logger = { ...silentLogger, info: (fields: object) => void lines.push(fields) };
  for (const showsUsers of [false, true]) {
    const onSocketOperation = createAccessLog(logger, { showsUsers });
    const { client } = await openSocket(SIGNED_IN, { onSocketOperation });
    client.subscribe('1', 'query Who { whoAmI }', { variables: { secret: 'hush' } });
    for (let i = 0; i < 2; i++) await client.next();
  }
  const [discreet, open] = lines;
  expect(discreet).toMatchObject({ method: 'WEBSOCKET', operationName: 'Who' });
  expect(JSON.stringify(discreet)).not.toMatch(/user_1|userId|good|hush|127\.0\.0\.1/);
  expect(open).toMatchObject({ userId: 'user_1' });
});
