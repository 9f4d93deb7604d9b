import type { Transport, TransportResponse } from '@playgraph/server/transport';
import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';

const found = { __resolveReference: (entity: object) => entity };
const lists = {
  typeDefs: `
    type Query { users(count: Int!): [User!]! shops: [Shop] groups: [[User]] }
    type User @key(fields: "id") { id: ID! weight: Int @external rank: Int @requires(fields: "weight") }
    type Shop @key(fields: "id") { id: ID! owner: User }`,
  resolvers: {
    Query: {
      users: (_: unknown, { count }: { count: number }) => Array.from({ length: count }, (_, i) => ({ id: `u${i}` })),
      shops: () => [{ id: 's1', owner: { id: 'u1' } }, { id: 's2', owner: { id: 'u1' } }, null],
      groups: () => [[{ id: 'u1' }, null], [{ id: 'u2' }]],
    },
    User: { ...found, rank: ({ weight }: { weight: number }) => weight },
  },
};
const details = {
  typeDefs: `
    type User @key(fields: "id") { id: ID! name: String score: Int weight: Int strict: Int! }
    type Shop @key(fields: "id") { id: ID! title: String }`,
  resolvers: {
    User: { ...found, name: () => 'name', score: () => 7, weight: () => 5, strict: () => 1 },
    Shop: { ...found, title: () => 'title' },
  },
};

/** A graph whose details say what `change` makes of the truth. */
function createGraph(change: (truth: TransportResponse) => TransportResponse) {
  const graph = createTestGraph({ lists, details });
  const { transports } = graph.graph;
  const honest = transports.get('details');
  if (!(transports instanceof Map) || !honest) throw new TypeError('the test graph has its transports in a Map');
  const lying: Transport = {
    ...honest,
    execute: async (request, info) => {
      const truth = (await honest.execute(request, info)).read();
      const answer = change(structuredClone(truth));
      return { bytes: null, cacheControl: null, read: () => answer };
    },
  };
  transports.set('details', lying);
  return graph;
}

const closed = { message: 'Closed.', extensions: { code: 'CLOSED' } };
const pathsOf = (errors: readonly { readonly path?: readonly (string | number)[] }[] = []) =>
  errors.map(({ path }) => path?.join('.'));

test('when a fetch of entities fails, each field that it was for has an error with the code and the service', async () => {
  const graph = createGraph(() => ({ data: null, errors: [closed] }));
  const { data, errors } = await graph.query('{ users(count: 2) { id n: name score } }');
  expect(data).toEqual({ users: ['u0', 'u1'].map((id) => ({ id, n: null, score: null })) });
  expect(pathsOf(errors)).toEqual(['users.0.n', 'users.0.score', 'users.1.n', 'users.1.score']);
  for (const error of errors ?? []) {
    expect(error).toMatchObject({ message: 'Closed.', extensions: { code: 'CLOSED', service: 'details' } });
    expect(error.locations).toHaveLength(1);
  }
});

test.each([
  ['names `_entities`', { path: ['_entities'] }],
  ['is absent', {}],
])('an error whose path %s is one of all entities that are missing, and of no other', async (_what, path) => {
  const graph = createGraph(({ data }) => {
    const [first, , third] = (data?._entities ?? []) as unknown[];
    return { data: { _entities: [first, null, third] }, errors: [{ ...closed, ...path }] };
  });
  const { data, errors } = await graph.query('{ users(count: 3) { score } }');
  expect(data).toEqual({ users: [{ score: 7 }, { score: null }, { score: 7 }] });
  expect(pathsOf(errors)).toEqual(['users.1.score']);
});

test('an error of one entity is told at its field, or at all that it misses', async () => {
  const graph = createGraph(({ data }) => {
    const [first, , third] = (data?._entities ?? []) as object[];
    const errors = [
      { ...closed, path: ['_entities', 1] },
      { message: 'No score.', path: ['_entities', 2, 'score'] },
    ];
    return { data: { _entities: [first, null, { ...third, score: null }] }, errors };
  });
  const { data, errors } = await graph.query('{ users(count: 3) { name score } }');
  expect(data).toEqual({
    users: [
      { name: 'name', score: 7 },
      { name: null, score: null },
      { name: 'name', score: null },
    ],
  });
  expect(pathsOf(errors)).toEqual(['users.1.name', 'users.1.score', 'users.2.score']);
  expect(errors?.map(({ message }) => message)).toEqual(['Closed.', 'Closed.', 'No score.']);
});

test('an error of an entity is told at every place where it stands, in lists of lists too', async () => {
  const graph = createGraph(({ data }) => ({
    data: { ...data, _entities: [null] },
    errors: [{ ...closed, path: ['_entities', 0] }],
  }));
  const { errors } = await graph.query('{ shops { owner { name } } }');
  expect(pathsOf(errors)).toEqual(['shops.0.owner.name', 'shops.1.owner.name']);
  const lists = await createGraph(() => ({ data: null, errors: [closed] })).query('{ groups { name } }');
  expect(lists.data).toEqual({ groups: [[{ name: null }, null], [{ name: null }]] });
  expect(pathsOf(lists.errors)).toEqual(['groups.0.0.name', 'groups.1.0.name']);
});

const JOINED = '{ shops { title } users(count: 2) { name } }';

test('an error of one of two fetches that travel together stays with that one', async () => {
  const graph = createGraph(({ data }) => {
    const isOfShops = (value: unknown) => JSON.stringify(value).includes('title');
    const field = Object.keys(data ?? {}).find((key) => isOfShops(data?.[key])) ?? '';
    return { data: { ...data, [field]: null }, errors: [{ ...closed, path: [field] }] };
  });
  const { data, errors } = await graph.query(JOINED);
  expect(data).toEqual({
    shops: [{ title: null }, { title: null }, null],
    users: [{ name: 'name' }, { name: 'name' }],
  });
  expect(pathsOf(errors)).toEqual(['shops.0.title', 'shops.1.title']);
});

test('an error of a request in which two fetches travel together is one of both', async () => {
  const { errors } = await createGraph(() => ({ data: null, errors: [closed] })).query(JOINED);
  expect(pathsOf(errors).sort()).toEqual(['shops.0.title', 'shops.1.title', 'users.0.name', 'users.1.name']);
});

test('entities that an answer leaves out are told, though another one has an error of its own', async () => {
  const graph = createGraph(({ data }) => {
    const [first] = (data?._entities ?? []) as object[];
    return {
      data: { _entities: [{ ...first, score: null }] },
      errors: [{ ...closed, path: ['_entities', 0, 'score'] }],
    };
  });
  const { errors } = await graph.query('{ users(count: 2) { score } }');
  expect(pathsOf(errors)).toEqual(['users.0.score', 'users.1.score']);
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['CLOSED', 'UNAVAILABLE']);
});

test('an error beside whole entities is told once', async () => {
  const graph = createGraph(({ data }) => ({ data: data ?? null, errors: [closed] }));
  const { data, errors } = await graph.query('{ users(count: 3) { score } }');
  expect(data).toEqual({ users: [{ score: 7 }, { score: 7 }, { score: 7 }] });
  expect(errors).toHaveLength(1);
});

test('what could not be asked for without a failed fetch has its error', async () => {
  const graph = createGraph(() => ({ data: null, errors: [closed] }));
  const { data, errors } = await graph.query('{ users(count: 2) { id rank } }');
  expect(data).toEqual({
    users: [
      { id: 'u0', rank: null },
      { id: 'u1', rank: null },
    ],
  });
  expect(pathsOf(errors)).toEqual(['users.0.rank', 'users.1.rank']);
});

test('an error at a field that the client left out by a condition is not told', async () => {
  const graph = createGraph(() => ({ data: null, errors: [closed] }));
  const source = 'query Q($no: Boolean = false) { users(count: 1) { id name @include(if: $no) score } }';
  expect(pathsOf((await graph.query(source)).errors)).toEqual(['users.0.score']);
});

test('a field that may not be null and is missing by a failed fetch has that error and no second one', async () => {
  const { data, errors } = await createGraph(() => ({ data: null, errors: [closed] })).query(
    '{ shops { owner { strict name } } }',
  );
  expect(data).toEqual({ shops: [{ owner: null }, { owner: null }, null] });
  expect(new Set(errors?.map(({ message }) => message))).toEqual(new Set(['Closed.']));
});

test('a response carries a bounded number of errors, and one that says how many there are besides', async () => {
  const graph = createGraph(() => ({ data: null, errors: [closed] }));
  const { data, errors = [] } = await graph.query('{ users(count: 10000) { score } }');
  expect(data?.users).toHaveLength(10_000);
  expect(errors).toHaveLength(1_001);
  expect(pathsOf(errors).slice(998, 1_001)).toEqual(['users.998.score', 'users.999.score', undefined]);
  expect(errors.at(-1)).toEqual({
    message: 'There are at least 9000 more errors.',
    extensions: { code: 'TOO_MANY_ERRORS' },
  });
});
