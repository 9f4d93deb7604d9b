import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';

const fails = () => {
  throw new Error('out of order');
};
const shop = {
  typeDefs: `type Query { item: Item! }
    type Item @key(fields: "id") { id: ID! place: Place @external stars: Int @requires(fields: "place { row }") }
    type Place { row: Int @external }`,
  resolvers: {
    Query: { item: () => ({ id: 'i1' }) },
    Item: { __resolveReference: (item: object) => item, stars: fails },
  },
};
const stock = {
  typeDefs: 'type Item @key(fields: "id") { id: ID! place: Place } type Place { hall: Int row: Int }',
  resolvers: { Item: { __resolveReference: (item: object) => item, place: () => ({ hall: 1, row: 2 }) } },
};
/** The planner asks for it all the same: of what comes back the client is told nothing. */
test('an error of a field that a condition leaves out is not told', async () => {
  const graph = createTestGraph({ shop, stock });
  const source = 'query Q($on: Boolean!) { item { place { hall } ... on Item @include(if: $on) { stars } } }';
  expect(await graph.query(source, { on: false })).toEqual({ data: { item: { place: { hall: 1 } } } });
  const answer = await graph.query(source, { on: true });
  expect(answer).toMatchObject({
    data: { item: { place: { hall: 1 }, stars: null } },
    errors: [{ path: ['item', 'stars'] }],
  });
});

test('every entity of a long list may have an error of its own, each told at its place', async () => {
  const count = 400;
  const list = {
    typeDefs: 'type Query { items: [Item!]! } type Item @key(fields: "id") { id: ID! }',
    resolvers: { Query: { items: () => Array.from({ length: count }, (_, i) => ({ id: `${i % (count / 2)}` })) } },
  };
  const broken = {
    typeDefs: 'type Item @key(fields: "id") { id: ID! stars: Int! }',
    resolvers: { Item: { __resolveReference: (item: object) => item, stars: fails } },
  };
  const { data, errors = [] } = await createTestGraph({ list, broken }).query('{ items { stars } }');
  expect(data).toBeNull();
  expect(errors.map(({ path }) => path?.join('.')).sort()).toEqual(
    Array.from({ length: count }, (_, i) => `items.${i}.stars`).sort(),
  );
});
