import { createSeededRandom } from '@playgraph/kernel/random';
import { expect, test } from 'vitest';
import type { Invalidation } from '../../src/cache/invalidation.ts';
import { openCachedGraph, type Parts } from './cached-graph.ts';
import { identityOf } from './world.ts';

const SEED = process.env.PROPERTY_SEED ?? '20261121';
const STEPS = Number(process.env.PROPERTY_STEPS ?? 160);

type Data = {
  readonly products: { id: string; name: string; maker: string }[];
  readonly reviews: { id: string; product: string; text: string }[];
  words: number;
};
type Id = { readonly id: string };
type Asked = { readonly identity: { readonly userId: string } | null };

function partsOver(data: Data): Parts {
  const reviewsOf = ({ id }: Id) => data.reviews.filter(({ product }) => product === id);
  return {
    shop: {
      typeDefs: `
        type Query {
          products(first: Int!): [Product!]! @cacheControl(maxAge: 60)
          product(id: ID!): Product @cacheControl(maxAge: 60)
          mine: [Product!]! @cacheControl(maxAge: 60, scope: PRIVATE)
          words: Int! @cacheControl(maxAge: 60)
          fresh: [Product!]!
        }
        type Product @key(fields: "id") { id: ID! maker: Maker! @cacheControl(inheritMaxAge: true) }
        type Maker { name: String! }
      `,
      resolvers: {
        Query: {
          products: (_: unknown, { first }: { first: number }) => data.products.slice(0, first),
          product: (_: unknown, { id }: Id) => data.products.find((product) => product.id === id) ?? null,
          mine: (_: unknown, __: unknown, { identity }: Asked) =>
            data.products.filter((_product, i) => i % 2 === (identity?.userId.length ?? 0) % 2),
          words: () => data.words,
          fresh: () => data.products,
        },
        Product: { maker: ({ maker }: { maker: string }) => ({ name: maker }) },
      },
    },
    names: {
      typeDefs: 'type Product @key(fields: "id") @cacheControl(maxAge: 60) { id: ID! name: String! }',
      resolvers: {
        Product: { __resolveReference: ({ id }: Id) => data.products.find((product) => product.id === id) ?? null },
      },
    },
    reviews: {
      typeDefs: `
        type Query { review(id: ID!): Review @cacheControl(maxAge: 60) }
        type Product @key(fields: "id") @cacheControl(maxAge: 60) {
          id: ID! reviews: [Review!]! @cacheControl(inheritMaxAge: true)
        }
        type Review @key(fields: "id") @cacheControl(maxAge: 60) { id: ID! text: String! }
      `,
      resolvers: {
        Query: { review: (_: unknown, { id }: Id) => data.reviews.find((review) => review.id === id) ?? null },
        Product: { __resolveReference: ({ id }: Id) => ({ id }), reviews: reviewsOf },
        Review: { __resolveReference: ({ id }: Id) => data.reviews.find((review) => review.id === id) ?? null },
      },
    },
  };
}

const QUERIES: readonly (readonly [query: string, variables: (n: number) => object])[] = [
  ['query A($n: Int!) { products(first: $n) { id name } }', (n) => ({ n })],
  ['query B($n: Int!) { products(first: $n) { maker { name } reviews { text } } }', (n) => ({ n })],
  ['query C($id: ID!) { product(id: $id) { name reviews { id text } } }', (n) => ({ id: `p${n}` })],
  ['query D($id: ID!) { product(id: $id) { maker { name } } words }', (n) => ({ id: `p${n}` })],
  ['query E($id: ID!) { review(id: $id) { text } }', (n) => ({ id: `r${n}` })],
  ['{ mine { name } }', () => ({})],
  ['{ fresh { name reviews { text } } words }', () => ({})],
];
const LISTED = QUERIES.slice(1, 3).map(([query]) => query);
const CLIENTS = [{}, {}, { identity: identityOf('ann') }, { identity: identityOf('barb') }];

/** Changes something, and says which invalidation goes with it. */
type Change = (data: Data, n: number) => Invalidation;
const CHANGES: readonly Change[] = [
  ({ products }, n) => {
    const [product] = products.slice(n % products.length);
    if (product) product.name += '!';
    return { typename: 'Product', key: { id: product?.id ?? 'none' } };
  },
  ({ products }) => {
    const id = `p${products.length}`;
    products.push({ id, name: `name of ${id}`, maker: 'nobody' });
    return { typename: 'Product', key: { id } };
  },
  ({ products }, n) => {
    const [product] = products.slice(n % products.length);
    if (product) product.maker += '!';
    return { subgraph: 'shop', typename: 'Maker' };
  },
  ({ reviews }, n) => {
    const [review] = reviews.slice(n % reviews.length);
    if (review) review.text += '!';
    return { typename: 'Review', key: { id: review?.id ?? 'none' } };
  },
  ({ reviews }, n) => {
    const id = `r${reviews.length}`;
    reviews.push({ id, product: `p${n}`, text: `text of ${id}` });
    return { typename: 'Review', key: { id } };
  },
  (data) => {
    data.words += 1;
    return { subgraph: 'shop', typename: 'Query' };
  },
];

test.each([[false], [true]])(
  'after whatever has changed and was invalidated, the answer is the one that nothing is kept for, prediction %s',
  async (prediction) => {
    const data: Data = { products: [], reviews: [], words: 0 };
    for (let i = 0; i < 3; i++) data.products.push({ id: `p${i}`, name: `name of p${i}`, maker: `maker of p${i}` });
    for (let i = 0; i < 3; i++) data.reviews.push({ id: `r${i}`, product: `p${i}`, text: `text of r${i}` });
    const world = await openCachedGraph(partsOver(data), { prediction });
    for (const query of LISTED) world.listed.add(query);
    const random = createSeededRandom(SEED);
    let unasked = 0;
    for (let step = 0; step < STEPS; step++) {
      const change = random.int(5) === 0 ? CHANGES[random.int(CHANGES.length)] : undefined;
      if (change) await world.cache.invalidate([change(data, random.int(4))]);
      if (random.int(20) === 0) world.clock.advance(random.int(90_000));
      const [query = '', variablesOf] = QUERIES[random.int(QUERIES.length)] ?? [];
      const variables = variablesOf?.(random.int(4)) ?? {};
      const client = CLIENTS[random.int(CLIENTS.length)] ?? {};
      const kept = await world.run(query, variables, client);
      const fresh = await world.run(query, variables, { ...client, allowsSharing: false });
      expect(kept.data, `step ${step}: ${query}`).toEqual(fresh.data);
      unasked += fresh.asked.length - kept.asked.length;
    }
    // A cache that keeps nothing would pass as well.
    expect(unasked).toBeGreaterThan(STEPS / 4);
  },
);
