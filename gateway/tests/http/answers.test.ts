import { silentLogger } from '@playgraph/kernel/logger';
import { expect, test } from 'vitest';
import { BATCH_MAX } from '../../src/http/request-params.ts';
import { codeOf, openDoor } from './door-world.ts';

const LETTERS = '{ letters(count: 5000) }';

test.each([
  ['gzip', 'gzip'],
  ['br', 'br'],
  ['gzip;q=0.2, br;q=0.8', 'br'],
  ['*', 'br'],
  ['gzip;q=0, br;q=0', null],
  ['identity', null],
  ['zstd', null],
])('accept-encoding: %s gets %s', async (accepted, coding) => {
  const { post } = await openDoor();
  const response = await post({ query: LETTERS }, { 'accept-encoding': accepted });
  expect(response.headers.get('content-encoding')).toBe(coding);
  expect(response.headers.get('vary')).toContain('accept-encoding');
  const sent = Number(response.headers.get('content-length'));
  if (coding) expect(sent).toBeLessThan(500);
  else expect(sent).toBeGreaterThan(5_000);
  expect(await response.json()).toEqual({ data: { letters: 'x'.repeat(5000) } });
});

test('a short answer is not compressed, nor any where compression is off', async () => {
  const on = await openDoor();
  const short = await on.post({ query: '{ hello }' }, { 'accept-encoding': 'gzip' });
  expect(short.headers.get('content-encoding')).toBeNull();
  const off = await openDoor({ compression: false });
  const long = await off.post({ query: LETTERS }, { 'accept-encoding': 'gzip' });
  expect(long.headers.get('content-encoding')).toBeNull();
});

test('an answer that may be kept says so and has a tag; who has it already gets 304', async () => {
  const { get } = await openDoor();
  const first = await get({ query: '{ cached }' });
  expect(first.headers.get('cache-control')).toBe('public, max-age=60');
  expect(first.headers.get('vary')).toContain('authorization');
  const etag = first.headers.get('etag') ?? '';
  expect(etag).toMatch(/^"[\w-]+"$/);
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await get({ query: '{ cached }' }, { 'if-none-match': known });
    expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, '']);
    expect(again.headers.get('cache-control')).toBe('public, max-age=60');
  }
  const other = await get({ query: '{ cached }' }, { 'if-none-match': '"other"' });
  expect([other.status, await other.json()]).toEqual([200, { data: { cached: 'kept' } }]);
});

test('a compressed answer has a tag of its own', async () => {
  const { get } = await openDoor();
  const query = '{ cached letters(count: 5000) }';
  const tagOf = async (coding: string) => (await get({ query }, { 'accept-encoding': coding })).headers.get('etag');
  const [plain, gzip] = [await tagOf('identity'), await tagOf('gzip')];
  expect(gzip).not.toBe(plain);
  const wrong = await get({ query }, { 'accept-encoding': 'identity', 'if-none-match': gzip ?? '' });
  expect(wrong.status).toBe(200);
});

test('an answer about which the gateway says nothing is kept by nobody, nor is one by POST tagged', async () => {
  const { get, post } = await openDoor();
  const fresh = await get({ query: '{ hello }' });
  expect([fresh.headers.get('cache-control'), fresh.headers.get('etag')]).toEqual(['no-store', null]);
  const failed = await get({ query: '{ fails cached }' });
  expect([failed.headers.get('cache-control'), failed.headers.get('etag')]).toEqual(['no-store', null]);
  const posted = await post({ query: '{ cached }' }, { 'if-none-match': '*' });
  expect([posted.status, posted.headers.get('etag')]).toEqual([200, null]);
});

test('a batch is answered in its order, each operation with its own errors', async () => {
  const { post, seen } = await openDoor({ batching: true });
  const batch = [
    { query: '{ letters(count: 2) }' },
    { query: '{ nothing }' },
    7,
    { query: 'subscription { counted(to: 1) }' },
    { query: 'mutation { count }' },
    { query: 'query ($name: String) { hello(name: $name) }', variables: { name: 'last' } },
  ];
  const response = await post(batch);
  const answers = (await response.json()) as { data?: unknown; errors?: { extensions: { code: string } }[] }[];
  expect(answers.map(({ data, errors }) => data ?? errors?.[0]?.extensions.code)).toEqual([
    { letters: 'xx' },
    'GRAPHQL_VALIDATION_FAILED',
    'BAD_REQUEST',
    'BAD_REQUEST',
    { count: 1 },
    { hello: 'hello last' },
  ]);
  expect([seen.counted, response.headers.get('cache-control')]).toEqual([1, 'no-store']);
});

test('a batch is for who takes JSON: others are told before any of it runs', async () => {
  const { post, seen } = await openDoor({ batching: true });
  for (const accept of ['text/event-stream', 'multipart/mixed;deferSpec=20220824']) {
    const refused = await post([{ query: 'mutation { count }' }], { accept });
    expect([refused.status, await codeOf(refused)]).toEqual([406, 'BAD_REQUEST']);
  }
  expect(seen.counted).toBe(0);
  const both = await post([{ query: 'mutation { count }' }], { accept: 'text/event-stream, application/json;q=0.1' });
  expect(await both.json()).toEqual([{ data: { count: 1 } }]);
});

test('a batch may be neither empty nor long, and its token counts for all of it', async () => {
  const { post, seen } = await openDoor({ batching: true });
  const count = { query: 'mutation { count }' };
  const small = await openDoor({ batching: true, batchOperationsMax: 1 });
  expect((await small.post([count, count])).status).toBe(400);
  expect((await post([])).status).toBe(400);
  expect((await post(Array.from({ length: BATCH_MAX + 1 }, () => count))).status).toBe(400);
  expect((await post([count], { authorization: 'Bearer bad' })).status).toBe(401);
  expect(seen.counted).toBe(0);
});

test('a failure behind the door is masked, with the id that finds it in the log', async () => {
  const failures: object[] = [];
  const { post } = await openDoor({
    verifyToken: () => Promise.reject(new Error('the key set is at /etc/keys')),
    logger: { ...silentLogger, error: (fields) => void failures.push(fields) },
  });
  const response = await post(
    { query: '{ whoAmI }' },
    { authorization: 'Bearer good', 'x-correlation-id': 'my-own-id-1' },
  );
  expect(response.status).toBe(500);
  const text = await response.text();
  expect(text).toContain('my-own-id-1');
  expect(text).not.toContain('/etc/keys');
  expect(failures).toEqual([expect.objectContaining({ correlationId: 'my-own-id-1' })]);
});
