import { buildSchema, graphqlSync } from 'graphql';
import { NO_PROBE } from './ticks.ts';
import { products, reviews, shippingEstimate, users } from './world.ts';

const FRAGMENTS = `
fragment UserParts on User { id username name }
fragment ReviewParts on Review { id body }
fragment ProductParts on Product { upc name inStock price weight shippingEstimate }
fragment Opinions on Product {
  reviews { ...ReviewParts author { ...UserParts reviews { ...ReviewParts product { ...ProductParts } } } }
}`;
const SELECTION = `
  users { ...UserParts reviews { ...ReviewParts product { ...ProductParts ...Opinions } } }
  topProducts { ...ProductParts ...Opinions }`;

/** What a client posts, as JSON. */
export type HeavyRequest = { readonly query: string; readonly variables?: Readonly<Record<string, string>> };

/** The heavy query of the benchmark: six levels deep, about 80 KB of answer. */
export const equalRequest: HeavyRequest = { query: `query Heavy {${SELECTION}\n}${FRAGMENTS}` };

/**
 * The same, with one variable that differs in each request and comes back in the answer. Only the call that asks
 * accounts for the users carries it: all other calls are equal from request to request.
 */
export const differingRequest: HeavyRequest = {
  query: `query Heavy($probe: String!) {\n  echo(text: $probe)${SELECTION}\n}${FRAGMENTS}`,
  variables: { probe: NO_PROBE },
};

const MONOLITH = `
type Query { users: [User] topProducts: [Product] echo(text: String!): String! }
type User { id: ID! username: String name: String reviews: [Review] }
type Review { id: ID! body: String author: User product: Product }
type Product {
  upc: String! name: String inStock: Boolean price: Int weight: Int shippingEstimate: Int reviews: [Review]
}`;

/** What the answer must be, ticks and probe untouched: asked of one plain schema over the same data. */
export function expectAnswer({ query, variables }: HeavyRequest): unknown {
  const source = query;
  const result = graphqlSync({
    schema: buildSchema(MONOLITH),
    source,
    variableValues: variables ?? {},
    rootValue: { users: () => users.map(toUser), topProducts: () => products.map(toProduct), echo },
  });
  if (result.errors) throw new Error(`the benchmark's own query fails: ${result.errors.join('; ')}`);
  return JSON.parse(JSON.stringify(result));
}

const echo = ({ text }: { text: string }) => text;

function toUser(user: (typeof users)[number] | undefined): object | null {
  if (!user) return null;
  return { ...user, reviews: () => reviews.filter(({ authorId }) => authorId === user.id).map(toReview) };
}

function toReview(review: (typeof reviews)[number]): object {
  return {
    ...review,
    author: () => toUser(users.find(({ id }) => id === review.authorId)),
    product: () => toProduct(products.find(({ upc }) => upc === review.productUpc)),
  };
}

function toProduct(product: (typeof products)[number] | undefined): object | null {
  if (!product) return null;
  const ofProduct = () => reviews.filter(({ productUpc }) => productUpc === product.upc).map(toReview);
  return { ...product, shippingEstimate: shippingEstimate(product), reviews: ofProduct };
}
