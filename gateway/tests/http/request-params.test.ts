import { expect, test } from 'vitest';
import { openDoor } from './door-world.ts';

const HELLO = 'query Hello($name: String) { hello(name: $name) }';

test('a GET carries its parameters in the address, maps among them as JSON', async () => {
  const { get } = await openDoor();
  const response = await get({
    query: `${HELLO} query Other { whoAmI }`,
    operationName: 'Hello',
    variables: '{"name":"Zoë 🏊"}',
    extensions: '{"any":1}',
    unknown: 'ignored',
  });
  expect(await response.json()).toEqual({ data: { hello: 'hello Zoë 🏊' } });
});

test('an empty parameter of an address is the same as none, and so is null', async () => {
  const { get, post } = await openDoor();
  const asked = await get({ query: HELLO, operationName: '', variables: '', extensions: 'null' });
  expect(await asked.json()).toEqual({ data: { hello: 'hello world' } });
  const sent = await post({ query: HELLO, operationName: null, variables: null, extensions: null, more: 1 });
  expect(await sent.json()).toEqual({ data: { hello: 'hello world' } });
});

test.each([
  ['no parameters', {}, '"query" is missing.'],
  ['a null query', { query: null }, '"query" is missing.'],
  ['a query that is no string', { query: 1 }, '"query" is not a string.'],
  ['a name that is no string', { query: HELLO, operationName: ['Hello'] }, '"operationName" is not a string.'],
  ['variables in a list', { query: HELLO, variables: [7] }, '"variables" is not an object.'],
  ['variables as text', { query: HELLO, variables: '{"name":"a"}' }, '"variables" is not an object.'],
  ['extensions that are a number', { query: HELLO, extensions: 0 }, '"extensions" is not an object.'],
  ['a body that is a string', '"{ hello }"', 'A request is a JSON object with a "query".'],
  ['a body that is null', 'null', 'A request is a JSON object with a "query".'],
  ['a body that is a batch', [{ query: HELLO }], 'A request holds one operation: batching is off.'],
  ['a body that is not JSON', '{"query":', 'The body is not JSON.'],
  ['an empty body', '', 'The body is not JSON.'],
])('%s is refused as 400 in either media type, in words that help', async (_title, body, message) => {
  const { post } = await openDoor();
  for (const accept of ['application/json', 'application/graphql-response+json']) {
    const response = await post(body, { accept });
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe(`${accept}; charset=utf-8`);
    expect(await response.json()).toEqual({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] });
  }
});

test.each([
  ['?variables={}', '"query" is missing.'],
  ['?query={hello}&variables={', '"variables" is not JSON.'],
  ['?query={hello}&variables=[1]', '"variables" is not an object.'],
  ['?query={hello}&extensions="a"', '"extensions" is not an object.'],
  ['?query={hello}&query={whoAmI}', '"query" is given 2 times.'],
])('the address %s is refused as 400', async (search, message) => {
  const { url } = await openDoor();
  const response = await fetch(url + search);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ message }] });
});

test('an address that is too long is 414', async () => {
  const { get } = await openDoor();
  expect((await get({ query: `{ hello } # ${'x'.repeat(17_000)}` })).status).toBe(414);
});

test('variables may nest deep, but not so deep that walking them would overflow the stack', async () => {
  const { post } = await openDoor();
  const query = 'query ($value: Anything) { echo(value: $value) }';
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const send = (levels: number) => post(`{"query":${JSON.stringify(query)},"variables":{"value":${nested(levels)}}}`);
  expect(await (await send(150)).json()).toEqual({ data: { echo: JSON.parse(nested(150)) as unknown } });
  for (const levels of [201, 5_000, 200_000]) expect((await send(levels)).status).toBe(400);
});

test('a document may be named instead of sent', async () => {
  const { post } = await openDoor();
  // Whether it is known is the gateway's matter: this one knows no names and finds the document empty.
  for (const named of [
    { documentId: 'sha256:1' },
    { extensions: { persistedQuery: { version: 1, sha256Hash: 'a' } } },
  ]) {
    const { errors } = (await (await post(named)).json()) as { errors: { extensions: object }[] };
    expect(errors[0]?.extensions).toEqual({ code: 'GRAPHQL_PARSE_FAILED' });
  }
});
