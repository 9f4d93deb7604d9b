import { DomainError } from '@playgraph/kernel/errors';
import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { ask, callsOf } from './ask.ts';

const games = {
  typeDefs: `
    type Query { game: Game top: Game }
    type Mutation { rename: Game reset: Game }
    type Game @key(fields: "id") { id: ID! name: String }`,
  resolvers: {
    Query: { game: () => ({ id: 'g1', name: 'Go' }), top: () => ({ id: 'g2', name: 'Chess' }) },
    Mutation: { rename: () => ({ id: 'g1', name: 'Weiqi' }), reset: () => ({ id: 'g2', name: 'Chess' }) },
  },
};
const stocks = {
  typeDefs: `
    type Query { empty: Boolean full: Boolean }
    type Game @key(fields: "id") { id: ID! stock: Int maker: Maker }
    type Maker @key(fields: "id") { id: ID! }`,
  resolvers: {
    Query: { empty: () => false, full: () => true },
    Game: { stock: () => 3, maker: () => ({ id: 'm1' }) },
  },
};
const makers = {
  typeDefs: `
    type Game @key(fields: "id") { id: ID! stock: Int @external isRare: Boolean @requires(fields: "stock") rank: Int }
    type Maker @key(fields: "id") { id: ID! title: String since: Int }`,
  resolvers: {
    Game: { isRare: ({ stock }: { stock: number }) => stock < 5, rank: () => 1 },
    Maker: { title: () => 'Studio', since: () => 1984 },
  },
};
const createGraph = () => createTestGraph({ games, stocks, makers });
type Flags = { readonly a?: boolean; readonly b?: boolean };

test('entities of which conditions leave out everything are not asked for', async () => {
  const source = `query Q($a: Boolean!, $b: Boolean!) {
    game { name maker { title @include(if: $a) ... on Maker @include(if: $a) { since @skip(if: $b) } } } }`;
  const graph = createGraph();
  expect(await ask(graph, source, { a: false, b: false } satisfies Flags)).toBe('{"game":{"name":"Go","maker":{}}}');
  expect(callsOf(graph)).toEqual(['games', 'stocks']);
  expect(await ask(graph, source, { a: true, b: true } satisfies Flags)).toBe(
    '{"game":{"name":"Go","maker":{"title":"Studio"}}}',
  );
  expect(callsOf(graph)).toEqual(['games', 'stocks', 'games', 'stocks', 'makers']);
});

test('what a left out field requires is left out with it, also where several conditions name it', async () => {
  const source = `query Q($a: Boolean!, $b: Boolean!) {
    game { name isRare @include(if: $a) ... @include(if: $b) { isRare rank } } }`;
  const graph = createGraph();
  expect(await ask(graph, source, { a: false, b: false } satisfies Flags)).toBe('{"game":{"name":"Go"}}');
  expect(callsOf(graph)).toEqual(['games']);
  expect(await ask(graph, source, { a: false, b: true } satisfies Flags)).toBe(
    '{"game":{"name":"Go","isRare":true,"rank":1}}',
  );
});

test('nothing below a parent that is left out is asked for', async () => {
  const source = `query Q($a: Boolean!, $b: Boolean!) {
    game @include(if: $a) { stock maker @skip(if: $b) { title } }
    top { name ... @include(if: $a) { maker @skip(if: $b) { title since } } } }`;
  const graph = createGraph();
  expect(await ask(graph, source, { a: false, b: false } satisfies Flags)).toBe('{"top":{"name":"Chess"}}');
  expect(callsOf(graph)).toEqual(['games']);
  expect(await ask(graph, source, { a: true, b: true } satisfies Flags)).toBe(
    '{"game":{"stock":3},"top":{"name":"Chess"}}',
  );
  expect(callsOf(graph)).not.toContain('makers');
});

test('root fields of a subgraph that are all left out are not asked for, in queries and in mutations', async () => {
  const graph = createGraph();
  const query = 'query Q($a: Boolean!, $b: Boolean!) { game { name } empty @include(if: $a) full @include(if: $b) }';
  expect(await ask(graph, query, { a: false, b: false } satisfies Flags)).toBe('{"game":{"name":"Go"}}');
  expect(callsOf(graph)).toEqual(['games']);
  const mutation = `mutation M($a: Boolean!, $b: Boolean!) {
    rename @include(if: $a) { name stock } reset @include(if: $b) { name } }`;
  expect(await ask(graph, mutation, { a: false, b: false } satisfies Flags)).toBe('{}');
  expect(callsOf(graph)).toEqual(['games']);
  expect(await ask(graph, mutation, { a: false, b: true } satisfies Flags)).toBe('{"reset":{"name":"Chess"}}');
});

test('the type behind an interface object is asked for whatever is left out beside it', async () => {
  const items = {
    typeDefs: `
      type Query { none: Int }
      interface Item @key(fields: "id") { id: ID! label: String }
      type Card implements Item @key(fields: "id") { id: ID! label: String }`,
    resolvers: {
      Item: { __resolveReference: ({ id }: { id: string }) => ({ __typename: 'Card', id, label: 'a card' }) },
      Card: { label: () => 'a card' },
    },
  };
  const reviews = {
    typeDefs: 'type Query { item: Item } type Item @key(fields: "id") @interfaceObject { id: ID! score: Int }',
    resolvers: { Query: { item: () => ({ id: 'c1' }) }, Item: { score: () => 5 } },
  };
  const graph = createTestGraph({ items, reviews });
  const source = 'query Q($a: Boolean!) { item { __typename score label @include(if: $a) } }';
  expect(await ask(graph, source, { a: false } satisfies Flags)).toBe('{"item":{"__typename":"Card","score":5}}');
  expect(await ask(graph, source, { a: true } satisfies Flags)).toBe(
    '{"item":{"__typename":"Card","score":5,"label":"a card"}}',
  );
});

test('conditions around an interface object hold for what it adds', async () => {
  const items = {
    typeDefs: `
      interface Item @key(fields: "id") { id: ID! label: String }
      type Card implements Item @key(fields: "id") { id: ID! label: String }`,
    resolvers: {
      Item: { __resolveReference: ({ id }: { id: string }) => ({ __typename: 'Card', id }) },
      Card: { label: () => 'a card' },
    },
  };
  const reviews = {
    typeDefs: `type Query { item: Item }
      type Item @key(fields: "id") @interfaceObject {
        id: ID! label: String @external score: Int blurb: String @requires(fields: "label") }`,
    resolvers: {
      Query: { item: () => ({ id: 'c1' }) },
      Item: {
        score: () => {
          throw new DomainError('CONFLICT', 'nobody asked for a score');
        },
        blurb: ({ label }: { label: string }) => `${label}!`,
      },
    },
  };
  const graph = createTestGraph({ items, reviews });
  const source = `query Q($a: Boolean!, $b: Boolean!) {
    item { label @include(if: $a) } item @include(if: $b) { ... on Card { score blurb } } }`;
  expect(await ask(graph, source, { a: true, b: false } satisfies Flags)).toBe('{"item":{"label":"a card"}}');
  expect(callsOf(graph)).toEqual(['reviews', 'items']);
  const blurb = source.replace('score', '');
  expect(await ask(graph, blurb, { a: false, b: true } satisfies Flags)).toBe('{"item":{"blurb":"a card!"}}');
});

test('a condition around an entity holds for its fields in a fetch that serves others as well', async () => {
  const sums = {
    typeDefs: `type Game @key(fields: "id") {
      id: ID! name: String @external size(of: Int = 1): Int! @requires(fields: "name") }`,
    resolvers: {
      Game: {
        size: ({ name }: { name: string }, { of }: { of: number }) => {
          if (of === 0) throw new DomainError('CONFLICT', 'nobody asked for that size');
          return name.length * of;
        },
      },
    },
  };
  const lists = {
    typeDefs: 'type Query { last: Game } type Game @key(fields: "id") { id: ID! }',
    resolvers: { Query: { last: () => ({ id: 'g9' }) } },
  };
  const names = {
    ...games,
    resolvers: { ...games.resolvers, Game: { name: () => 'Hex' } },
  };
  const graph = createTestGraph({ games: names, sums, lists });
  const source = `query Q($a: Boolean!) { last @include(if: $a) { none: size(of: 0) } last { one: size two: size(of: 2) } }`;
  expect(await ask(graph, source, { a: false } satisfies Flags)).toBe('{"last":{"one":3,"two":6}}');
});
