import { createGate } from '@playgraph/testkit/gate';
import { expect, test } from 'vitest';
import type { Invalidation } from '../../src/cache/invalidation.ts';
import { ROOT_BYTES_MAX } from '../../src/cache/root-parts.ts';
import { openCachedGraph } from './cached-graph.ts';
import { createClient, identityOf } from './world.ts';

type Asked = { readonly identity: { readonly userId: string } | null };

function createShop() {
  const state = { version: 1, fails: false, text: '', wait: async (): Promise<void> => undefined };
  const named = (id: string) => ({ id, name: `${id} v${state.version}`, maker: { name: `maker v${state.version}` } });
  const answer = async <Value>(value: () => Value): Promise<Value> => {
    const answered = value();
    await state.wait();
    if (state.fails) throw new Error('out of order');
    return answered;
  };
  const typeDefs = `
    type Query {
      product(id: ID!): Product @cacheControl(maxAge: 60)
      products: [Product!]! @cacheControl(maxAge: 60)
      media: [Media!]! @cacheControl(maxAge: 60)
      mine: [Product!]! @cacheControl(maxAge: 60, scope: PRIVATE)
      fresh: [Product!]!
      greeting: String! @cacheControl(maxAge: 60)
    }
    type Mutation { change: Query! }
    type Product @key(fields: "id") { id: ID! name: String! maker: Maker! @cacheControl(inheritMaxAge: true) }
    type Maker { name: String! }
    interface Media { name: String! }
    type Book implements Media @key(fields: "id") { id: ID! name: String! }
    type Film implements Media @key(fields: "id") { id: ID! name: String! }
  `;
  const resolvers = {
    Query: {
      product: (_: unknown, { id }: { id: string }) => answer(() => (id === 'none' ? null : named(id))),
      products: () => answer(() => [named('1'), named('2')]),
      media: () => answer(() => [{ __typename: 'Book', ...named('b') }]),
      mine: (_: unknown, __: unknown, { identity }: Asked) => answer(() => [named(identity?.userId ?? 'nobody')]),
      fresh: () => answer(() => [named('1')]),
      greeting: () => answer(() => `hello v${state.version}${state.text}`),
    },
    Mutation: {
      change: () => {
        state.version += 1;
        return {};
      },
    },
    Product: { __resolveReference: ({ id }: { id: string }) => named(id) },
  };
  return { state, shop: { typeDefs, resolvers } };
}

const words = {
  typeDefs: 'type Query { words: [String!]! @cacheControl(maxAge: 60) }',
  resolvers: { Query: { words: () => ['a'] } },
};

async function open(options: { prediction?: boolean } = {}) {
  const { state, shop } = createShop();
  const world = await openCachedGraph({ shop, words }, options);
  /** Runs it until it is known that its parts can be kept, and they are. */
  const settle = async (query: string, variables = {}, client = {}) => {
    for (let i = 0; i < 3; i++) await world.run(query, variables, client);
    state.version += 1;
  };
  return { ...world, state, settle };
}

/** Until what an operation sends is known, and that its answer is not kept. */
const READS_UNTIL_FORESEEN = 4;
const PRODUCTS = '{ products { name } }';
const v = (version: number) => ({ products: [{ name: `1 v${version}` }, { name: `2 v${version}` }] });

test.each([[false], [true]])('root fields that may be kept are asked for once, prediction %s', async (prediction) => {
  const world = await open({ prediction });
  await world.settle(PRODUCTS);
  world.clock.advance(20_000);
  expect(await world.run(PRODUCTS)).toEqual({ data: v(1), cacheControl: 'max-age=40, public', asked: '' });
  world.clock.advance(40_000);
  expect(await world.run(PRODUCTS)).toEqual({ data: v(2), cacheControl: 'max-age=60, public', asked: 's' });
  expect(world.events.filter(({ cache, kind }) => cache === 'ROOT' && kind === 'HIT')).toHaveLength(3);
});

test('a part that may not be kept is asked for each time, and the rest is not', async () => {
  const world = await open();
  const query = '{ fresh { name } words }';
  await world.settle(query);
  expect(await world.run(query)).toEqual({
    data: { fresh: [{ name: '1 v2' }], words: ['a'] },
    cacheControl: null,
    asked: 's',
  });
});

test('equal root fields are one, whatever the operation is called, and others are kept apart', async () => {
  const world = await open();
  await world.settle('query Named($id: ID!) { product(id: $id) { name } }', { id: '1' });
  const german = { headers: { 'accept-language': 'de' } };
  const cases: [string, object, object, string][] = [
    ['query Other($id: ID!) { product(id: $id) { name } }', { id: '1' }, {}, ''],
    ['query Other($id: ID!) { product(id: $id) { name } }', { id: '2' }, {}, 's'],
    ['query Other($id: ID!) { product(id: $id) { id name } }', { id: '1' }, {}, 's'],
    ['query Other($id: ID!) { product(id: $id) { name } }', { id: '1' }, german, 's'],
  ];
  for (const [query, variables, client, asked] of cases) {
    expect(await world.run(query, variables, client)).toMatchObject({ asked });
  }
});

test('that there is no such thing is kept too', async () => {
  const world = await open();
  const query = '{ product(id: "none") { name } }';
  await world.settle(query);
  expect(await world.run(query)).toMatchObject({ data: { product: null }, asked: '' });
});

test('what is private is kept for each identity, and not for somebody who is not known', async () => {
  const world = await open();
  const query = '{ mine { id } }';
  const [ann, bob] = [{ identity: identityOf('ann') }, { identity: identityOf('bob') }];
  await world.settle(query, {}, ann);
  await world.settle(query);
  await world.settle(query, {}, bob);
  // Whoever is not known has not unlearnt it for those who are.
  const policy = 'max-age=60, private';
  expect(await world.run(query, {}, ann)).toEqual({
    data: { mine: [{ id: 'user_ann' }] },
    cacheControl: policy,
    asked: '',
  });
  expect(await world.run(query, {}, bob)).toMatchObject({ data: { mine: [{ id: 'user_bob' }] }, asked: '' });
  expect(await world.run(query)).toEqual({ data: { mine: [{ id: 'nobody' }] }, cacheControl: policy, asked: 's' });
});

test('what is not kept for somebody who is not known is sent ahead the next time, as before', async () => {
  const world = await open({ prediction: true });
  for (let i = 0; i < READS_UNTIL_FORESEEN; i++) await world.run('{ mine { id } }');
  const before = world.runner.stats().rememberedRuns;
  expect(await world.run('{ mine { id } }')).toMatchObject({ data: { mine: [{ id: 'nobody' }] }, asked: 's' });
  expect(world.runner.stats().rememberedRuns).toBe(before + 1);
});

test('what may not be kept is sent ahead from the second request on, root fields and entities', async () => {
  const stars = {
    typeDefs: 'type Product @key(fields: "id") { id: ID! stars: Int }',
    resolvers: { Product: { stars: () => 5 } },
  };
  const world = await openCachedGraph({ shop: createShop().shop, words, ratings: stars }, { prediction: true });
  for (const predicted of [0, 2]) {
    expect(await world.run('{ fresh { stars } }')).toMatchObject({ data: { fresh: [{ stars: 5 }] }, asked: 'rs' });
    expect(world.runner.stats().predicted).toBe(predicted);
  }
});

test('a client that wants an answer of its own is given nothing kept', async () => {
  const world = await open();
  await world.settle(PRODUCTS);
  expect(await world.run(PRODUCTS, {}, createClient({ allowsSharing: false }))).toMatchObject({
    data: v(2),
    asked: 's',
  });
});

test('an answer with errors, or a very large one, is not kept', async () => {
  const world = await open();
  await world.settle('{ greeting }');
  world.state.fails = true;
  await world.cache.invalidate([{ subgraph: 'shop' }]);
  expect((await world.run('{ greeting }')).asked).toBe('s');
  world.state.fails = false;
  expect((await world.run('{ greeting }')).asked).toBe('s');
  expect((await world.run('{ greeting }')).asked).toBe('');
  world.state.text = 'x'.repeat(ROOT_BYTES_MAX);
  await world.cache.invalidate([{ subgraph: 'shop' }]);
  for (let i = 0; i < 2; i++) expect((await world.run('{ greeting }')).asked).toBe('s');
});

test.each<[string, string, Invalidation, boolean]>([
  ['an entity in it', PRODUCTS, { typename: 'Product', key: { id: '1' } }, true],
  ['an entity that it may give now', PRODUCTS, { typename: 'Product', key: { id: 'new' } }, true],
  ['an object of an interface', '{ media { name } }', { typename: 'Book', key: { id: 'b' } }, true],
  ['another one of that interface', '{ media { name } }', { typename: 'Film', key: { id: 'f' } }, true],
  ['an entity of another type', PRODUCTS, { typename: 'Book', key: { id: 'b' } }, false],
  ['a type of the subgraph', PRODUCTS, { subgraph: 'shop', typename: 'Product' }, true],
  ['a type in it that is no entity', '{ products { maker { name } } }', { subgraph: 'shop', typename: 'Maker' }, true],
  ['that type, not being in it', PRODUCTS, { subgraph: 'shop', typename: 'Maker' }, false],
  ['the root fields of the subgraph', PRODUCTS, { subgraph: 'shop', typename: 'Query' }, true],
  ['those of another one', PRODUCTS, { subgraph: 'words', typename: 'Query' }, false],
  ['the subgraph', PRODUCTS, { subgraph: 'shop' }, true],
  ['another subgraph', PRODUCTS, { subgraph: 'words' }, false],
  ['the root fields, there being no entity', '{ greeting }', { subgraph: 'shop', typename: 'Query' }, true],
])('after %s was invalidated, root fields are asked for again, or not', async (_what, query, invalidation, isGone) => {
  const world = await open();
  await world.settle(query);
  expect((await world.run(query)).asked).toBe('');
  await world.cache.invalidate([invalidation]);
  const { data, asked } = await world.run(query);
  expect([asked, JSON.stringify(data).includes('v2')]).toEqual(isGone ? ['s', true] : ['', false]);
});

test('what was asked for before an invalidation and comes after it is told, and not kept', async () => {
  const world = await open();
  await world.settle(PRODUCTS);
  await world.cache.invalidate([{ subgraph: 'shop' }]);
  world.state.version = 1;
  const [asked, held] = [createGate(), createGate()];
  world.state.wait = () => {
    asked.open();
    return held.opened;
  };
  const late = world.run(PRODUCTS);
  await asked.opened;
  world.state.version = 2;
  world.state.wait = async () => undefined;
  await world.cache.invalidate([{ typename: 'Product', key: { id: '1' } }]);
  expect(await world.run(PRODUCTS)).toMatchObject({ data: v(2), asked: 's' });
  held.open();
  expect((await late).data).toEqual(v(1));
  // It has taken the place of what was kept, and counts for nothing there.
  for (const asked of ['s', '']) expect(await world.run(PRODUCTS)).toMatchObject({ data: v(2), asked });
});

test('root fields of several subgraphs are looked up in one read', async () => {
  const world = await open();
  const query = '{ products { name } words }';
  await world.settle(query);
  const before = world.stored.reads;
  expect((await world.run(query)).asked).toBe('');
  expect(world.stored.reads - before).toBe(1);
});

test('an operation no part of which may be kept asks the store until its first answer says so', async () => {
  const world = await open();
  for (let i = 0; i < 3; i++) await world.run('{ fresh { name } }');
  expect(world.stored.reads).toBe(1);
  expect(world.events).toEqual([{ cache: 'ROOT', kind: 'MISS', count: 1 }]);
});

test('root fields below a mutation are asked for each time', async () => {
  const world = await open();
  await world.settle(PRODUCTS);
  const { data } = await world.run('mutation { change { products { name } } }');
  expect(data).toEqual({ change: v(3) });
});

test('parts that are deferred, and those that are not, come out of the cache', async () => {
  const world = await open();
  const operation = world.graph.compileIncremental(world.operationOf('{ words ... @defer { products { name } } }'));
  const run = async () => {
    const from = world.seen.length;
    const cache = world.cache.openSession(createClient());
    const call = world.runner.callFor(createClient());
    const input = { variables: {}, call, foreseen: [], joinsSteps: false, correlationId: 'test', extensions: null };
    const answer = await operation?.executeIncrementally({ ...input, cache });
    if (!answer || 'body' in answer) throw new TypeError('nothing was deferred');
    const parts = [answer.initial.toString()];
    for await (const part of answer.rest) parts.push(part.toString());
    await world.settled();
    return { text: parts.join(), asked: world.seen.slice(from).sort().join(''), policy: cache.policy() };
  };
  for (const asked of ['sw', '']) expect(await run()).toMatchObject({ asked });
  world.state.version += 1;
  const { text, ...rest } = await run();
  expect(text).toContain('"data":{"words":["a"]}');
  expect(text).toContain(JSON.stringify(v(1)));
  expect(rest).toEqual({ asked: '', policy: { maxAgeSeconds: 60, scope: 'PUBLIC' } });
});
