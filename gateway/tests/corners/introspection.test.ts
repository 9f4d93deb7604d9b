import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { ask } from './ask.ts';

const lobby = {
  typeDefs: `
    type Query { lobby: Lobby lobbies: [Lobby] tables: Int }
    type Lobby { graph: Query }
    type Mutation { open: Lobby }`,
  resolvers: {
    Query: { lobby: () => ({ graph: {} }), lobbies: () => [{ graph: {} }, { graph: null }], tables: () => 2 },
    Mutation: { open: () => ({ graph: {} }) },
  },
};
const ranks = { typeDefs: 'type Query { top: Int }', resolvers: { Query: { top: () => 1 } } };

test('the schema is told wherever the root stands', async () => {
  const graph = createTestGraph({ lobby, ranks });
  const below = '{ lobby { graph { __schema { queryType { name } } top t: __type(name: "Lobby") { kind } } } }';
  expect(await ask(graph, below)).toBe(
    '{"lobby":{"graph":{"__schema":{"queryType":{"name":"Query"}},"top":1,"t":{"kind":"OBJECT"}}}}',
  );
  const inList = 'query Q($name: String!) { lobbies { graph { __type(name: $name) { name } } } }';
  expect(await ask(graph, inList, { name: 'Lobby' })).toBe(
    '{"lobbies":[{"graph":{"__type":{"name":"Lobby"}}},{"graph":null}]}',
  );
  const mutation = 'mutation { open { graph { ...S tables } } } fragment S on Query { __type(name: "No") { name } }';
  expect(await ask(graph, mutation)).toBe('{"open":{"graph":{"__type":null,"tables":2}}}');
});

test('one response key means at each root what stands there', async () => {
  const graph = createTestGraph({ lobby, ranks });
  const source = '{ a: __type(name: "Query") { name } lobby { graph { a: __type(name: "Lobby") { name } } } }';
  expect(await ask(graph, source)).toBe('{"a":{"name":"Query"},"lobby":{"graph":{"a":{"name":"Lobby"}}}}');
});

test('a name that a variable makes null is an error of that field alone', async () => {
  const graph = createTestGraph({ lobby, ranks });
  const source = 'query Q($name: String = "Lobby") { __type(name: $name) { name } tables }';
  const { data, errors } = await graph.query(source, { name: null });
  expect(data).toEqual({ __type: null, tables: 2 });
  expect(errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([[['__type'], 'BAD_USER_INPUT']]);
});
