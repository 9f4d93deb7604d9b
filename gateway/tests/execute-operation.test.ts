import { DomainError } from '@playgraph/kernel/errors';
import { beforeEach, expect, test } from 'vitest';
import { createTestGraph } from './test-graph.ts';

const USERS: Record<string, { id: string; name: string; favouriteId: string | null }> = {
  u1: { id: 'u1', name: 'Ada', favouriteId: 'p1' },
  u2: { id: 'u2', name: 'Grace', favouriteId: 'p1' },
  u3: { id: 'u3', name: 'Joan', favouriteId: null },
};
const PRODUCTS: Record<string, { id: string; title: string; weight: number }> = {
  p1: { id: 'p1', title: 'Chess', weight: 3 },
  p2: { id: 'p2', title: 'Go', weight: 5 },
};

const users = {
  typeDefs: `
    type Query { users: [User!]! user(id: ID!): User node(id: ID!): Node }
    type User @key(fields: "id") { id: ID! name(shout: Boolean = false): String! favourite: Product }
    type Product @key(fields: "id", resolvable: false) { id: ID! }
    type Robot { id: ID! model: String! }
    union Node = User | Robot
  `,
  resolvers: {
    Query: {
      users: () => Object.values(USERS),
      user: (_: unknown, { id }: { id: string }) => USERS[id] ?? null,
      node: (_: unknown, { id }: { id: string }) =>
        USERS[id] ? { __typename: 'User', ...USERS[id] } : { __typename: 'Robot', id, model: 'R2' },
    },
    User: {
      __resolveReference: ({ id }: { id: string }) => USERS[id] ?? null,
      name: ({ name }: { name: string }, { shout }: { shout: boolean }) => (shout ? name.toUpperCase() : name),
      favourite: ({ favouriteId }: { favouriteId: string | null }) => favouriteId && { id: favouriteId },
    },
  },
};
const products = {
  typeDefs: `
    type Query { products: [Product!]! fails: Int impossible: Int! slow: String }
    type Product @key(fields: "id") { id: ID! title: String! weight: Int! broken: String }
    type Mutation { rename(id: ID!, title: String!): Product }
  `,
  resolvers: {
    Query: {
      products: () => Object.values(PRODUCTS),
      fails: () => {
        throw new DomainError('NOT_FOUND', 'There is no such thing.', { what: 'thing' });
      },
      impossible: () => null,
    },
    Mutation: {
      rename: (_: unknown, { id, title }: { id: string; title: string }) => {
        const product = PRODUCTS[id];
        if (product) product.title = title;
        return product ?? null;
      },
    },
    Product: {
      __resolveReference: ({ id }: { id: string }) => PRODUCTS[id] ?? null,
      broken: () => {
        throw new Error('SELECT password FROM secrets');
      },
    },
  },
};
const shipping = {
  typeDefs: `
    type Product @key(fields: "id") { id: ID! weight: Int! @external shippingMinor: Int! @requires(fields: "weight") }
    type User @key(fields: "id") { id: ID! parcels: [Parcel!]! }
    type Parcel { product: Product! count: Int! }
  `,
  resolvers: {
    Product: { shippingMinor: ({ weight }: { weight: number }) => weight * 100 },
    User: {
      parcels: ({ id }: { id: string }) =>
        id === 'u1'
          ? [
              { product: { id: 'p1' }, count: 2 },
              { product: { id: 'p2' }, count: 1 },
            ]
          : [],
    },
  },
};

let graph: ReturnType<typeof createTestGraph>;
beforeEach(() => {
  graph = createTestGraph({ users, products, shipping });
});

test('an entity crosses three subgraphs and comes back as one object', async () => {
  const result = await graph.query(
    '{ user(id: "u1") { name favourite { title shippingMinor } parcels { count product { title } } } }',
  );
  expect(JSON.parse(JSON.stringify(result))).toEqual({
    data: {
      user: {
        name: 'Ada',
        favourite: { title: 'Chess', shippingMinor: 300 },
        parcels: [
          { count: 2, product: { title: 'Chess' } },
          { count: 1, product: { title: 'Go' } },
        ],
      },
    },
  });
});

test('an entity that many places need is asked for once in a fetch', async () => {
  const result = await graph.query('{ users { favourite { title } } }');
  expect(result.data?.users).toEqual([
    { favourite: { title: 'Chess' } },
    { favourite: { title: 'Chess' } },
    { favourite: null },
  ]);
  const calls = graph.seen.filter(({ subgraph }) => subgraph === 'products');
  expect(calls).toHaveLength(1);
  expect(calls[0]?.request.variables.representations).toEqual([{ __typename: 'Product', id: 'p1' }]);
});

test('aliases, arguments, fragments and __typename come back as selected, in the order selected', async () => {
  const result = await graph.query(
    `
    query Q($shout: Boolean!) { b: user(id: "u2") { ...N __typename } a: user(id: "u1") { loud: name(shout: $shout) name id } nothing: user(id: "u9") { id } }
    fragment N on User { name favourite { __typename t: title } }
  `,
    { shout: true },
  );
  expect(JSON.stringify(result.data)).toBe(
    '{"b":{"name":"Grace","favourite":{"__typename":"Product","t":"Chess"},"__typename":"User"},' +
      '"a":{"loud":"ADA","name":"Ada","id":"u1"},"nothing":null}',
  );
});

test('unions resolve to their members, with fields of other subgraphs', async () => {
  const source =
    'query Q($id: ID!) { node(id: $id) { __typename ... on User { parcels { count } } ... on Robot { model } } }';
  expect((await graph.query(source, { id: 'u1' })).data?.node).toEqual({
    __typename: 'User',
    parcels: [{ count: 2 }, { count: 1 }],
  });
  expect((await graph.query(source, { id: 'x' })).data?.node).toEqual({ __typename: 'Robot', model: 'R2' });
});

test('@skip and @include leave out fields and whole fetches', async () => {
  const source =
    'query Q($on: Boolean!) { user(id: "u1") { name favourite @include(if: $on) { title } parcels @skip(if: $on) { count } } }';
  expect((await graph.query(source, { on: false })).data?.user).toEqual({
    name: 'Ada',
    parcels: [{ count: 2 }, { count: 1 }],
  });
  expect((await graph.query(source, { on: true })).data?.user).toEqual({ name: 'Ada', favourite: { title: 'Chess' } });
  expect(graph.seen.filter(({ subgraph }) => subgraph === 'shipping')).toHaveLength(1);
});

test('introspection answers from the composed schema, beside data', async () => {
  const result = await graph.query('{ __type(name: "Product") { fields { name } } user(id: "u1") { name } }');
  const type = result.data?.__type as { fields: { name: string }[] } | undefined;
  expect(type?.fields.map(({ name }) => name).sort()).toEqual(['broken', 'id', 'shippingMinor', 'title', 'weight']);
  expect(result.data?.user).toEqual({ name: 'Ada' });
});

test('a typed error keeps its code, facts and path, and names its subgraph', async () => {
  const result = await graph.query('{ fails users { name } }');
  expect(result.data).toMatchObject({ fails: null, users: [{ name: 'Ada' }, { name: 'Grace' }, { name: 'Joan' }] });
  expect(result.errors).toEqual([
    expect.objectContaining({
      message: 'There is no such thing.',
      path: ['fails'],
      extensions: { code: 'NOT_FOUND', what: 'thing', service: 'products' },
    }),
  ]);
});

test('an error below an entity stands at every place that shows it, without the words of the fault', async () => {
  const result = await graph.query('{ users { favourite { title broken } } }');
  expect(result.data?.users).toEqual([
    { favourite: { title: 'Chess', broken: null } },
    { favourite: { title: 'Chess', broken: null } },
    { favourite: null },
  ]);
  expect(result.errors?.map(({ path }) => path)).toEqual([
    ['users', 0, 'favourite', 'broken'],
    ['users', 1, 'favourite', 'broken'],
  ]);
  expect(JSON.stringify(result)).not.toContain('SELECT');
});

test('a null where none may be empties the nearest nullable parent', async () => {
  const result = await graph.query('{ impossible }');
  expect(result.data).toBeNull();
  expect(result.errors).toHaveLength(1);
});

test('a subgraph that fails blanks its own fields and nothing else', async () => {
  graph.breakSubgraph('products');
  const result = await graph.query('{ users { name favourite { id title } } }');
  expect(result.data?.users).toEqual([
    { name: 'Ada', favourite: null },
    { name: 'Grace', favourite: null },
    { name: 'Joan', favourite: null },
  ]);
  expect(result.errors?.[0]?.extensions).toMatchObject({ code: 'UNAVAILABLE', service: 'products' });
});

test('mutations run one after the other and carry fields of other subgraphs', async () => {
  const result = await graph.query(
    'mutation { a: rename(id: "p2", title: "Weiqi") { title shippingMinor } b: rename(id: "p2", title: "Go") { title } }',
  );
  expect(result).toEqual({ data: { a: { title: 'Weiqi', shippingMinor: 500 }, b: { title: 'Go' } } });
});

test('variables that do not fit are refused before any subgraph is asked', async () => {
  const result = await graph.query('query Q($id: ID!) { user(id: $id) { name } }', {});
  expect(result.data).toBeUndefined();
  expect(result.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  expect(graph.seen).toEqual([]);
});

test('variables of a client may have the names of those that fetches declare', async () => {
  const source = `query Q($representations: Boolean!, $representations_0: ID!) {
    user(id: $representations_0) { name(shout: $representations) favourite { title shippingMinor @include(if: $representations) } }
  }`;
  const { data, errors } = await graph.query(source, { representations: true, representations_0: 'u1' });
  expect(errors).toBeUndefined();
  expect(data).toEqual({ user: { name: 'ADA', favourite: { title: 'Chess', shippingMinor: 300 } } });
});
