import { composeServices } from '@apollo/composition';
import { buildSchema } from '@playgraph/server/build-schema';
import { type GraphQLSchema, parse } from 'graphql';
import { type ProductFacts, products, reviews, shippingEstimate, users } from './world.ts';

/** One of the four services: its federated schema as text and what resolves it. */
type Service = { readonly typeDefs: string; readonly resolvers: object };

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3",
  import: ["@key", "@requires", "@external", "@provides", "@shareable"])`;

const byId = <T>(rows: readonly T[], idOf: (row: T) => string) => new Map(rows.map((row) => [idOf(row), row]));
const usersById = byId(users, ({ id }) => id);
const productsByUpc = byId(products, ({ upc }) => upc);
const reviewsById = byId(reviews, ({ id }) => id);

const accounts: Service = {
  typeDefs: `${LINK}
    type Query { users: [User] user(id: ID!): User echo(text: String!): String! }
    type User @key(fields: "id") { id: ID! name: String username: String @shareable }`,
  resolvers: {
    Query: {
      users: () => users,
      user: (_: unknown, { id }: { id: string }) => usersById.get(id) ?? null,
      echo: (_: unknown, { text }: { text: string }) => text,
    },
    User: { __resolveReference: ({ id }: { id: string }) => usersById.get(id) ?? null },
  },
};

const catalogue: Service = {
  typeDefs: `${LINK}
    type Query { topProducts(first: Int! = 9): [Product] }
    type Product @key(fields: "upc") { upc: String! name: String price: Int weight: Int }`,
  resolvers: {
    Query: { topProducts: (_: unknown, { first }: { first: number }) => products.slice(0, first) },
    Product: { __resolveReference: ({ upc }: { upc: string }) => productsByUpc.get(upc) ?? null },
  },
};

const opinions: Service = {
  typeDefs: `${LINK}
    type Review @key(fields: "id") {
      id: ID!
      body: String
      author: User @provides(fields: "username")
      product: Product
    }
    type User @key(fields: "id") { id: ID! username: String @external reviews: [Review] }
    type Product @key(fields: "upc") { upc: String! reviews: [Review] }`,
  resolvers: {
    Review: {
      __resolveReference: ({ id }: { id: string }) => reviewsById.get(id) ?? null,
      author: ({ authorId }: { authorId: string }) => usersById.get(authorId),
      product: ({ productUpc }: { productUpc: string }) => ({ upc: productUpc }),
    },
    User: { reviews: ({ id }: { id: string }) => reviews.filter(({ authorId }) => authorId === id) },
    Product: { reviews: ({ upc }: { upc: string }) => reviews.filter(({ productUpc }) => productUpc === upc) },
  },
};

const inventory: Service = {
  typeDefs: `${LINK}
    type Product @key(fields: "upc") {
      upc: String!
      price: Int @external
      weight: Int @external
      inStock: Boolean
      shippingEstimate: Int @requires(fields: "price weight")
    }`,
  resolvers: {
    Product: {
      inStock: ({ upc }: { upc: string }) => productsByUpc.get(upc)?.inStock,
      shippingEstimate: (sent: ProductFacts) => shippingEstimate(sent),
    },
  },
};

const services: Readonly<Record<string, Service>> = { accounts, products: catalogue, reviews: opinions, inventory };

/** The executable schema of each service, by its name. */
export function createServiceSchemas(): ReadonlyMap<string, GraphQLSchema> {
  return new Map(Object.entries(services).map(([name, service]) => [name, buildSchema(service)]));
}

/** The supergraph of the four, each at `urlOf(name)`. @throws Error when they do not compose. */
export function composeSupergraph(urlOf: (name: string) => string): string {
  const { supergraphSdl, errors } = composeServices(
    Object.entries(services).map(([name, { typeDefs }]) => ({ name, url: urlOf(name), typeDefs: parse(typeDefs) })),
  );
  if (!supergraphSdl) throw new Error(`the services do not compose: ${errors?.join('; ')}`);
  return supergraphSdl;
}
