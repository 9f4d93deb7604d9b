import { DomainError } from '@playgraph/kernel/errors';
import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { ask, askBroken } from './ask.ts';

type Row = Record<string, unknown>;

const RATES: Record<string, number> = { EUR: 10, USD: 11, GBP: 8 };
const priceOf = (_: unknown, { currency }: { currency: string }) => RATES[currency] ?? null;

const PRICE = 'price(currency: String = "EUR"): Int';
const products = {
  typeDefs: `
    type Query { product: Product item: Priced }
    interface Priced { ${PRICE} }
    type Product implements Priced @key(fields: "id") { id: ID! name: String ${PRICE} size: Size }
    type Size { in(unit: String = "m"): String }`,
  resolvers: {
    Query: { product: () => ({ id: 'p1', name: 'Chess' }), item: () => ({ __typename: 'Product', id: 'p1' }) },
    Product: {
      __resolveReference: ({ id }: Row) => ({ id, name: 'Chess' }),
      price: priceOf,
      size: () => ({}),
    },
    Size: { in: (_: unknown, { unit }: { unit: string }) => `size in ${unit}` },
  },
};
const taxes = {
  typeDefs: `
    type Product @key(fields: "id") {
      id: ID!
      ${PRICE} @external
      tax: Int @requires(fields: "price(currency: \\"USD\\")")
      duty: Int @requires(fields: "price(currency: \\"GBP\\")")
      plain: Int @requires(fields: "price")
      note: String
    }`,
  resolvers: {
    Product: {
      tax: ({ price }: { price: number }) => price * 100,
      duty: ({ price }: { price: number }) => price * 1_000,
      plain: ({ price }: { price: number }) => price,
      note: () => 'noted',
    },
  },
};
const fees = {
  typeDefs: `
    type Product @key(fields: "id") {
      id: ID!
      ${PRICE} @external
      size: Size @external
      fee: Int @requires(fields: "price(currency: \\"GBP\\")")
      box: String @requires(fields: "size { in(unit: \\"cm\\") }")
      crate: String @requires(fields: "size { in(unit: \\"km\\") }")
    }
    type Size { in(unit: String = "m"): String @external }`,
  resolvers: {
    Product: {
      fee: ({ price }: { price: number }) => price * 2,
      box: ({ size }: { size: Row }) => `box of ${size.in}`,
      crate: ({ size }: { size: Row }) => `crate of ${size.in}`,
    },
  },
};

test('what the client asks of a field does not change what another field requires of it', async () => {
  const graph = createTestGraph({ products, taxes });
  expect(await ask(graph, '{ product { price(currency: "GBP") tax } }')).toBe('{"product":{"price":8,"tax":1100}}');
  expect(await ask(graph, '{ product { tax price(currency: "GBP") } }')).toBe('{"product":{"tax":1100,"price":8}}');
  expect(await ask(graph, '{ product { price tax } }')).toBe('{"product":{"price":10,"tax":1100}}');
  expect(await ask(graph, '{ product { price(currency: "GBP") plain } }')).toBe('{"product":{"price":8,"plain":10}}');
});

test('a variable of the client stays with the client, not with what is required', async () => {
  const graph = createTestGraph({ products, taxes });
  const source = 'query Q($c: String) { product { price(currency: $c) tax a: price b: price(currency: $c) } }';
  expect(await ask(graph, source, { c: 'GBP' })).toBe('{"product":{"price":8,"tax":1100,"a":10,"b":8}}');
  expect(await ask(graph, source)).toBe('{"product":{"price":10,"tax":1100,"a":10,"b":10}}');
});

test('a field of an interface with arguments stands beside the same field as a member requires it', async () => {
  const graph = createTestGraph({ products, taxes });
  const source = '{ item { price(currency: "GBP") ... on Product { tax } } }';
  expect(await ask(graph, source)).toBe('{"item":{"price":8,"tax":1100}}');
});

test('two fields of one subgraph require one field with different arguments', async () => {
  const graph = createTestGraph({ products, taxes });
  expect(await ask(graph, '{ product { tax } }')).toBe('{"product":{"tax":1100}}');
  expect(await ask(graph, '{ product { duty } }')).toBe('{"product":{"duty":8000}}');
  expect(await ask(graph, '{ product { tax duty note plain } }')).toBe(
    '{"product":{"tax":1100,"duty":8000,"note":"noted","plain":10}}',
  );
  expect(await ask(graph, '{ product { again: duty tax duty } }')).toBe(
    '{"product":{"again":8000,"tax":1100,"duty":8000}}',
  );
});

test('fields of two subgraphs require one field with different arguments', async () => {
  const graph = createTestGraph({ products, taxes, fees });
  expect(await ask(graph, '{ product { tax fee price } }')).toBe('{"product":{"tax":1100,"fee":16,"price":10}}');
});

test('arguments deep inside what is required are kept apart as well', async () => {
  const graph = createTestGraph({ products, fees });
  expect(await ask(graph, '{ product { size { in(unit: "mm") } box crate } }')).toBe(
    '{"product":{"size":{"in":"size in mm"},"box":"box of size in cm","crate":"crate of size in km"}}',
  );
});

const a = {
  typeDefs: 'type Query { e: E } type E @key(fields: "id") { id: ID! base: Int }',
  resolvers: { Query: { e: () => ({ id: '1' }) }, E: { base: () => 1 } },
};
const b = {
  typeDefs: `type E @key(fields: "id") { id: ID! base: Int @external twice: Int @requires(fields: "base") }`,
  resolvers: { E: { twice: ({ base }: { base: number }) => base * 2 } },
};
const c = {
  typeDefs: `type Query { fromC: E }
    type E @key(fields: "id") { id: ID! twice: Int @external base: Int @external sum: Int @requires(fields: "twice base") }`,
  resolvers: {
    Query: { fromC: () => ({ id: '1' }) },
    E: { sum: ({ twice, base }: { twice: number; base: number }) => twice + base },
  },
};

test('what is required may itself require, over three subgraphs', async () => {
  const graph = createTestGraph({ a, b, c });
  expect(await ask(graph, '{ e { sum } }')).toBe('{"e":{"sum":3}}');
  expect(await ask(graph, '{ fromC { sum id twice base } }')).toBe('{"fromC":{"sum":3,"id":"1","twice":2,"base":1}}');
});

test('a chain of requirements holds when the entity is met in the subgraph in the middle of it', async () => {
  const middle = {
    typeDefs: `type Query { fromB: E } ${b.typeDefs}`,
    resolvers: { ...b.resolvers, Query: { fromB: () => ({ id: '1' }) } },
  };
  const graph = createTestGraph({ a, b: middle, c });
  expect(await ask(graph, '{ fromB { twice } }')).toBe('{"fromB":{"twice":2}}');
  expect(await ask(graph, '{ fromB { sum } }')).toBe('{"fromB":{"sum":3}}');
  expect(await ask(graph, '{ fromB { sum twice base } }')).toBe('{"fromB":{"sum":3,"twice":2,"base":1}}');
});

test('a chain of requirements passes back through the subgraph where it began', async () => {
  const first = {
    typeDefs: `type E @key(fields: "id") { id: ID! leaf: Int mid: Int @external last: Int @requires(fields: "mid") }`,
    resolvers: { E: { leaf: () => 7, last: ({ mid }: { mid: number }) => mid + 1 } },
  };
  const second = {
    typeDefs: `type Query { e: E } type E @key(fields: "id") { id: ID! leaf: Int @external mid: Int @requires(fields: "leaf") }`,
    resolvers: { Query: { e: () => ({ id: '1' }) }, E: { mid: ({ leaf }: { leaf: number }) => leaf * 10 } },
  };
  const graph = createTestGraph({ first, second });
  expect(await ask(graph, '{ e { last } }')).toBe('{"e":{"last":71}}');
  expect(await ask(graph, '{ e { mid last leaf } }')).toBe('{"e":{"mid":70,"last":71,"leaf":7}}');
});

test('a chain of requirements begins anew in a subgraph that knows its first field from elsewhere', async () => {
  const first = {
    typeDefs: `type E @key(fields: "id") {
      id: ID! leaf: Int! mid(by: Int = 3): Int @external last: Int @requires(fields: "mid(by: 1)") }`,
    resolvers: { E: { leaf: () => 7, last: ({ mid }: { mid: number }) => mid + 1 } },
  };
  const second = {
    typeDefs: `type Query { e: E met: Met some: Some } union Met = E interface Some { id: ID! }
      type E implements Some @key(fields: "id") {
        id: ID! leaf: Int! @external mid(by: Int = 3): Int @requires(fields: "leaf") }`,
    resolvers: {
      Query: {
        e: () => ({ id: '1' }),
        met: () => ({ __typename: 'E', id: '1' }),
        some: () => ({ __typename: 'E', id: '1' }),
      },
      E: {
        leaf: () => {
          throw new DomainError('CONFLICT', 'leaf is external');
        },
        mid: ({ leaf }: { leaf: number }, { by }: { by: number }) => leaf * 10 * by,
      },
    },
  };
  const graph = createTestGraph({ first, second });
  expect(await ask(graph, '{ e { last } }')).toBe('{"e":{"last":71}}');
  expect(await ask(graph, '{ met { ... on E { last mid } } }')).toBe('{"met":{"last":71,"mid":210}}');
  expect(await ask(graph, '{ some { ... on E { mid(by: 2) last leaf } } }')).toBe(
    '{"some":{"mid":140,"last":71,"leaf":7}}',
  );
});

test('an entity whose key is left out by a condition is not asked for without it', async () => {
  const first = {
    typeDefs: `type Query { e: E }
      type E @key(fields: "sku") @key(fields: "id") { id: ID! sku: String! leaf: Int last: Int @requires(fields: "mid") mid: Int @external }`,
    resolvers: {
      Query: { e: () => ({ id: '1', sku: 's1', leaf: 7 }) },
      E: {
        __resolveReference: ({ id, sku, mid }: Row) => {
          if (id === undefined && sku === undefined)
            throw new DomainError('CONFLICT', 'a representation without a key');
          return { id: '1', sku: 's1', leaf: 7, mid };
        },
        last: ({ mid }: { mid: number }) => mid + 1,
      },
    },
  };
  const second = {
    typeDefs: 'type E @key(fields: "id") { id: ID! leaf: Int @external mid: Int @requires(fields: "leaf") }',
    resolvers: { E: { mid: ({ leaf }: { leaf: number }) => leaf * 10 } },
  };
  const graph = createTestGraph({ first, second });
  const source = 'query Q($no: Boolean!) { e { mid ... on E @skip(if: $no) { s: sku last } } }';
  expect(await ask(graph, source, { no: true })).toBe('{"e":{"mid":70}}');
  expect(await ask(graph, source, { no: false })).toBe('{"e":{"mid":70,"s":"s1","last":71}}');
});

test('a required null arrives as null', async () => {
  const nothing = { ...a, resolvers: { ...a.resolvers, E: { base: () => null } } };
  const seesNull = { ...b, resolvers: { E: { twice: ({ base }: Row) => (base === null ? 0 : -1) } } };
  const graph = createTestGraph({ a: nothing, b: seesNull });
  expect(await ask(graph, '{ e { twice } }')).toBe('{"e":{"twice":0}}');
});

test('a required field in error is an error of the field that requires it, and of no other', async () => {
  const broken = {
    typeDefs: a.typeDefs.replace('base: Int', 'base: Int other: Int'),
    resolvers: {
      ...a.resolvers,
      E: {
        base: () => {
          throw new DomainError('CONFLICT', 'base is broken');
        },
        other: () => 5,
      },
    },
  };
  const seesNull = { ...b, resolvers: { E: { twice: ({ base }: Row) => (base === null ? null : -1) } } };
  const graph = createTestGraph({ a: broken, b: seesNull });
  const { data, paths } = await askBroken(graph, '{ e { other twice } }');
  expect(data).toBe('{"e":{"other":5,"twice":null}}');
  expect(paths).toHaveLength(1);
});

test('a required object of an interface brings the fields of its own type', async () => {
  const shapes = {
    typeDefs: `type Query { things: [Thing!]! }
      type Thing @key(fields: "id") { id: ID! shape: Shape }
      interface Shape { name: String }
      type Box implements Shape { name: String width: Int }
      type Ball implements Shape { name: String radius: Int }`,
    resolvers: {
      Query: { things: () => [{ id: 'box' }, { id: 'ball' }, { id: 'none' }] },
      Thing: {
        shape: ({ id }: Row) => {
          if (id === 'none') return null;
          return id === 'box'
            ? { __typename: 'Box', name: 'a box', width: 3 }
            : { __typename: 'Ball', name: 'a ball', radius: 4 };
        },
      },
    },
  };
  const costs = {
    typeDefs: `type Thing @key(fields: "id") {
        id: ID! shape: Shape @external
        cost: Int @requires(fields: "shape { name ... on Box { width } ... on Ball { radius } }")
      }
      interface Shape { name: String }
      type Box implements Shape { name: String @external width: Int @external }
      type Ball implements Shape { name: String @external radius: Int @external }`,
    resolvers: {
      Thing: {
        cost: ({ shape }: { shape: Row | null }) => (shape ? Number(shape.width ?? Number(shape.radius) * 10) : 0),
      },
    },
  };
  const graph = createTestGraph({ shapes, costs });
  expect(await ask(graph, '{ things { cost } }')).toBe('{"things":[{"cost":3},{"cost":40},{"cost":0}]}');
  expect(await ask(graph, '{ things { cost shape { ... on Box { radius: width } name: __typename } } }')).toBe(
    '{"things":[{"cost":3,"shape":{"radius":3,"name":"Box"}},{"cost":40,"shape":{"name":"Ball"}},{"cost":0,"shape":null}]}',
  );
});
