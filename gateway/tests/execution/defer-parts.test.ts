import { beforeEach, expect, test } from 'vitest';
import type { SubgraphCall } from '../../src/calls/subgraph-call.ts';
import { compileIncrementalOperation } from '../../src/execution/compile-operation.ts';
import { createOperationPlanner } from '../../src/execution/plan-operation.ts';
import { createInfo, createTestGraph } from '../test-graph.ts';
import type { Part } from './put-together.ts';

const found = { __resolveReference: (user: object) => user };
const users = {
  typeDefs: `
    type Query { me: User users: [User!] anyone: Named pets: [Pet] }
    type Mutation { rename(name: String!): User }
    interface Named { name: String }
    union Pet = Cat | Dog
    type Cat { name: String lives: Int }
    type Dog @key(fields: "id") { id: ID! name: String }
    type User implements Named @key(fields: "id") { id: ID! name(upper: Boolean = false): String friend: User }`,
  resolvers: {
    Query: {
      me: () => ({ id: 'u1' }),
      users: () => [{ id: 'u1' }, { id: 'u2' }],
      anyone: () => ({ __typename: 'User', id: 'u3' }),
      pets: () => [{ __typename: 'Cat', name: 'Tom', lives: 9 }, null, { __typename: 'Dog', id: 'd1', name: 'Rex' }],
    },
    Mutation: { rename: (_: unknown, { name }: { name: string }) => ({ id: name }) },
    User: {
      ...found,
      name: ({ id }: { id: string }, { upper }: { upper: boolean }) => (upper ? `NAME OF ${id}` : `name of ${id}`),
      friend: ({ id }: { id: string }) => ({ id: `friend of ${id}` }),
    },
    Dog: found,
  },
};
const slow = {
  typeDefs: `
    type User @key(fields: "id") { id: ID! slow: String secret: String @authenticated strict: String! fails: String }
    type Dog @key(fields: "id") { id: ID! tricks: [String!] }`,
  resolvers: {
    User: {
      ...found,
      slow: ({ id }: { id: string }) => `slow of ${id}`,
      secret: () => 'secret',
      strict: () => null,
      fails: () => {
        throw new Error('out of order');
      },
    },
    Dog: { ...found, tricks: () => ['roll'] },
  },
};

let graph: ReturnType<typeof createTestGraph>;
beforeEach(() => {
  graph = createTestGraph({ users, slow });
});

async function partsOf(source: string, variables = {}): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const part of graph.queryInParts(source, variables)) parts.push(part as Part);
  return parts;
}

/** What comes later, without who comes first where parts wait for nothing of each other. */
async function itemsOf(source: string, variables = {}): Promise<unknown[]> {
  const parts = await partsOf(source, variables);
  const items = parts.flatMap(({ incremental }) => incremental ?? []);
  return items.sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
}

test('a deferred fragment within one that a condition leaves out brings nothing, not even nulls', async () => {
  const source = 'query Q($yes: Boolean!) { me { id ... @include(if: $yes) { ... @defer { slow } } } }';
  expect(await partsOf(source, { yes: false })).toEqual([{ data: { me: { id: 'u1' } } }]);
  expect(await itemsOf(source, { yes: true })).toEqual([{ data: { slow: 'slow of u1' }, path: ['me'] }]);
});

test('conditions within a deferred fragment, and on it, hold for what it brings', async () => {
  const source = `query Q($no: Boolean!) {
    me { id ... @defer { slow @skip(if: $no) friend @include(if: $no) { name } name } ... @skip(if: $no) @defer { x: slow } }
  }`;
  expect(await itemsOf(source, { no: false })).toEqual([
    { data: { slow: 'slow of u1', name: 'name of u1' }, path: ['me'] },
    { data: { x: 'slow of u1' }, path: ['me'] },
  ]);
  expect(await itemsOf(source, { no: true })).toEqual([
    { data: { friend: { name: 'name of friend of u1' }, name: 'name of u1' }, path: ['me'] },
  ]);
});

test('a deferred fragment of which conditions leave nothing brings an empty part', async () => {
  const source = 'query Q($no: Boolean = false) { me { id ... @defer { slow @include(if: $no) } } }';
  expect(await itemsOf(source)).toEqual([{ data: {}, path: ['me'] }]);
});

test('a part has what the client selected in its order, and no `__typename` of the plan', async () => {
  const [, later] = await partsOf('{ me { ... @defer { slow b: name a: name friend { slow } } } }');
  expect(JSON.stringify(later?.incremental)).toBe(
    '[{"data":{"slow":"slow of u1","b":"name of u1","a":"name of u1","friend":{"slow":"slow of friend of u1"}},"path":["me"]}]',
  );
});

test('a part has the fields again that the first part has, as the client selected them', async () => {
  const source = '{ me { id name friend { id } ... @defer { name friend { slow } } } }';
  expect(await partsOf(source)).toEqual([
    { data: { me: { id: 'u1', name: 'name of u1', friend: { id: 'friend of u1' } } }, hasNext: true },
    {
      incremental: [{ data: { name: 'name of u1', friend: { slow: 'slow of friend of u1' } }, path: ['me'] }],
      hasNext: false,
    },
  ]);
});

test('a labelled fragment that is spread at two places comes at both, with its label', async () => {
  const source = '{ a: me { id ...F } b: me { id ...F } } fragment F on User { ... @defer(label: "later") { slow } }';
  expect(await itemsOf(source)).toEqual([
    { data: { slow: 'slow of u1' }, path: ['a'], label: 'later' },
    { data: { slow: 'slow of u1' }, path: ['b'], label: 'later' },
  ]);
});

test('two deferred fragments at one place come each with its own label and fields', async () => {
  const source =
    '{ me { id ...A @defer(label: "a") ...B @defer(label: "b") } } fragment A on User { slow } fragment B on User { name }';
  expect(await itemsOf(source)).toEqual([
    { data: { name: 'name of u1' }, path: ['me'], label: 'b' },
    { data: { slow: 'slow of u1' }, path: ['me'], label: 'a' },
  ]);
});

test('fragments deferred on abstract types come for the objects of those types alone', async () => {
  const pets = '{ pets { __typename ... on Cat @defer { lives } ... on Dog @defer(label: "dog") { tricks } } }';
  expect(await itemsOf(pets)).toEqual([
    { data: { lives: 9 }, path: ['pets', 0] },
    { data: { tricks: ['roll'] }, path: ['pets', 2], label: 'dog' },
  ]);
  expect(await itemsOf('{ anyone { ... @defer { name ... on User { slow } } } }')).toEqual([
    { data: { name: 'name of u3', slow: 'slow of u3' }, path: ['anyone'] },
  ]);
});

test('a fragment deferred directly within a deferred one waits for what it needs', async () => {
  const source =
    'query Q($on: Boolean = true) { me { ... @defer(if: $on, label: "out") { ... @defer(label: "in") { slow } } } }';
  expect(await partsOf(source)).toEqual([
    { data: { me: {} }, hasNext: true },
    { incremental: [{ data: {}, path: ['me'], label: 'out' }], hasNext: true },
    { incremental: [{ data: { slow: 'slow of u1' }, path: ['me'], label: 'in' }], hasNext: false },
  ]);
  const [first, second] = await partsOf(source, { on: false });
  expect(first).toEqual({ data: { me: {} }, hasNext: true });
  expect(second?.incremental).toEqual([{ data: { slow: 'slow of u1' }, path: ['me'], label: 'in' }]);
});

test('a variable that only a deferred part uses reaches its subgraph', async () => {
  const source = 'query Q($up: Boolean!) { me { id ... @defer { friend { name(upper: $up) } } } }';
  expect(await itemsOf(source, { up: true })).toEqual([
    { data: { friend: { name: 'NAME OF friend of u1' } }, path: ['me'] },
  ]);
});

test('what a mutation gives may come in parts', async () => {
  expect(await partsOf('mutation { rename(name: "u7") { id ... @defer { slow } } }')).toEqual([
    { data: { rename: { id: 'u7' } }, hasNext: true },
    { incremental: [{ data: { slow: 'slow of u7' }, path: ['rename'] }], hasNext: false },
  ]);
});

test('an error makes null no more than the part that it is in, and is told there with its path', async () => {
  const [first, ...rest] = await partsOf(
    '{ users { id ... @defer(label: "x") { strict } ... @defer(label: "y") { slow fails } } }',
  );
  expect(first).toEqual({ data: { users: [{ id: 'u1' }, { id: 'u2' }] }, hasNext: true });
  const items = rest.flatMap(({ incremental }) => incremental ?? []);
  const [x, y] = ['x', 'y'].map((label) => items.filter((item) => item.label === label));
  expect(x).toMatchObject([
    { data: null, path: ['users', 0], errors: [{ path: ['users', 0, 'strict'] }] },
    { data: null, path: ['users', 1], errors: [{ path: ['users', 1, 'strict'] }] },
  ]);
  expect(y).toMatchObject([
    { data: { slow: 'slow of u1', fails: null }, path: ['users', 0], errors: [{ path: ['users', 0, 'fails'] }] },
    { data: { slow: 'slow of u2', fails: null }, path: ['users', 1], errors: [{ path: ['users', 1, 'fails'] }] },
  ]);
  expect(y?.flatMap(({ errors }) => errors)).toHaveLength(2);
});

test('when a subgraph of deferred parts fails, each part has the errors of its own fields', async () => {
  graph.breakSubgraph('slow');
  const [first, ...rest] = await partsOf('{ users { id ... @defer { slow name fails } } }');
  expect(first).toEqual({ data: { users: [{ id: 'u1' }, { id: 'u2' }] }, hasNext: true });
  const items = rest.flatMap(({ incremental }) => incremental ?? []);
  expect(items).toMatchObject(
    [0, 1].map((i) => ({
      data: { slow: null, name: `name of u${i + 1}`, fails: null },
      path: ['users', i],
      errors: ['slow', 'fails'].map((field) => ({ path: ['users', i, field], extensions: { service: 'slow' } })),
    })),
  );
});

test('a fragment deferred within a part that became null does not come', async () => {
  const parts = await partsOf('{ me { id ... @defer { strict ... @defer { slow } } } }');
  expect(parts.flatMap(({ incremental }) => incremental ?? [])).toMatchObject([{ data: null, path: ['me'] }]);
  expect(parts.at(-1)?.hasNext).toBe(false);
});

test('introspection may be deferred too', async () => {
  expect(await partsOf('{ me { id } ... @defer { __type(name: "Cat") { name } } }')).toEqual([
    { data: { me: { id: 'u1' } }, hasNext: true },
    { incremental: [{ data: { __type: { name: 'Cat' } }, path: [] }], hasNext: false },
  ]);
});

test('introspection within a fragment under a condition is answered as anywhere else', async () => {
  const source =
    'query Q($on: Boolean!) { ...F @include(if: $on) } fragment F on Query { __type(name: "Cat") { name } }';
  expect(await graph.query(source, { on: true })).toEqual({ data: { __type: { name: 'Cat' } } });
  expect(await graph.query(source, { on: false })).toEqual({ data: {} });
});

test('what the client may not read is an error in the deferred part too', async () => {
  const [item] = await itemsOf('{ me { id ... @defer { slow secret } } }');
  expect(item).toMatchObject({
    data: { slow: 'slow of u1', secret: null },
    path: ['me'],
    errors: [{ path: ['me', 'secret'], extensions: { code: 'UNAUTHENTICATED' } }],
  });
});

test('a fragment deferred at the root reaches a subgraph whose root type has another name', async () => {
  const { typeDefs } = users;
  const { Query, ...others } = users.resolvers;
  const renamed = {
    typeDefs: `schema { query: Root mutation: Mutation }\n${typeDefs.replace('type Query', 'type Root')}`,
    resolvers: { ...others, Root: Query },
  };
  graph = createTestGraph({ users: renamed, slow });
  expect(await partsOf('{ me { id } ... @defer { users { slow } } }')).toEqual([
    { data: { me: { id: 'u1' } }, hasNext: true },
    { incremental: [{ data: { users: [{ slow: 'slow of u1' }, { slow: 'slow of u2' }] }, path: [] }], hasNext: false },
  ]);
});

/** Apollo's planner fails at some operations with `@defer`, by an assertion of its own: those are planned without. */
test('an operation whose plan knows nothing of parts comes in parts all the same', async () => {
  const source = '{ me { id ... @defer(label: "x") { slow ... @defer { name } } } }';
  const operation = graph.graph.catalogue.prepare(source, undefined);
  if ('errors' in operation) throw new TypeError('the operation is valid');
  const planner = createOperationPlanner(graph.supergraphSdl);
  const normalised = planner.normalise(operation.document);
  const plan = planner.plan(normalised.document, { operationName: undefined, defers: false });
  const compiled = compileIncrementalOperation({
    ...planner,
    ...{ operation, normalised, plan },
    denialAt: () => null,
    mask: ({ message }) => ({ message }),
  });
  const call: SubgraphCall = async (name, request) => {
    const transport = graph.graph.transports.get(name);
    if (!transport) throw new TypeError(`no subgraph ${name}`);
    return transport.execute(request, createInfo());
  };
  const terms = { variables: {}, foreseen: [], joinsSteps: false, correlationId: 'test', extensions: null };
  const answer = await compiled.executeIncrementally({ ...terms, call });
  if (!('rest' in answer)) throw new TypeError('the answer comes in parts');
  const parts = [JSON.parse(answer.initial.toString())];
  for await (const part of answer.rest) parts.push(JSON.parse(part.toString()));
  expect(parts).toEqual([
    { data: { me: { id: 'u1' } }, hasNext: true },
    { incremental: [{ data: { slow: 'slow of u1' }, path: ['me'], label: 'x' }], hasNext: true },
    { incremental: [{ data: { name: 'name of u1' }, path: ['me'] }], hasNext: false },
  ]);
});
