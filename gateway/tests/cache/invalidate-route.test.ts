import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLogger } from '@playgraph/kernel/logger';
import { afterEach, expect, test } from 'vitest';
import { createInvalidateRoute, INVALIDATE_BODY_BYTES_MAX } from '../../src/cache/invalidate-route.ts';
import { answering, learn, openWorld, productLoad } from './world.ts';

const SECRET = 'a secret of at least thirty-two characters';
const closes: (() => void)[] = [];

afterEach(() => {
  for (const close of closes.splice(0)) close();
});

async function openRoute() {
  const world = await openWorld();
  const serve = createInvalidateRoute({ cache: world.cache, secret: SECRET, logger: silentLogger });
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closes.push(() => server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cache/invalidate`;
  const post = (body: string, given: RequestInit = {}) =>
    fetch(url, { method: 'POST', body, headers: { authorization: `Bearer ${SECRET}` }, ...given });
  await learn(world, productLoad([]));
  await world.load(productLoad(['1']), { fetch: answering({ name: 'old' }) });
  const nameNow = async () => (await world.load(productLoad(['1']), { fetch: answering({ name: 'new' }) })).entities;
  return { ...world, url, post, nameNow };
}

test.each([
  ['one', '{"typename":"Product","key":{"id":"1"}}'],
  ['a list', '[{"subgraph":"elsewhere"},{"subgraph":"products","typename":"Product"}]'],
])('who has the secret invalidates %s', async (_what, body) => {
  const { post, nameNow } = await openRoute();
  expect((await post(body)).status).toBe(204);
  expect(await nameNow()).toEqual([{ name: 'new' }]);
});

test.each<[string, string, RequestInit, number, string]>([
  ['without the secret', '{"subgraph":"products"}', { headers: {} }, 401, 'UNAUTHENTICATED'],
  ['with another one', '{"subgraph":"products"}', { headers: { authorization: 'Bearer x' } }, 401, 'UNAUTHENTICATED'],
  ['by PUT', '{"subgraph":"products"}', { method: 'PUT' }, 405, 'BAD_REQUEST'],
  ['that is no JSON', '{"subgraph"', {}, 400, 'BAD_USER_INPUT'],
  ['that is empty', '', {}, 400, 'BAD_USER_INPUT'],
  ['with a field that there is not', '{"subgraph":"products","type":"Product"}', {}, 400, 'BAD_USER_INPUT'],
  ['with a key that there is not', '{"typename":"Product","key":{"name":"x"}}', {}, 400, 'BAD_USER_INPUT'],
  ['of prototypes', '{"typename":"__proto__","key":{"id":"1"}}', {}, 400, 'BAD_USER_INPUT'],
  ['that is too large', 'x'.repeat(INVALIDATE_BODY_BYTES_MAX + 1), {}, 413, 'BAD_REQUEST'],
])('a request %s is refused, and nothing is dropped', async (_what, body, given, status, code) => {
  const { post, nameNow } = await openRoute();
  const response = await post(body, given);
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code } }] });
  expect(await nameNow()).toEqual([{ name: 'old' }]);
});

test.each<[string, Record<string, string>, string]>([
  ['there is none', {}, 'There is no secret: it belongs into "authorization: Bearer <secret>".'],
  ['it is sent in another way', { authorization: `Basic ${SECRET}` }, 'There is no secret: it belongs into'],
  ['it is empty', { authorization: 'Bearer ' }, 'There is no secret: it belongs into'],
  ['it is another one', { authorization: `Bearer ${SECRET}.` }, 'The secret does not count.'],
])('who is refused for the secret is told that %s, and no part of it', async (_what, headers, message) => {
  const { post } = await openRoute();
  const response = await post('{"subgraph":"products"}', { headers });
  expect(response.headers.get('www-authenticate')).toBe('Bearer');
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({ errors: [{ message: expect.stringContaining(message) }] });
  expect(text).not.toContain(SECRET);
});

test('while the store cannot be told the caller is asked to repeat', async () => {
  const { post, hot, nameNow } = await openRoute();
  const { mset } = hot;
  hot.mset = () => Promise.reject(new Error('gone'));
  expect((await post('{"subgraph":"products"}')).status).toBe(503);
  hot.mset = mset;
  expect((await post('{"subgraph":"products"}')).status).toBe(204);
  expect(await nameNow()).toEqual([{ name: 'new' }]);
});

test('a secret that is too short is refused at the start', async () => {
  const { cache } = await openWorld();
  expect(() => createInvalidateRoute({ cache, secret: 'short', logger: silentLogger })).toThrow(TypeError);
});
