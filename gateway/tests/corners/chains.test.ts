import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { ask } from './ask.ts';

type Row = Record<string, unknown>;

/** Each requires of the next: `price` of `c` is made of `volume` of `a`, which is made of `weight` of `b`. */
const weights = {
  typeDefs: 'type Crate @key(fields: "id") { id: ID! weight: Int label: String @shareable }',
  resolvers: { Crate: { weight: () => 4, label: ({ id }: Row) => `label of ${id}` } },
};
const prices = {
  typeDefs: `
    type Crate @key(fields: "id") { id: ID! volume: Int @external price: Int @requires(fields: "volume") }`,
  resolvers: { Crate: { price: ({ volume }: { volume: number }) => volume * 10 } },
};

test('a chain of requirements goes through a subgraph that provides another field of the same type', async () => {
  const graph = createTestGraph({
    a: {
      typeDefs: `
        type Query { tag: Tag }
        type Tag @key(fields: "id") { id: ID! crate: Crate @provides(fields: "label") }
        type Crate @key(fields: "id") {
          id: ID!
          label: String @external
          weight: Int @external
          volume: Int @requires(fields: "weight")
        }`,
      resolvers: {
        Query: { tag: () => ({ id: 't1' }) },
        Tag: { crate: () => ({ id: 'c1', label: 'label at hand' }) },
        Crate: { volume: ({ weight }: { weight: number }) => weight * 2 },
      },
    },
    b: weights,
    c: prices,
  });
  expect(await ask(graph, '{ tag { crate { label price } } }')).toBe(
    '{"tag":{"crate":{"label":"label at hand","price":80}}}',
  );
});

test('a chain of requirements leaves fields of one name on other types to those that require them', async () => {
  const graph = createTestGraph({
    a: {
      typeDefs: `
        type Query { crate: Crate }
        type Crate @key(fields: "id") {
          id: ID!
          lid: Lid @external
          base: Base @external
          volume: Int @requires(fields: "lid { weight }")
          height: Int @requires(fields: "base { weight }")
        }
        type Lid { weight: Int @external }
        type Base { weight: Int @external }`,
      resolvers: {
        Query: { crate: () => ({ id: 'c1' }) },
        Crate: {
          volume: ({ lid }: { lid: { weight: number } }) => lid.weight * 2,
          height: ({ base }: { base: { weight: number } }) => base.weight * 3,
        },
      },
    },
    b: {
      typeDefs: `
        type Crate @key(fields: "id") { id: ID! lid: Lid base: Base }
        type Lid { weight: Int }
        type Base { weight: Int }`,
      resolvers: { Crate: { lid: () => ({ weight: 4 }), base: () => ({ weight: 7 }) } },
    },
    c: prices,
  });
  expect(await ask(graph, '{ crate { height price } }')).toBe('{"crate":{"height":21,"price":80}}');
});

test('a chain of requirements takes nothing from a subgraph that is called like a part of another', async () => {
  const graph = createTestGraph({
    a: {
      typeDefs: `
        type Query { crate: Crate }
        type Crate @key(fields: "id") { id: ID! weight: Int @external volume: Int @requires(fields: "weight") }`,
      resolvers: {
        Query: { crate: () => ({ id: 'c1' }) },
        Crate: { volume: ({ weight }: { weight: number }) => weight * 2 },
      },
    },
    a__A_PART_0: weights,
    c: prices,
  });
  expect(await ask(graph, '{ crate { price } }')).toBe('{"crate":{"price":80}}');
});

test('a chain of requirements goes through a field that an interface asks for, and beside others that require', async () => {
  const graph = createTestGraph({
    a: {
      typeDefs: `
        type Query { sized: Sized tagged: Tagged }
        interface Sized { volume: Int }
        type Crate implements Sized @key(fields: "id") {
          id: ID!
          weight: Int @external
          volume: Int @requires(fields: "weight")
        }
        interface Tagged { tag: String }
        type Bag implements Tagged @key(fields: "id") {
          id: ID!
          colour: String @external
          tag: String @requires(fields: "colour")
        }
        type Tin implements Sized & Tagged { volume: Int tag: String }`,
      resolvers: {
        Query: {
          sized: () => ({ __typename: 'Crate', id: 'c1' }),
          tagged: () => ({ __typename: 'Bag', id: 'b1' }),
        },
        Crate: { volume: ({ weight }: { weight: number }) => weight * 2 },
        Bag: { tag: ({ colour }: { colour: string }) => `${colour} bag` },
      },
    },
    b: {
      typeDefs: `${weights.typeDefs} type Bag @key(fields: "id") { id: ID! colour: String }`,
      resolvers: { ...weights.resolvers, Bag: { colour: () => 'red' } },
    },
    c: prices,
  });
  expect(await ask(graph, '{ sized { __typename volume ... on Crate { price } } tagged { tag } }')).toBe(
    '{"sized":{"__typename":"Crate","volume":8,"price":80},"tagged":{"tag":"red bag"}}',
  );
});
