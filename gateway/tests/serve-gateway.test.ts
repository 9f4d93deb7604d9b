import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTextReader } from './http/read-text.ts';
import { serveSmallGateway } from './served-gateway.ts';
import { createTestGraph } from './test-graph.ts';

let world: Awaited<ReturnType<typeof serveSmallGateway>>;
let state: typeof world.state;
let folder: string;
let url: string;
let close: () => Promise<void>;

beforeEach(async () => {
  world = await serveSmallGateway();
  ({ state, folder, url, close } = world);
});

afterEach(() => world.remove());

function post(body: string, headers: Record<string, string> = {}, signal: AbortSignal | null = null) {
  return fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    signal,
  });
}

test('a query answers over HTTP, with a correlation id', async () => {
  const response = await post('{"query":"{ whoAmI }"}', { 'x-correlation-id': 'my-own-id-1' });
  expect(response.status).toBe(200);
  expect(response.headers.get('x-correlation-id')).toBe('my-own-id-1');
  expect(await response.json()).toEqual({ data: { whoAmI: null } });
});

test('aliases come back under their own names', async () => {
  const response = await post('{"query":"{ a: whoAmI b: whoAmI __typename }"}', { authorization: 'Bearer good' });
  expect(await response.json()).toEqual({ data: { a: 'user_1', b: 'user_1', __typename: 'Query' } });
});

test('an access token says who is asking, and one that does not count is 401', async () => {
  const good = await post('{"query":"{ whoAmI }"}', { authorization: 'Bearer good' });
  expect(await good.json()).toEqual({ data: { whoAmI: 'user_1' } });
  for (const authorization of ['Bearer bad', 'Bearer', 'good', 'Basic Z29vZA==']) {
    const bad = await post('{"query":"{ whoAmI }"}', { authorization });
    expect(bad.status).toBe(401);
    const { errors } = (await bad.json()) as { errors: { extensions: object }[] };
    expect(errors).toEqual([{ message: 'The access token does not count.', extensions: { code: 'UNAUTHENTICATED' } }]);
  }
});

test.each([
  ['not JSON', '{"query":', 400, 'BAD_REQUEST'],
  ['too large', JSON.stringify({ query: `{ whoAmI } # ${'x'.repeat(2 ** 20)}` }), 413, 'BAD_REQUEST'],
  ['a syntax error', '{"query":"{ whoAmI "}', 400, 'GRAPHQL_PARSE_FAILED'],
  ['an unknown field', '{"query":"{ password }"}', 400, 'GRAPHQL_VALIDATION_FAILED'],
  ['no query', '{}', 400, 'BAD_REQUEST'],
])('a body that is %s is refused with a code and no stack', async (_title, body, status, code) => {
  const response = await post(body, { accept: 'application/graphql-response+json' });
  expect(response.status).toBe(status);
  const text = await response.text();
  expect((JSON.parse(text) as { errors: { extensions: { code: string } }[] }).errors[0]?.extensions.code).toBe(code);
  expect(text).not.toMatch(/stacktrace|node_modules| at /);
});

test('a client that goes away stops the work at the subgraph', async () => {
  const leaving = new AbortController();
  const answer = post('{"query":"{ hangs }"}', {}, leaving.signal).catch((error: unknown) => error);
  await state.asked.opened;
  leaving.abort();
  await state.aborted.opened;
  expect(await answer).toBeInstanceOf(Error);
});

test.each([
  ['text/event-stream', /^:\n\n(event: next\ndata: \{"data":\{"counted":[123]\}\}\n\n){3}/],
  [
    'multipart/mixed;subscriptionSpec=1.0',
    /^--graphql(\r\n.+\r\n\r\n\{"payload":\{"data":\{"counted":[123]\}\}\}\r\n--graphql){3}/,
  ],
])('a subscription streams as %s and ends at the subgraph when the client goes', async (accept, expected) => {
  const leaving = new AbortController();
  const response = await post('{"query":"subscription { counted(to: 3) }"}', { accept }, leaving.signal);
  const text = await createTextReader(response).until((soFar) => expected.test(soFar));
  expect(text).toMatch(expected);
  leaving.abort();
  await state.ended.opened;
});

test('a server that shuts down ends a subscription properly, here and at the subgraph', async () => {
  const response = await post('{"query":"subscription { counted(to: 1) }"}', { accept: 'text/event-stream' });
  const reader = createTextReader(response);
  await reader.until((soFar) => soFar.includes('"counted":1}'));
  const closed = close();
  const text = await reader.rest();
  expect(text).toMatch(/event: complete\ndata: \n\n$/);
  await Promise.all([closed, state.ended.opened]);
});

test('a browser that opens the endpoint gets Sandbox', async () => {
  const response = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } });
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('embeddable-sandbox');
});

test('an address that is none, and a document that is too deep, are refused in plain words', async () => {
  const nothing = await fetch(`${url}/nothing`);
  expect(nothing.status).toBe(404);
  expect(await nothing.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
  const deep = await post(JSON.stringify({ query: '{ a '.repeat(9_000) }), {
    accept: 'application/graphql-response+json',
  });
  expect(deep.status).toBe(400);
  expect(await deep.text()).not.toMatch(/call stack/);
});

test('liveness and readiness answer', async () => {
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
});

test('a changed supergraph is served without a restart, a broken one is not', async () => {
  const { supergraphSdl } = createTestGraph({
    main: { typeDefs: 'type Query { whoAmI: String fresh: Int }', resolvers: { Query: { fresh: () => 1 } } },
  });
  const file = join(folder, 'supergraph.graphql');
  await writeFile(file, supergraphSdl);
  const isKnown = async (field: string) => (await (await post(`{"query":"{ ${field} }"}`)).text()).includes('"data"');
  expect(await isKnown('fresh')).toBe(false);
  await expect.poll(() => isKnown('fresh'), { timeout: 10_000 }).toBe(true);
  await writeFile(file, 'not a supergraph');
  expect(await isKnown('whoAmI')).toBe(true);
});
