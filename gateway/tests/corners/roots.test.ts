import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { ask, askBroken } from './ask.ts';

const games = {
  typeDefs: `
    schema { query: query_root mutation: mutation_root }
    type query_root { game: Game games: [Game!] broken: Int! }
    type mutation_root { rename(name: String!): Game! reset: Reset }
    type Reset { query: query_root done: Boolean }
    type Game @key(fields: "id") { id: ID! name: String }`,
  resolvers: {
    query_root: {
      game: () => ({ id: 'g1', name: 'Go' }),
      games: () => [{ id: 'g1', name: 'Go' }],
      broken: () => null,
    },
    mutation_root: {
      rename: (_: unknown, { name }: { name: string }) => ({ id: 'g1', name }),
      reset: () => ({ query: {}, done: true }),
    },
  },
};
const ranks = {
  typeDefs: 'type Query { top: Int } type Game @key(fields: "id") { id: ID! rank: Int }',
  resolvers: { Query: { top: () => 1 }, Game: { rank: () => 7 } },
};
const createGraph = () => createTestGraph({ games, ranks });

test('a subgraph may call its root types what it likes', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ __typename game { name rank } top }')).toBe(
    '{"__typename":"Query","game":{"name":"Go","rank":7},"top":1}',
  );
  expect(await ask(graph, 'mutation { __typename rename(name: "Weiqi") { name rank } }')).toBe(
    '{"__typename":"Mutation","rename":{"name":"Weiqi","rank":7}}',
  );
});

test('fragments on the root with conditions reach no subgraph under a name that it does not know', async () => {
  const graph = createGraph();
  const source = `query Q($a: Boolean!, $b: Boolean!) {
    ... on Query @include(if: $a) { game { name } ...Rest @skip(if: $b) }
    ...Rest
  }
  fragment Rest on Query { games { rank } top ... on Query @include(if: $b) { again: games { id } } }`;
  expect(await ask(graph, source, { a: true, b: false })).toBe('{"game":{"name":"Go"},"games":[{"rank":7}],"top":1}');
  expect(await ask(graph, source, { a: false, b: true })).toBe('{"games":[{"rank":7}],"top":1,"again":[{"id":"g1"}]}');
  const mutation = 'mutation M($a: Boolean!) { ... on Mutation @include(if: $a) { rename(name: "Igo") { name } } }';
  expect(await ask(graph, mutation, { a: true })).toBe('{"rename":{"name":"Igo"}}');
});

test('a field that gives the root gives that of the whole graph', async () => {
  const source = `mutation M($a: Boolean!) { reset {
    query { __typename ... on Query @include(if: $a) { game { name } top } } done } }`;
  const graph = createGraph();
  expect(await ask(graph, source, { a: true })).toBe(
    '{"reset":{"query":{"__typename":"Query","game":{"name":"Go"},"top":1},"done":true}}',
  );
  expect(await ask(graph, source, { a: false })).toBe('{"reset":{"query":{"__typename":"Query"},"done":true}}');
});

test('errors of renamed roots stand where the client asked', async () => {
  const { data, paths } = await askBroken(createGraph(), '{ top ... on Query { none: broken } }');
  expect(data).toBe('null');
  expect(paths).toEqual(['none']);
});
