import { beforeEach, expect, test } from 'vitest';
import { createTestGraph } from './test-graph.ts';

const RATES: Record<string, number> = { USD: 1, EUR: 2, GBP: 3 };
type Priced = { price?: number };

const products = {
  typeDefs: `
    type Query { product: Product! products: [Product!]! }
    type Product @key(fields: "id") { id: ID! price(currency: String! = "USD"): Int! }
  `,
  resolvers: {
    Query: { product: () => ({ id: 'p1' }), products: () => [{ id: 'p1' }, { id: 'p2' }] },
    Product: {
      __resolveReference: ({ id }: { id: string }) => ({ id }),
      price: ({ id }: { id: string }, { currency }: { currency: string }) =>
        (RATES[currency] ?? 0) * (id === 'p1' ? 10 : 100),
    },
  },
};
const taxes = {
  typeDefs: `
    type Product @key(fields: "id") {
      id: ID!
      price(currency: String! = "USD"): Int! @external
      tax: Int! @requires(fields: "price(currency: \\"EUR\\")")
      fee: Int! @requires(fields: "price(currency: \\"GBP\\")")
      note(size: Int): String
    }
  `,
  resolvers: {
    Product: {
      tax: ({ price }: Priced) => price ?? -1,
      fee: ({ price }: Priced) => price ?? -1,
      note: ({ id }: { id: string }, { size }: { size?: number }) => `note of ${id}${size ?? ''}`,
    },
  },
};
const shipping = {
  typeDefs: `
    type Product @key(fields: "id") {
      id: ID!
      price(currency: String! = "USD"): Int! @external
      freight: Int! @requires(fields: "price(currency: \\"USD\\")")
    }
  `,
  resolvers: { Product: { freight: ({ price }: Priced) => price ?? -1 } },
};

let graph: ReturnType<typeof createTestGraph>;
beforeEach(() => {
  graph = createTestGraph({ products, taxes, shipping });
});

test('a field that two others require with different arguments has for each the value of its arguments', async () => {
  const { data } = await graph.query('{ product { tax fee } }');
  expect(data).toEqual({ product: { tax: 20, fee: 30 } });
});

test('what a client asks of a required field, plain or with other arguments, changes nothing for who requires it', async () => {
  const { data } = await graph.query('{ product { price pounds: price(currency: "GBP") tax fee freight } }');
  expect(data).toEqual({ product: { price: 10, pounds: 30, tax: 20, fee: 30, freight: 10 } });
});

test('fields without a requirement travel with one of the groups', async () => {
  const { data } = await graph.query('{ products { id note fee tax price(currency: "EUR") } }');
  expect(data).toEqual({
    products: [
      { id: 'p1', note: 'note of p1', fee: 30, tax: 20, price: 20 },
      { id: 'p2', note: 'note of p2', fee: 300, tax: 200, price: 200 },
    ],
  });
  expect(graph.seen.map(({ subgraph }) => subgraph)).toEqual(['products', 'taxes']);
});

test('each group declares the variables that it uses, and no other', async () => {
  const source = `query Q($size: Int, $if: Boolean!) { product { tax note(size: $size) fee @include(if: $if) } }`;
  const { data, errors } = await graph.query(source, { size: 5, if: true });
  expect(errors).toBeUndefined();
  expect(data).toEqual({ product: { tax: 20, note: 'note of p15', fee: 30 } });
});

test('clients see nothing of the names that stand for requirements in the plan', async () => {
  const { data } = await graph.query('{ __type(name: "Product") { fields { name } } }');
  const type = data?.__type as { fields: { name: string }[] } | undefined;
  expect(type?.fields.map(({ name }) => name).sort()).toEqual(['fee', 'freight', 'id', 'note', 'price', 'tax']);
});
