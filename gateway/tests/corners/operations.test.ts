import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { ask, callsOf } from './ask.ts';

type Row = Record<string, unknown>;

function createGraph() {
  const log: string[] = [];
  const users = {
    typeDefs: `
      type Query { me: User users: [User!]! }
      type Mutation { rename(name: String!): User }
      type User @key(fields: "id") { id: ID! name(shout: Boolean = false, times: Int): String friends: [User!] }`,
    resolvers: {
      Query: { me: () => ({ id: 'u1' }), users: () => [{ id: 'u1' }, { id: 'u2' }] },
      Mutation: {
        rename: (_: unknown, { name }: { name: string }) => {
          log.push(`rename ${name}`);
          return { id: name };
        },
      },
      User: {
        name: ({ id }: Row, { shout, times = 1 }: { shout: boolean; times?: number }) =>
          (shout ? `NAME OF ${id}` : `name of ${id}`).repeat(times),
        friends: ({ id }: Row) => [{ id: `${id}f` }],
      },
    },
  };
  const orders = {
    typeDefs: `
      type Mutation { buy(item: String!): User }
      type User @key(fields: "id") { id: ID! total(currency: String = "EUR"): String last: String }`,
    resolvers: {
      Mutation: {
        buy: (_: unknown, { item }: { item: string }) => {
          log.push(`buy ${item}`);
          return { id: item };
        },
      },
      User: {
        total: ({ id }: Row, { currency }: Row) => {
          log.push(`total ${id}`);
          return `${id} ${currency}`;
        },
        last: ({ id }: Row) => `last of ${id}`,
      },
    },
  };
  return { graph: createTestGraph({ users, orders }), log };
}

test('mutations run one after the other across subgraphs, each with what hangs on it', async () => {
  const { graph, log } = createGraph();
  const source =
    'mutation { a: rename(name: "x") { total } b: buy(item: "y") { name total } c: rename(name: "z") { total name } }';
  expect(await ask(graph, source)).toBe(
    '{"a":{"total":"x EUR"},"b":{"name":"name of y","total":"y EUR"},"c":{"total":"z EUR","name":"name of z"}}',
  );
  expect(log).toEqual(['rename x', 'total x', 'buy y', 'total y', 'rename z', 'total z']);
});

test('a mutation that a directive leaves out does not happen', async () => {
  const { graph, log } = createGraph();
  const source =
    'mutation M($no: Boolean!) { a: rename(name: "x") @include(if: $no) { id } __typename b: buy(item: "y") { id } }';
  expect(await ask(graph, source, { no: false })).toBe('{"__typename":"Mutation","b":{"id":"y"}}');
  expect(log).toEqual(['buy y']);
});

test('a variable that only a directive uses decides whether a subgraph is asked', async () => {
  const { graph } = createGraph();
  const source =
    'query Q($on: Boolean!) { me { name ...Orders @include(if: $on) } } fragment Orders on User { total last }';
  expect(await ask(graph, source, { on: false })).toBe('{"me":{"name":"name of u1"}}');
  expect(callsOf(graph)).toEqual(['users']);
  expect(await ask(graph, source, { on: true })).toBe(
    '{"me":{"name":"name of u1","total":"u1 EUR","last":"last of u1"}}',
  );
});

test('directives on fragments that hold fetches are obeyed one by one', async () => {
  const { graph } = createGraph();
  const source = `query Q($a: Boolean!, $b: Boolean = true) {
    me { ... on User @skip(if: $a) { total } ... @include(if: $b) { last friends @skip(if: $a) { last } } total @include(if: $a) }
  }`;
  expect(await ask(graph, source, { a: true })).toBe('{"me":{"last":"last of u1","total":"u1 EUR"}}');
  expect(await ask(graph, source, { a: false })).toBe(
    '{"me":{"total":"u1 EUR","last":"last of u1","friends":[{"last":"last of u1f"}]}}',
  );
  expect(await ask(graph, source, { a: true, b: false })).toBe('{"me":{"total":"u1 EUR"}}');
  expect(await ask(graph, source, { a: false, b: false })).toBe('{"me":{"total":"u1 EUR"}}');
});

test('an object all of whose fields are left out is an empty object', async () => {
  const { graph } = createGraph();
  const source =
    'query Q($no: Boolean!) { me { total @include(if: $no) } users { name @skip(if: true) last @include(if: $no) } }';
  expect(await ask(graph, source, { no: false })).toBe('{"me":{},"users":[{},{}]}');
});

test('an object is there even when its conditions contradict each other', async () => {
  const { graph } = createGraph();
  const source = 'query Q($yes: Boolean!) { me @include(if: $yes) { name @skip(if: $yes) } }';
  expect(await ask(graph, source, { yes: true })).toBe('{"me":{}}');
  expect(await ask(graph, source, { yes: false })).toBe('{}');
  const literal = 'query Q($no: Boolean!) { users @skip(if: $no) { friends @include(if: false) { name } } }';
  expect(await ask(graph, literal, { no: false })).toBe('{"users":[{},{}]}');
});

test('what a literal leaves out is not asked for, also below a condition that varies', async () => {
  const { graph, log } = createGraph();
  const source = `query Q($no: Boolean!) {
    me @skip(if: $no) { name friends @skip(if: $no) { id total @skip(if: true) last @include(if: false) } ... on User @include(if: true) { total @include(if: false) last } }
  }`;
  expect(await ask(graph, source, { no: false })).toBe(
    '{"me":{"name":"name of u1","friends":[{"id":"u1f"}],"last":"last of u1"}}',
  );
  expect(log).toEqual([]);
});

test('each subgraph gets the variables that it uses, and those that were not sent stay away', async () => {
  const { graph } = createGraph();
  const source =
    'query Q($shout: Boolean, $times: Int, $currency: String = "USD") { me { name(shout: $shout, times: $times) total(currency: $currency) } }';
  expect(await ask(graph, source, { times: 2 })).toBe('{"me":{"name":"name of u1name of u1","total":"u1 USD"}}');
  const sent = graph.seen.map(({ request }) =>
    Object.keys(request.variables).filter((name) => !/representations/i.test(name)),
  );
  expect(sent).toEqual([['times'], ['currency']]);
});

test('a variable of null is not a variable that was left out', async () => {
  const { graph } = createGraph();
  const source = 'query Q($currency: String) { me { total(currency: $currency) } }';
  expect(await ask(graph, source)).toBe('{"me":{"total":"u1 EUR"}}');
  expect(await ask(graph, source, { currency: null })).toBe('{"me":{"total":"u1 null"}}');
});

test('the root types are named without asking anybody', async () => {
  const { graph } = createGraph();
  expect(await ask(graph, '{ __typename t: __typename ... on Query { __typename } }')).toBe(
    '{"__typename":"Query","t":"Query"}',
  );
  expect(await ask(graph, 'mutation { __typename }')).toBe('{"__typename":"Mutation"}');
  expect(callsOf(graph)).toEqual([]);
});

test('introspection stands between data, in the order selected', async () => {
  const { graph } = createGraph();
  const source = `query Q($name: String!, $no: Boolean!) {
    a: __type(name: $name) { name fields { name @skip(if: $no) } __typename }
    me { total }
    __schema { q: queryType { name } queryType { kind } }
    none: __type(name: "Nobody") { name }
    __typename
    __schema @include(if: $no) { types { name } }
  }`;
  const answer = await ask(graph, source, { name: 'User', no: false });
  expect(Object.keys(JSON.parse(answer))).toEqual(['a', 'me', '__schema', 'none', '__typename']);
  const { a, ...rest } = JSON.parse(answer);
  expect(a.name).toBe('User');
  expect(a.__typename).toBe('__Type');
  expect(a.fields.map(({ name }: Row) => name).sort()).toEqual(['friends', 'id', 'last', 'name', 'total']);
  expect(rest).toEqual({
    me: { total: 'u1 EUR' },
    __schema: { q: { name: 'Query' }, queryType: { kind: 'OBJECT' } },
    none: null,
    __typename: 'Query',
  });
});

test('named fragments that are used again and again, nested and under conditions, say the same everywhere', async () => {
  const { graph } = createGraph();
  const source = `query Q($no: Boolean!) {
    me { ...F0 ... on User @skip(if: $no) { ...F1 } }
    users { ...F1 @include(if: $no) ...F0 total }
    again: me { friends { ...F0 @skip(if: $no) ...F1 } ...F1 }
  }
  fragment F0 on User { name @skip(if: $no) last friends { id ...F2 } }
  fragment F1 on User { ...F2 total name }
  fragment F2 on User { id name @include(if: $no) last }`;
  const friend = (id: string) => `{"id":"${id}f","last":"last of ${id}f"}`;
  const user = (id: string) => `"name":"name of ${id}","last":"last of ${id}","friends":[${friend(id)}]`;
  expect(await ask(graph, source, { no: false })).toBe(
    `{"me":{${user('u1')},"id":"u1","total":"u1 EUR"},` +
      `"users":[{${user('u1')},"total":"u1 EUR"},{${user('u2')},"total":"u2 EUR"}],` +
      `"again":{"friends":[{${user('u1f')},"id":"u1f","total":"u1f EUR"}],"id":"u1","last":"last of u1","total":"u1 EUR","name":"name of u1"}}`,
  );
});
