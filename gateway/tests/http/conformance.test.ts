import { serverAudits } from 'graphql-http';
import { expect, test } from 'vitest';
import { codeOf, openDoor } from './door-world.ts';

const RESPONSE = 'application/graphql-response+json';

test('the door passes every audit of the reference implementation, recommendations included', async () => {
  const { url } = await openDoor();
  const results = await Promise.all(serverAudits({ url }).map(({ fn }) => fn()));
  expect(results.length).toBeGreaterThan(50);
  expect(results.filter(({ status }) => status !== 'ok').map(({ id, name }) => `${id} ${name}`)).toEqual([]);
});

test.each([
  [undefined, 'application/json'],
  ['*/*', 'application/json'],
  ['application/*', 'application/json'],
  ['application/json', 'application/json'],
  [RESPONSE, RESPONSE],
  [`${RESPONSE}; charset=utf-8, application/json; charset=utf-8`, RESPONSE],
  [`application/json;q=0.5, ${RESPONSE};q=0.9`, RESPONSE],
  [`${RESPONSE};q=0.1, application/json`, 'application/json'],
  [`text/html, ${RESPONSE};q=0, */*;q=0.1`, 'application/json'],
  ['multipart/mixed;deferSpec=20220824,application/json;q=0.9', 'application/json'],
  ['application/JSON;charset="UTF-8"', 'application/json'],
])('accept: %s is answered as %s', async (accept, type) => {
  const { post } = await openDoor();
  const response = await post({ query: '{ hello }' }, accept === undefined ? {} : { accept });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
  expect(await response.json()).toEqual({ data: { hello: 'hello world' } });
});

test.each(['text/html', 'image/*', 'application/json;q=0', 'application/json;charset=latin1', 'application/xml'])(
  'accept: %s is not acceptable, and nothing runs',
  async (accept) => {
    const { post, seen } = await openDoor();
    const response = await post({ query: 'mutation { count }' }, { accept });
    expect(response.status).toBe(406);
    expect(await codeOf(response)).toBe('BAD_REQUEST');
    expect(seen.counted).toBe(0);
  },
);

test.each([
  ['data', '{ hello }', 200, 200],
  ['data with an error in it', '{ partly }', 200, 200],
  ['data that is null after an error', '{ fails }', 200, 200],
  ['a document that does not parse', '{', 200, 400],
  ['a document that is not valid', '{ nothing }', 200, 400],
  ['no such operation', 'query A { hello } query B { hello }', 200, 400],
  ['a variable that cannot be coerced', 'query ($name: String!) { hello(name: $name) }', 200, 400],
])('%s has the status of its media type', async (_title, query, plain, modern) => {
  const { post } = await openDoor();
  expect((await post({ query }, { accept: 'application/json' })).status).toBe(plain);
  expect((await post({ query }, { accept: RESPONSE })).status).toBe(modern);
});

test('a token that does not count is 401 in every media type, with a challenge', async () => {
  const { post, get } = await openDoor();
  for (const accept of ['application/json', RESPONSE, 'text/event-stream']) {
    const bad = await post({ query: '{ whoAmI }' }, { accept, authorization: 'Bearer bad' });
    expect([bad.status, bad.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await codeOf(bad)).toBe('UNAUTHENTICATED');
  }
  const good = await get({ query: '{ whoAmI }' }, { authorization: 'Bearer good' });
  expect(await good.json()).toEqual({ data: { whoAmI: 'user_1' } });
});
