import { beforeEach, expect, test } from 'vitest';
import { createTestGraph } from './test-graph.ts';

const users = {
  typeDefs: `
    type Query { users: [User!]! me: User nobody: User }
    type User @key(fields: "id") { id: ID! name: String! slow: String }
  `,
  resolvers: {
    Query: { users: () => [{ id: 'u1' }, { id: 'u2' }], me: () => ({ id: 'u1' }), nobody: () => null },
    User: {
      __resolveReference: ({ id }: { id: string }) => ({ id }),
      name: ({ id }: { id: string }) => `name of ${id}`,
      slow: ({ id }: { id: string }) => `slow of ${id}`,
    },
  },
};
const reviews = {
  typeDefs: `
    type User @key(fields: "id") { id: ID! reviews: [Review!]! broken: String! }
    type Review { id: ID! body: String product: Product }
    type Product @key(fields: "upc", resolvable: false) { upc: ID! }
  `,
  resolvers: {
    User: {
      reviews: ({ id }: { id: string }) => [
        { id: `${id}r1`, body: 'good', product: { upc: 'p1' } },
        { id: `${id}r2`, body: 'bad', product: null },
      ],
      broken: () => {
        throw new Error('out of order');
      },
    },
  },
};
const products = {
  typeDefs: 'type Product @key(fields: "upc") { upc: ID! title: String price: Int }',
  resolvers: {
    Product: { __resolveReference: ({ upc }: { upc: string }) => ({ upc, title: `title of ${upc}`, price: 7 }) },
  },
};

let graph: ReturnType<typeof createTestGraph>;
beforeEach(() => {
  graph = createTestGraph({ users, reviews, products });
});

/** All parts of an answer. */
async function partsOf(source: string, variables = {}): Promise<unknown[]> {
  const parts: unknown[] = [];
  for await (const part of graph.queryInParts(source, variables)) parts.push(part);
  return parts;
}

test('a deferred fragment comes after the rest, with its path and label', async () => {
  expect(await partsOf('{ me { id ... @defer(label: "later") { reviews { id } } } }')).toEqual([
    { data: { me: { id: 'u1' } }, hasNext: true },
    {
      incremental: [{ data: { reviews: [{ id: 'u1r1' }, { id: 'u1r2' }] }, path: ['me'], label: 'later' }],
      hasNext: false,
    },
  ]);
});

test('a fragment deferred in a list comes once for each item', async () => {
  expect(await partsOf('{ users { name ...More @defer } } fragment More on User { slow }')).toEqual([
    { data: { users: [{ name: 'name of u1' }, { name: 'name of u2' }] }, hasNext: true },
    {
      incremental: [
        { data: { slow: 'slow of u1' }, path: ['users', 0] },
        { data: { slow: 'slow of u2' }, path: ['users', 1] },
      ],
      hasNext: false,
    },
  ]);
});

test('what is deferred inside of what is deferred comes after it', async () => {
  const parts = await partsOf(
    '{ me { id ... @defer(label: "outer") { reviews { id ... @defer(label: "inner") { product { t: title } } } } } }',
  );
  expect(parts).toEqual([
    { data: { me: { id: 'u1' } }, hasNext: true },
    {
      incremental: [{ data: { reviews: [{ id: 'u1r1' }, { id: 'u1r2' }] }, path: ['me'], label: 'outer' }],
      hasNext: true,
    },
    {
      incremental: [
        { data: { product: { t: 'title of p1' } }, path: ['me', 'reviews', 0], label: 'inner' },
        { data: { product: null }, path: ['me', 'reviews', 1], label: 'inner' },
      ],
      hasNext: false,
    },
  ]);
});

test.each([
  [true, 2],
  [false, 1],
])('@defer(if: %s) gives %d parts', async (isDeferred, count) => {
  const parts = await partsOf('query Q($if: Boolean!) { me { id ... @defer(if: $if) { slow } } }', { if: isDeferred });
  const data = { me: { id: 'u1', ...(isDeferred ? {} : { slow: 'slow of u1' }) } };
  expect(parts).toHaveLength(count);
  expect(parts[0]).toMatchObject({ data });
});

test('root fields can be deferred', async () => {
  expect(await partsOf('{ me { id } ... @defer { users { id } } }')).toEqual([
    { data: { me: { id: 'u1' } }, hasNext: true },
    { incremental: [{ data: { users: [{ id: 'u1' }, { id: 'u2' }] }, path: [] }], hasNext: false },
  ]);
});

test('an answer with nothing to come later, since the object is null, is an ordinary one', async () => {
  expect(await partsOf('{ nobody { id ... @defer { reviews { id } } } }')).toEqual([{ data: { nobody: null } }]);
});

test('an error of a deferred part comes with that part, and makes null no more than that', async () => {
  expect(await partsOf('{ me { id ... @defer { broken } } }')).toEqual([
    { data: { me: { id: 'u1' } }, hasNext: true },
    {
      incremental: [
        {
          data: null,
          path: ['me'],
          errors: [
            expect.objectContaining({
              path: ['me', 'broken'],
              extensions: expect.objectContaining({ service: 'reviews' }),
            }),
          ],
        },
      ],
      hasNext: false,
    },
  ]);
});

test('a client that takes no parts gets everything at once', async () => {
  const { data } = await graph.query('{ me { id ... @defer { slow reviews { id } } } }');
  expect(data).toEqual({ me: { id: 'u1', slow: 'slow of u1', reviews: [{ id: 'u1r1' }, { id: 'u1r2' }] } });
});
