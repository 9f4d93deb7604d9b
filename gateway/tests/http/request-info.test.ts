import { silentLogger } from '@playgraph/kernel/logger';
import { createGate } from '@playgraph/testkit/gate';
import { expect, test } from 'vitest';
import { createAccessLog } from '../../src/http/access-log.ts';
import { openDoor } from './door-world.ts';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

async function forwarded(names: readonly string[], headers: Record<string, string>) {
  const { post } = await openDoor({ forwardHeaders: names });
  const { data } = (await (await post({ query: '{ headers }' }, headers)).json()) as { data: { headers: string } };
  return JSON.parse(data.headers) as unknown;
}

test('only the headers that the rule names reach the subgraphs, whatever their case', async () => {
  const sent = { 'X-Tenant': 'a', 'x-other': 'b', authorization: 'Bearer good', cookie: 'c=1' };
  expect(await forwarded([], sent)).toEqual({});
  expect(await forwarded(['X-TENANT', 'x-absent'], sent)).toEqual({ 'x-tenant': 'a' });
  expect(await forwarded(['authorization', 'cookie'], sent)).toEqual({ authorization: 'Bearer good', cookie: 'c=1' });
});

test('trace context travels on when it is well-formed, and only then', async () => {
  expect(await forwarded([], { traceparent: TRACE, tracestate: 'a=1' })).toEqual({
    traceparent: TRACE,
    tracestate: 'a=1',
  });
  expect(await forwarded([], { tracestate: 'a=1' })).toEqual({});
  const later = `${TRACE.replace('00-', '01-')}-more`;
  expect(await forwarded([], { traceparent: later })).toEqual({ traceparent: later });
  for (const bad of [
    'nonsense',
    TRACE.replace('00-', 'ff-'),
    `${TRACE}-more`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    TRACE.toUpperCase(),
  ]) {
    expect(await forwarded([], { traceparent: bad, tracestate: 'a=1' })).toEqual({});
  }
});

test('a rule that names a header of the connection is a mistake of whoever starts the gateway', async () => {
  for (const name of ['Connection', 'host', 'transfer-encoding', 'content-length']) {
    await expect(openDoor({ forwardHeaders: [name] })).rejects.toThrow(name.toLowerCase());
  }
});

test('a client that wants no shared answer says so by cache-control', async () => {
  const { post } = await openDoor();
  const isShared = async (headers: Record<string, string>) =>
    ((await (await post({ query: '{ isShared }' }, headers)).json()) as { data: { isShared: boolean } }).data.isShared;
  expect(await isShared({ 'cache-control': 'max-age=0' })).toBe(true);
  expect(await isShared({ 'cache-control': 'No-Store' })).toBe(false);
  expect(await isShared({ 'cache-control': 'no-cache' })).toBe(false);
});

test('a correlation id of the client comes back when it is a plain one, else a new one does', async () => {
  const { post } = await openDoor();
  const idFor = async (given: string) =>
    (await post({ query: '{ hello }' }, { 'x-correlation-id': given })).headers.get('x-correlation-id');
  expect(await idFor('my-own-id-1')).toBe('my-own-id-1');
  expect(await idFor('not a plain one')).toMatch(/^[\w-]{36}$/);
  const refused = await post('no', { 'x-correlation-id': 'my-own-id-2' });
  expect(refused.headers.get('x-correlation-id')).toBe('my-own-id-2');
});

test('the access log has one line for each request, whatever became of it', async () => {
  const { post, get, seen } = await openDoor();
  await post({ query: 'query Who { whoAmI }' }, { authorization: 'Bearer good', 'user-agent': 'a'.repeat(500) });
  await get({ query: 'mutation { count }' });
  await post('no');
  await post({ query: '{ hello }' }, { authorization: 'Bearer bad' });
  expect(
    seen.entries.map(({ method, status, userId, operationName }) => [method, status, userId, operationName]),
  ).toEqual([
    ['POST', 200, 'user_1', 'Who'],
    ['GET', 405, null, null],
    ['POST', 400, null, null],
    ['POST', 401, null, null],
  ]);
  const [first] = seen.entries;
  expect(first).toMatchObject({ path: '/graphql', bytes: 28, operationType: 'query', userAgent: 'a'.repeat(200) });
  expect(first?.operationId).toMatch(/^[\da-f]{64}$/);
  expect(first?.durationMs).toBeGreaterThan(0);
});

test('a client that goes before its answer is logged as gone', async () => {
  const statuses: number[] = [];
  const logged = createGate();
  const { post, seen } = await openDoor({
    onRequest: ({ status }) => {
      statuses.push(status);
      logged.open();
    },
  });
  const leaving = new AbortController();
  const answer = post({ query: '{ hangs }' }, {}, leaving.signal).catch((error: unknown) => error);
  await seen.asked.opened;
  leaving.abort();
  await seen.aborted.opened;
  expect(await answer).toBeInstanceOf(Error);
  await logged.opened;
  expect(statuses).toEqual([499]);
});

test('an access log writes its entries as JSON lines of one message', async () => {
  const lines: [object, string][] = [];
  const logger = { ...silentLogger, info: (fields: object, message: string) => void lines.push([fields, message]) };
  const { post } = await openDoor({ onRequest: createAccessLog(logger) });
  await post({ query: '{ hello }' });
  expect(lines).toEqual([[expect.objectContaining({ method: 'POST', status: 200 }), 'request']]);
});

test('an access log that fails costs its own line and no more', async () => {
  const { post } = await openDoor({
    onRequest: () => {
      throw new Error('the disk is full');
    },
  });
  for (let i = 0; i < 2; i++) expect(await (await post({ query: '{ hello }' })).json()).toHaveProperty('data');
});
