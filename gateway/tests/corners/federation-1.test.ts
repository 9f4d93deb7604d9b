import { expect, test } from 'vitest';
import { createTestGraph, FEDERATION_1 } from '../test-graph.ts';
import { ask, askBroken } from './ask.ts';

type Row = Record<string, unknown>;

/** Subgraphs as they were before `@link`: entities extended, keys external, values in common without a word. */
const accounts = {
  typeDefs: `${FEDERATION_1}
    type Query { me: User users: [User] }
    type User @key(fields: "id") @key(fields: "email") { id: ID! email: String name: Name country: String }
    type Name { first: String last: String }`,
  resolvers: {
    Query: { me: () => load('1'), users: () => [load('1'), null, load('2')] },
    User: {
      __resolveReference: ({ id, email }: Row) => load(id === undefined ? String(email).slice(1, 2) : String(id)),
    },
  },
};
const reviews = {
  typeDefs: `${FEDERATION_1}
    extend type Query { latest: Review }
    type Review @key(fields: "id") { id: ID! body: String author: User @provides(fields: "country") }
    extend type User @key(fields: "id") {
      id: ID! @external
      country: String @external
      name: Name @external
      reviews: [Review]
      greeting: String @requires(fields: "country name { first }")
    }
    type Name { first: String last: String }`,
  resolvers: {
    Query: { latest: () => ({ id: 'r1', body: 'good', author: { id: '1', country: 'provided' } }) },
    User: {
      reviews: ({ id }: Row) => [{ id: `r${id}`, body: `review of ${id}`, author: { id, country: 'provided' } }],
      greeting: ({ country, name }: { country: string; name: Row | null }) => `${country}: ${name?.first}`,
    },
  },
};
const mails = {
  typeDefs: 'type User @key(fields: "email") { email: String unread: Int }',
  resolvers: { User: { unread: ({ email }: Row) => String(email).length } },
};
const createGraph = () => createTestGraph({ accounts, reviews, mails });

function load(id: string): Row {
  return { id, email: id === '2' ? null : `u${id}@x`, name: { first: `First${id}`, last: 'Last' }, country: `C${id}` };
}

test('entities are extended, and what they require is sent along', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ me { name { last } greeting reviews { body author { name { first } } } } }')).toBe(
    '{"me":{"name":{"last":"Last"},"greeting":"C1: First1","reviews":[{"body":"review of 1","author":{"name":{"first":"First1"}}}]}}',
  );
  expect(await ask(graph, '{ users { greeting id } }')).toBe(
    '{"users":[{"greeting":"C1: First1","id":"1"},null,{"greeting":"C2: First2","id":"2"}]}',
  );
});

test('what is provided comes from where it is provided', async () => {
  expect(await ask(createGraph(), '{ latest { author { country id } } }')).toBe(
    '{"latest":{"author":{"country":"provided","id":"1"}}}',
  );
});

test('a subgraph of Federation 2 stands beside them', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ me { unread } latest { author { unread greeting } } }')).toBe(
    '{"me":{"unread":4},"latest":{"author":{"unread":4,"greeting":"provided: First1"}}}',
  );
});

test('a key that is null names no entity: what would come by it is null', async () => {
  const { data, paths } = await askBroken(createGraph(), '{ users { id unread } }');
  expect(data).toBe('{"users":[{"id":"1","unread":4},null,{"id":"2","unread":null}]}');
  expect(paths).toEqual([]);
  const graph = createGraph();
  await ask(graph, '{ users { unread } }');
  expect(graph.seen.map(({ subgraph }) => subgraph)).toEqual(['accounts', 'mails']);
  expect(graph.seen[1]?.request.variables).toEqual({ representations: [{ __typename: 'User', email: 'u1@x' }] });
});

test('types that are external as a whole are asked for where they are resolved', async () => {
  const parcels = {
    typeDefs: `
      type Query { parcel: Parcel }
      type Parcel @key(fields: "id") { id: ID! size: Size weight: Int @shareable }
      type Size { height: Int width: Int }`,
    resolvers: { Query: { parcel: () => ({ id: 'p1', size: { height: 2, width: 3 }, weight: 4 }) } },
  };
  const costs = {
    typeDefs: `
      type Parcel @key(fields: "id") {
        id: ID! size: Size @external weight: Int @external cost: Int @requires(fields: "size { height width } weight") }
      type Size @external { height: Int width: Int }`,
    resolvers: {
      Parcel: {
        cost: ({ size, weight }: { size: { height: number; width: number }; weight: number }) =>
          size.height * size.width * weight,
      },
    },
  };
  const graph = createTestGraph({ parcels, costs });
  expect(await ask(graph, '{ parcel { cost size { width } } }')).toBe('{"parcel":{"cost":24,"size":{"width":3}}}');
});
