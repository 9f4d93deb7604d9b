import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';

const found = { __resolveReference: (entity: object) => entity };

/** Which arguments came from around an entity. */
const told = (_: unknown, { from }: { from: string | null }) => `from ${from}`;

const owners = {
  typeDefs: `
    type Query { owners: [Owner!]! a: A! b: B! named: [Named!]! }
    union Owner = A | B
    interface Named { title: String! }
    type A implements Named @key(fields: "id") { id: ID! prop: String! title: String! }
    type B implements Named @key(fields: "id") { id: ID! other: String! title: String! }`,
  resolvers: {
    Query: {
      owners: () => [
        { __typename: 'A', id: 'a1', prop: 'A of a1' },
        { __typename: 'B', id: 'b1', other: 'B of b1' },
        { __typename: 'A', id: 'a2', prop: 'A of a2' },
      ],
      a: () => ({ id: 'a1', prop: 'same' }),
      b: () => ({ id: 'b1', other: 'same' }),
      named: () => [
        { __typename: 'A', id: 'a1', title: 'title a1' },
        { __typename: 'B', id: 'b1', title: 'title b1' },
      ],
    },
  },
};

test('a value from the context is that of whichever type the object around is', async () => {
  const parts = {
    typeDefs: `
      type A @key(fields: "id") @context(name: "owner") { id: ID! prop: String! @external part: Part! }
      type B @key(fields: "id") @context(name: "owner") { id: ID! other: String! @external part: Part! }
      type Part @key(fields: "id") {
        id: ID!
        told(from: String @fromContext(field: "$owner ... on A { prop } ... on B { other }")): String
      }`,
    resolvers: {
      A: { ...found, part: () => ({ id: 'p' }) },
      B: { ...found, part: () => ({ id: 'p' }) },
      Part: { ...found, told },
    },
  };
  const graph = createTestGraph({ owners, parts });
  const source = '{ owners { ... on A { part { told } } ... on B { part { told } } } }';
  expect(await graph.query(source)).toEqual({
    data: {
      owners: [
        { part: { told: 'from A of a1' } },
        { part: { told: 'from B of b1' } },
        { part: { told: 'from A of a2' } },
      ],
    },
  });
});

test('a value from the context may be that of an interface around', async () => {
  const parts = {
    typeDefs: `
      interface Named @context(name: "named") { title: String! }
      type A implements Named @key(fields: "id") { id: ID! title: String! @external part: Part! }
      type B implements Named @key(fields: "id") { id: ID! title: String! @external part: Part! }
      type Part @key(fields: "id") {
        id: ID!
        told(from: String @fromContext(field: "$named { title }")): String
      }`,
    resolvers: {
      A: { ...found, part: () => ({ id: 'p' }) },
      B: { ...found, part: () => ({ id: 'p' }) },
      Part: { ...found, told },
    },
  };
  const graph = createTestGraph({ owners, parts });
  const source = '{ named { ... on A { part { told } } ... on B { part { told } } } }';
  expect(await graph.query(source)).toEqual({
    data: { named: [{ part: { told: 'from title a1' } }, { part: { told: 'from title b1' } }] },
  });
});

test('entities of two types with the same key and equal values around them are not mixed up', async () => {
  const parts = {
    typeDefs: `
      type A @key(fields: "id") @context(name: "a") { id: ID! prop: String! @external first: First! }
      type B @key(fields: "id") @context(name: "b") { id: ID! other: String! @external second: Second! }
      type First @key(fields: "id") { id: ID! told(from: String @fromContext(field: "$a { prop }")): String }
      type Second @key(fields: "id") { id: ID! told(from: String @fromContext(field: "$b { other }")): String }`,
    resolvers: {
      A: { ...found, first: () => ({ id: 'same' }) },
      B: { ...found, second: () => ({ id: 'same' }) },
      First: { ...found, told: (_: unknown, { from }: { from: string }) => `first ${from}` },
      Second: { ...found, told: (_: unknown, { from }: { from: string }) => `second ${from}` },
    },
  };
  const graph = createTestGraph({ owners, parts });
  expect(await graph.query('{ a { first { told } } b { second { told } } }')).toEqual({
    data: { a: { first: { told: 'first same' } }, b: { second: { told: 'second same' } } },
  });
});

const shops = {
  typeDefs: `
    type Query { shops: [Shop!]! }
    type Shop @key(fields: "id") { id: ID! lang: String! good: Good! }
    type Good @key(fields: "id") { id: ID! }`,
  resolvers: {
    Query: {
      shops: () => [
        { id: 's1', lang: 'de', good: { id: 'g' } },
        { id: 's2', lang: 'fr', good: { id: 'g' } },
        { id: 's3', lang: 'de', good: { id: 'g' } },
      ],
    },
  },
};
const makers = {
  typeDefs: `
    type Good @key(fields: "id") { id: ID! parts: [Part!]! }
    type Part @key(fields: "id") { id: ID! name: String }`,
  resolvers: { Good: { ...found, parts: () => [{ id: 'p', name: 'bolt' }] } },
};
const labels = {
  typeDefs: `
    type Shop @key(fields: "id") @context(name: "shop") { id: ID! lang: String! @external }
    type Part @key(fields: "id") {
      id: ID!
      label(lang: String @fromContext(field: "$shop { lang }")): Label
    }
    type Label @key(fields: "id") { id: ID! text: String! }`,
  resolvers: {
    Shop: found,
    Part: { ...found, label: (_: unknown, { lang }: { lang: string }) => ({ id: `l-${lang}`, text: `in ${lang}` }) },
  },
};

test('what stands in an entity that several objects share has at each place the context of that place', async () => {
  const graph = createTestGraph({ shops, makers, labels });
  const { data, errors } = await graph.query('{ shops { good { id parts { name label { text } } } } }');
  expect(errors).toBeUndefined();
  const goodIn = (lang: string) => ({ good: { id: 'g', parts: [{ name: 'bolt', label: { text: `in ${lang}` } }] } });
  expect(data).toEqual({ shops: [goodIn('de'), goodIn('fr'), goodIn('de')] });
  expect(graph.seen.map(({ subgraph }) => subgraph)).toEqual(['shops', 'makers', 'labels', 'labels']);
});
