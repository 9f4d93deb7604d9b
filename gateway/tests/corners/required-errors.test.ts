import { DomainError } from '@playgraph/kernel/errors';
import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { askBroken } from './ask.ts';

type Row = Record<string, unknown>;

const noRate = () => {
  throw new DomainError('CONFLICT', 'there is no rate');
};
const carts = {
  typeDefs: 'type Query { carts: [Cart]! cart: Cart } type Cart @key(fields: "id") { id: ID! }',
  resolvers: { Query: { carts: () => [{ id: 'c1' }, { id: 'c2' }], cart: () => ({ id: 'c2' }) } },
};
/** The rate of `c2` fails; `rate` may be promised. */
const rates = (rate: string) => ({
  typeDefs: `type Cart @key(fields: "id") { id: ID! rate: ${rate} other: Int }`,
  resolvers: { Cart: { rate: ({ id }: Row) => (id === 'c2' ? noRate() : 3), other: () => 5 } },
});
const prices = (rate: string, price: string) => ({
  typeDefs: `type Cart @key(fields: "id") {
    id: ID!
    rate: ${rate} @external
    price: ${price} @requires(fields: "rate")
    note: String
  }`,
  resolvers: { Cart: { price: (cart: Row) => (cart.rate === null ? null : Number(cart.rate) * 2) } },
});
/** A field that requires one that itself requires the rate. */
const taxes = {
  typeDefs: `type Cart @key(fields: "id") {
    id: ID!
    price: Int @external
    tax: Int @requires(fields: "price")
  }`,
  resolvers: { Cart: { tax: (cart: Row) => cart.price } },
};

test('an error of what only another field requires stands at that field, and at no other', async () => {
  const graph = createTestGraph({ carts, rates: rates('Int'), prices: prices('Int', 'Int') });
  expect(await askBroken(graph, '{ carts { other note cost: price } }')).toEqual({
    data: '{"carts":[{"other":5,"note":null,"cost":6},{"other":5,"note":null,"cost":null}]}',
    paths: ['carts.1.cost'],
  });
});

test('the same where the error has taken the whole answer about the entity', async () => {
  const graph = createTestGraph({ carts, rates: rates('Int!'), prices: prices('Int!', 'Int') });
  expect(await askBroken(graph, '{ carts { note price } }')).toEqual({
    data: '{"carts":[{"note":null,"price":6},{"note":null,"price":null}]}',
    paths: ['carts.1.price'],
  });
});

test('the same at the end of a chain of requirements', async () => {
  const graph = createTestGraph({ carts, rates: rates('Int'), prices: prices('Int', 'Int'), taxes });
  expect(await askBroken(graph, '{ cart { tax } }')).toEqual({ data: '{"cart":{"tax":null}}', paths: ['cart.tax'] });
});

test('the same where the required field stands beside the root field itself', async () => {
  const ofRoot = {
    typeDefs: 'type Query { cart: Cart } type Cart @key(fields: "id") { id: ID! rate: Int }',
    resolvers: { Query: { cart: () => ({ id: 'c2' }) }, Cart: { rate: noRate } },
  };
  const graph = createTestGraph({ ofRoot, prices: prices('Int', 'Int') });
  expect(await askBroken(graph, '{ it: cart { price } }')).toEqual({
    data: '{"it":{"price":null}}',
    paths: ['it.price'],
  });
});

test('a field that may not be null, and that nobody was asked for since what it requires failed, has no error beside that', async () => {
  const graph = createTestGraph({ carts, rates: rates('Int!'), prices: prices('Int!', 'Int!') });
  expect(await askBroken(graph, '{ cart { price rate } }')).toEqual({ data: '{"cart":null}', paths: ['cart.rate'] });
});

test('a field that does without what failed has no error, and that of the other stands at their object', async () => {
  const brave = prices('Int', 'Int');
  const graph = createTestGraph({
    carts,
    rates: rates('Int'),
    prices: { ...brave, resolvers: { Cart: { price: () => 1 } } },
  });
  expect(await askBroken(graph, '{ cart { price note } }')).toEqual({
    data: '{"cart":{"price":1,"note":null}}',
    paths: ['cart'],
  });
});

test('an error of what another field requires is not told at what the client calls by its name', async () => {
  const graph = createTestGraph({ carts, rates: rates('Int'), prices: prices('Int', 'Int') });
  expect(await askBroken(graph, '{ cart { rate: other price } }')).toEqual({
    data: '{"cart":{"rate":5,"price":null}}',
    paths: ['cart.price'],
  });
});
