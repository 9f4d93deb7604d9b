import { parseExact } from '@playgraph/kernel/exact-json';
import { expect, test } from 'vitest';
import { parseInvalidations } from '../src/cache/invalidation.ts';
import { askOverSocket, closeCodeOf, type ExactWorld, ONE, OTHER, openExactWorld } from './exact-world.ts';
import { createTestGraph } from './test-graph.ts';

const LONG = '123456789012345678901234567890';
const FRACTION = '0.1234567890123456789012345';
const BALANCE = '12345678901234567890.123456789012345678901234567890';

/** An answer as a subgraph in JavaScript would round it. */
const rounded = (text: string) => JSON.stringify(JSON.parse(text));

/** The variables of the last request to a subgraph whose query has `part`, as text. */
function variablesOf({ state }: ExactWorld, part: string): string {
  const body = state.bodies.findLast((one) => one.includes(part)) ?? '';
  return /"variables":(\{.*?\})(?:,"operationName"|\}$)/.exec(body)?.[1] ?? '';
}

test('a custom scalar arrives with the digits that its subgraph gave, also deep within a JSON scalar', async () => {
  const { ask } = await openExactWorld();
  expect(await ask('{ accounts { no balance meta } }')).toBe(
    `{"data":{"accounts":[${[ONE, OTHER]
      .map((no) => `{"no":${no},"balance":${BALANCE},"meta":{"deep":[{"digits":${no},"text":"${no}"},1.5]}}`)
      .join()}]}}`,
  );
});

test('an alias, a fragment and a list keep the digits as well', async () => {
  const { ask } = await openExactWorld();
  const query = `query { first: account(no: ${ONE}) { ...A } } fragment A on Account { n: no ... on Account { b: balance } }`;
  expect(await ask(query)).toBe(`{"data":{"first":{"n":${ONE},"b":${BALANCE}}}}`);
});

test('what a client sends for a custom scalar arrives with its digits, as a variable and as a literal', async () => {
  const world = await openExactWorld();
  const value = `{"a":[${LONG},-${LONG}],"b":{"c":${FRACTION}},"d":"${LONG}","e":1e5}`;
  const answer = `{"data":{"echo":{"a":[${LONG},-${LONG}],"b":{"c":${FRACTION}},"d":"${LONG}","e":100000}}}`;
  expect(await world.ask('query($value: Json) { echo(value: $value) }', `{"value":${value}}`)).toBe(answer);
  const literal = `{ a: [${LONG}, -${LONG}], b: { c: ${FRACTION} }, d: "${LONG}", e: 1e5 }`;
  expect(await world.ask(`{ echo(value: ${literal}) }`)).toBe(answer);
  expect(await world.ask(`query($value: Json = ${literal}) { echo(value: $value) }`)).toBe(answer);
  expect(await world.ask(`{ said(id: ${LONG}) }`)).toBe(`{"data":{"said":"${LONG}"}}`);
  const get = new URLSearchParams({
    query: 'query($value: Json) { echo(value: $value) }',
    variables: `{"value":${value}}`,
  });
  expect(await (await fetch(`${world.url}?${get}`)).text()).toBe(answer);
});

test('a mutation keeps the digits both ways', async () => {
  const { ask } = await openExactWorld();
  expect(await ask('mutation($v: Json) { put(value: $v) }', `{"v":[${LONG}]}`)).toBe(`{"data":{"put":[${LONG}]}}`);
});

test('in an input object custom scalars keep their digits, an ID is its digits, Int and Float are what they were', async () => {
  const world = await openExactWorld();
  const filter = `{"min":${LONG},"any":[{"x":${LONG}}],"limit":5,"ratio":${FRACTION},"ids":[${LONG}],"inner":{"min":${ONE}}}`;
  const answer = await world.ask('query($filter: Filter) { found(filter: $filter) }', `{"filter":${filter}}`);
  const sent = `{"min":${LONG},"any":[{"x":${LONG}}],"limit":5,"ratio":${rounded(FRACTION)},"ids":["${LONG}"],"inner":{"min":${ONE}}}`;
  expect(variablesOf(world, 'found')).toBe(`{"filter":${sent}}`);
  expect(answer).toBe(`{"data":{"found":${sent}}}`);
  // One value stands for a list of it.
  const single = await world.ask(
    'query($filter: Filter) { found(filter: $filter) }',
    `{"filter":{"any":${LONG},"ids":${ONE}}}`,
  );
  expect(single).toBe(`{"data":{"found":{"any":[${LONG}],"ids":["${ONE}"]}}}`);
  expect(await world.ask('query($id: ID) { said(id: $id) }', `{"id":${LONG}}`)).toBe(`{"data":{"said":"${LONG}"}}`);
});

test.each([
  ['Int', 'limit', 'Int cannot represent'],
  ['String', 'label', 'String cannot represent'],
  ['Boolean', 'flag', 'Boolean cannot represent'],
  ['Filter', 'inner', 'to be an object'],
])('a long number for %s is refused in the words that a short one gets', async (type, field, words) => {
  const { ask } = await openExactWorld();
  const query = `query($v: ${type}) { found(filter: { ${field}: $v }) }`;
  const long = await ask(query, `{"v":${LONG}}`);
  expect(long).toContain(words);
  expect(long).not.toContain('ExactNumber');
  expect(long).toContain(rounded(LONG));
});

test('keys and required fields with many digits reach the other subgraph whole, and entities are told apart by them', async () => {
  const world = await openExactWorld();
  const answer = await world.ask('query($as: Json) { accounts { owner(as: $as) worth seen } }', `{"as":${LONG}}`);
  const accounts = [ONE, OTHER].map(
    (no) => `{"owner":{"no":${no},"as":${LONG}},"worth":${BALANCE},"seen":"seen ${no}"}`,
  );
  expect(answer).toBe(`{"data":{"accounts":[${accounts.join()}]}}`);
  const representations = [ONE, OTHER].map((no) => `{"__typename":"Account","no":${no},"balance":${BALANCE}}`);
  expect(variablesOf(world, '_entities')).toBe(`{"representations":[${representations.join()}],"as":${LONG}}`);
});

test('what is required within an object keeps its digits', async () => {
  const { ask } = await openExactWorld();
  const accounts = [ONE, OTHER].map((no) => `{"within":{"digits":${no}}}`);
  expect(await ask('{ accounts { within } }')).toBe(`{"data":{"accounts":[${accounts.join()}]}}`);
});

test('one key field with many digits is a whole key', async () => {
  const world = await openExactWorld();
  expect(await world.ask('{ accounts { seen owned { no seen } } }')).toBe(
    `{"data":{"accounts":[${[ONE, OTHER]
      .map((no) => `{"seen":"seen ${no}","owned":{"no":${OTHER},"seen":"seen ${OTHER}"}}`)
      .join()}]}}`,
  );
});

test('requests that differ in a late digit are other requests: nothing is shared, foreseen or kept between them', async () => {
  for (const keeps of [false, true]) {
    const { ask } = await openExactWorld({ keeps });
    const query = 'query($no: Long!) { account(no: $no) { no seen } }';
    const expected = (no: string) => `{"data":{"account":{"no":${no},"seen":"seen ${no}"}}}`;
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all([ONE, OTHER, ONE].map((no) => ask(query, `{"no":${no}}`)));
      expect(answers).toEqual([ONE, OTHER, ONE].map(expected));
    }
  }
});

test('what was foreseen has its digits the next time, and what is parsed anew has its own', async () => {
  const { ask, state, gateway } = await openExactWorld();
  const query = '{ accounts { no balance meta worth } }';
  const first = await ask(query);
  expect(first).toContain(BALANCE);
  for (let round = 0; round < 3; round++) expect(await ask(query)).toBe(first);
  state.raw = (body) =>
    body.includes('accounts') ? `{"data":{"accounts":[{"__typename":"Account","no":${LONG},"balance":${ONE}}]}}` : null;
  const { claimed } = gateway.stats();
  expect(claimed).toBeGreaterThan(0);
  expect(await ask(query)).toBe(`{"data":{"accounts":[{"no":${LONG},"balance":${ONE},"meta":null,"worth":${ONE}}]}}`);
  // The changed answer was one that had been sent for ahead.
  expect(gateway.stats().claimed).toBeGreaterThan(claimed);
});

test('what is kept has its digits, and one entity among those that differ in a late digit can be invalidated', async () => {
  const { ask, state, entities } = await openExactWorld({ keeps: true });
  const query = '{ accounts { no balance meta worth } }';
  const first = await ask(query);
  // By the first answer it is known that such are kept.
  await ask(query);
  await entities?.settled();
  state.bodies.length = 0;
  expect(await ask(query)).toBe(first);
  expect(state.bodies).toEqual([]);
  await entities?.invalidate(parseInvalidations(parseExact(`{"typename":"Account","key":{"no":${OTHER}}}`)));
  expect(await ask(query)).toBe(first);
  const asked = state.bodies.filter((body) => body.includes('_entities'));
  expect(asked).toHaveLength(1);
  expect(asked[0]).toContain(`"no":${OTHER}`);
  expect(asked[0]).not.toContain(ONE);
});

test('a value out of the context of an entity keeps its digits, and tells entities apart', async () => {
  const { ask } = await openExactWorld();
  const accounts = [ONE, OTHER].map((no) => `{"branch":{"at":{"no":${no}}}}`);
  expect(await ask('{ accounts { branch { at } } }')).toBe(`{"data":{"accounts":[${accounts.join()}]}}`);
});

test('where a subgraph gives many digits for another type, they are what they always were', async () => {
  const { ask, state } = await openExactWorld();
  state.raw = () =>
    `{"data":{"account":{"no":1,"rate":${FRACTION},"count":${LONG},"label":${ONE},"ident":${LONG},"owned":${LONG}}}}`;
  const { data, errors } = JSON.parse(await ask('{ account(no: 1) { no rate count label ident owned { no } } }'));
  expect(data).toEqual({
    account: { no: 1, rate: Number(FRACTION), count: null, label: '12345678901234567000', ident: LONG, owned: null },
  });
  const messages = errors.map(({ message }: { message: string }) => message);
  expect(messages).toEqual([
    `Int cannot represent non 32-bit signed integer value: ${rounded(LONG)}`,
    'Expected value of type "Account" but got: a number.',
  ]);
});

test('a number past what a double can hold is an error, not a null without a word', async () => {
  const { ask, state } = await openExactWorld();
  state.raw = () => '{"data":{"past":1e400}}';
  const { data, errors } = JSON.parse(await ask('{ past }'));
  expect(data).toEqual({ past: null });
  expect(errors[0].message).toBe('Decimal cannot represent a number past the range of a double.');
});

test('an answer that is a number is no answer, whatever its digits', async () => {
  const { ask, state } = await openExactWorld();
  state.raw = () => `{"data":${LONG}}`;
  expect(JSON.parse(await ask('{ past }'))).toMatchObject({
    data: { past: null },
    errors: [{ extensions: { code: 'UNAVAILABLE' } }],
  });
});

test('parameters that are long numbers are no parameters', async () => {
  const { url } = await openExactWorld();
  for (const body of [LONG, `{"query":"{ past }","variables":${LONG}}`, `{"query":${LONG}}`]) {
    const sent = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(sent.status).toBe(400);
  }
});

test('over a WebSocket digits are kept in variables, answers and events, up to the subgraph that sends these', async () => {
  const world = await openExactWorld();
  const echo = `{"query":"query($v: Json) { echo(value: $v) }","variables":{"v":{"n":${LONG}}}}`;
  expect(await askOverSocket(world.url, echo)).toEqual([
    `{"id":"1","type":"next","payload":{"data":{"echo":{"n":${LONG}}}}}`,
  ]);
  const changes = `{"query":"subscription($from: Long) { changed(from: $from) { no worth seen } }","variables":{"from":${LONG}}}`;
  expect(await askOverSocket(world.url, changes)).toEqual(
    [ONE, OTHER].map(
      (no) =>
        `{"id":"1","type":"next","payload":{"data":{"changed":{"no":${no},"worth":${BALANCE},"seen":"seen ${no}"}}}}`,
    ),
  );
  const subscribed = world.state.bodies.find((body) => body.includes('"subscribe"'));
  expect(subscribed).toContain(`"variables":{"from":${LONG}}`);
  const wrong = `{"query":"subscription($from: Long) { changed(from: $from) { no } }","variables":${LONG}}`;
  // No message of the protocol: the socket is closed.
  expect(await closeCodeOf(world.url, wrong)).toBe(4400);
});

test('events keep their digits as server-sent events, and streams that differ in a late digit are not shared', async () => {
  const world = await openExactWorld();
  const query = 'subscription($from: Long) { changed(from: $from) { no } }';
  const texts = await Promise.all(
    [ONE, OTHER].map((from) => world.ask(query, `{"from":${from}}`, { accept: 'text/event-stream' })),
  );
  for (const text of texts) {
    for (const no of [ONE, OTHER]) expect(text).toContain(`data: {"data":{"changed":{"no":${no}}}}`);
  }
  const subscribed = world.state.bodies.filter((body) => body.includes('"subscribe"'));
  expect(subscribed.map((body) => /"from":(\d+)/.exec(body)?.[1]).sort()).toEqual([ONE, OTHER]);
});

test('a deferred part keeps its digits', async () => {
  const { ask } = await openExactWorld();
  const query = '{ accounts { no ... @defer { worth seen } } }';
  const text = await ask(query, '{}', { accept: 'multipart/mixed;deferSpec=20220824, application/json' });
  for (const no of [ONE, OTHER]) expect(text).toContain(`{"no":${no}}`);
  for (const no of [ONE, OTHER]) expect(text).toContain(`"data":{"worth":${BALANCE},"seen":"seen ${no}"}`);
});

test('a subgraph in the process of the gateway reads numbers as it would from JSON', async () => {
  const seen: unknown[] = [];
  const echo = (_: unknown, { value }: { value: unknown }) => {
    seen.push(value);
    return value;
  };
  const { query } = createTestGraph({
    inside: { typeDefs: 'scalar Json type Query { echo(value: Json): Json }', resolvers: { Query: { echo } } },
  });
  const variables = parseExact(`{"value":[${LONG}]}`) as object;
  expect(await query('query($value: Json) { echo(value: $value) }', variables)).toEqual({
    data: { echo: [Number(LONG)] },
  });
  expect(seen).toEqual([[Number(LONG)]]);
});
