import { createMemoryPageCache } from '@playgraph/cache/memory-page-cache';
import type { PageCache } from '@playgraph/cache/page-cache';
import { silentLogger } from '@playgraph/kernel/logger';
import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { createAnswerCache } from '../../src/cache/answer-cache.ts';
import { answerReachOf } from '../../src/cache/answer-reach.ts';
import type { CachePolicy } from '../../src/cache/cache-control.ts';
import { createEntityTypes } from '../../src/cache/entity-types.ts';
import type { Invalidation } from '../../src/cache/invalidation.ts';
import type { ClientInfo, PrintedAnswer } from '../../src/client-request.ts';
import { createClient, graph, identityOf, openWorld, productLoad } from './world.ts';

const PUBLIC: CachePolicy = { maxAgeSeconds: 60, scope: 'PUBLIC' };
/** A root fetch of products' ids, then what `reviews` says of each, by its key. */
const QUERY = '{ products { id name } }';
const JOINED = '{ products { name reviews { text } } }';

function reachOf(query: string) {
  return { plan: graph.planner.plan(parse(query), { operationName: undefined, defers: false }) };
}

function printed(data: object, given: Partial<PrintedAnswer> = {}): PrintedAnswer {
  const body = Buffer.from(JSON.stringify({ data }));
  return { body, outcome: 'DATA', status: null, cacheControl: 'max-age=60, public', ...given };
}

async function openAnswers({ pages: given }: { pages?: PageCache } = {}) {
  const world = await openWorld();
  const pages = given ?? createMemoryPageCache({ clock: world.clock });
  const answers = createAnswerCache({ pages, entities: world.cache, logger: silentLogger });
  type Asked = { client?: ClientInfo; query?: string; variablesKey?: string };
  const look = async ({ client = createClient(), query = QUERY, variablesKey = '' }: Asked = {}) => {
    const { plan } = reachOf(query);
    const reach = answerReachOf(plan, world.cache.parts.types(), 'Query');
    if (!reach) throw new Error('the plan is not understood');
    return answers.open({ operationId: query, variablesKey, client, reach });
  };
  /** What an execution does after a lookup: notes whom it asks for, then keeps its answer. */
  const keep = async (
    found: Awaited<ReturnType<typeof look>>,
    answer: PrintedAnswer,
    made: { ids?: readonly string[]; policy?: CachePolicy | null } = {},
  ) => {
    const session = world.cache.openSession(createClient(), { tracksEntities: true });
    await session.read(productLoad(made.ids ?? [], { subgraph: 'reviews' }));
    found?.keep(answer, { policy: made.policy === undefined ? PUBLIC : made.policy, touched: session.touched() });
    // The store's guard has no door of its own: a turn of the memory stores is enough.
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  return { ...world, pages, look, keep };
}

const bodyOf = (found: { readonly answer: PrintedAnswer | null } | null) => found?.answer?.body.toString() ?? null;

test('a public answer is there for everyone who is not signed in, with the time that is left', async () => {
  const world = await openAnswers();
  await world.keep(await world.look(), printed({ products: [] }));
  world.clock.advance(10_500);
  const found = await world.look({ client: createClient() });
  expect(found?.answer).toMatchObject({ outcome: 'DATA', status: null, cacheControl: 'max-age=49, public' });
  expect(bodyOf(found)).toBe('{"data":{"products":[]}}');
  world.clock.advance(49_500);
  expect(bodyOf(await world.look())).toBeNull();
  expect(['HIT', 'MISS', 'STORE'].map((kind) => world.countOf(kind as 'HIT', 'ANSWER'))).toEqual([1, 2, 1]);
});

test('answers to other operations, values, languages and graphs are kept apart', async () => {
  const world = await openAnswers();
  await world.keep(await world.look(), printed({ products: [] }));
  expect(bodyOf(await world.look({ variablesKey: 'n=1' }))).toBeNull();
  expect(bodyOf(await world.look({ query: JOINED }))).toBeNull();
  expect(bodyOf(await world.look({ client: createClient({ headers: { 'accept-language': 'de' } }) }))).toBeNull();
  expect(bodyOf(await world.look({ client: createClient({ headers: { traceparent: 'any' } }) }))).not.toBeNull();
  world.cache.useGraph({ ...graph, supergraphSdl: `${graph.supergraphSdl} ` });
  expect(bodyOf(await world.look())).toBeNull();
});

test.each([
  ['is signed in', createClient({ identity: identityOf('ann') })],
  ['may be known to a subgraph', createClient({ headers: { authorization: 'Bearer ann' } })],
  ['wants an answer of its own', createClient({ allowsSharing: false })],
  ['is told what its operation cost', createClient({ isMetered: true })],
])('a client that %s is given nothing kept', async (_who, client) => {
  const world = await openAnswers();
  await world.keep(await world.look(), printed({ products: [] }));
  expect(await world.look({ client })).toBeNull();
});

test.each<[string, PrintedAnswer, CachePolicy | null]>([
  ['private', printed({ a: 1 }), { maxAgeSeconds: 60, scope: 'PRIVATE' }],
  ['not to be kept', printed({ a: 1 }), null],
  ['null', { ...printed({ a: 1 }), body: Buffer.from('{"data":null}'), outcome: 'NULL' }, PUBLIC],
  ['one with errors', { ...printed({}), body: Buffer.from('{"errors":[{"message":"x"}],"data":{"a":1}}') }, PUBLIC],
  ['huge', printed({ a: 'x'.repeat(1024 * 1024) }), PUBLIC],
])('an answer that is %s is not kept', async (_what, answer, policy) => {
  const world = await openAnswers();
  await world.keep(await world.look(), answer, { policy });
  expect(bodyOf(await world.look())).toBeNull();
});

test.each<[string, Invalidation, boolean]>([
  ['an entity in it', { typename: 'Product', key: { id: '1' } }, true],
  ['an entity that a root field may now give', { typename: 'Product', key: { id: 'new' } }, true],
  ['an entity that is embedded in it', { typename: 'Review', key: { id: 'r' } }, true],
  ['a type of a subgraph that it comes from', { subgraph: 'reviews', typename: 'Review' }, true],
  ['the root fields of a subgraph', { subgraph: 'products', typename: 'Query' }, true],
  ['a subgraph that it comes from', { subgraph: 'reviews' }, true],
  ['an entity of another type', { typename: 'Book', key: { id: '1' } }, false],
  ['a subgraph that has no part in it', { subgraph: 'elsewhere' }, false],
])('after %s was invalidated the answer is gone, or still there', async (_what, invalidation, isGone) => {
  const world = await openAnswers();
  await world.keep(await world.look({ query: JOINED }), printed({ a: 1 }), { ids: ['1', '2'] });
  await world.cache.invalidate([invalidation]);
  expect(bodyOf(await world.look({ query: JOINED })) === null).toBe(isGone);
});

test('what comes by its key alone is invalidated by its key', async () => {
  const world = await openAnswers();
  const reach = { fixed: ['s:reviews'], named: ['a:Product'] };
  const answers = createAnswerCache({ pages: world.pages, entities: world.cache, logger: silentLogger });
  const look = async () => answers.open({ operationId: 'by key', variablesKey: '', client: createClient(), reach });
  await world.keep(await look(), printed({ a: 1 }), { ids: ['1', '2'] });
  await world.cache.invalidate([{ typename: 'Product', key: { id: '3' } }]);
  expect(bodyOf(await look())).not.toBeNull();
  await world.cache.invalidate([{ typename: 'Product', key: { id: '2' } }]);
  expect(bodyOf(await look())).toBeNull();
});

test('an answer with more entities than can be named goes with any of their type', async () => {
  const world = await openAnswers();
  const reach = { fixed: ['s:reviews'], named: ['a:Product'] };
  const answers = createAnswerCache({ pages: world.pages, entities: world.cache, logger: silentLogger });
  const look = async () => answers.open({ operationId: 'by key', variablesKey: '', client: createClient(), reach });
  const ids = Array.from({ length: 1_000 }, (_, i) => String(i));
  await world.keep(await look(), printed({ a: 1 }), { ids });
  expect(bodyOf(await look())).not.toBeNull();
  await world.cache.invalidate([{ typename: 'Product', key: { id: 'none of them' } }]);
  expect(bodyOf(await look())).toBeNull();
});

test.each<[string, Invalidation]>([
  ['an entity', { typename: 'Product', key: { id: '1' } }],
  ['a subgraph', { subgraph: 'reviews' }],
])('an answer that was worked out across the invalidation of %s is never read', async (_what, invalidation) => {
  const world = await openAnswers();
  const found = await world.look({ query: JOINED });
  await world.cache.invalidate([invalidation]);
  await world.keep(found, printed({ a: 'old' }), { ids: ['1'] });
  expect(bodyOf(await world.look({ query: JOINED }))).toBeNull();
});

test('an answer that reaches the page store after the invalidation does not count', async () => {
  const world = await openWorld();
  const memory = createMemoryPageCache({ clock: world.clock });
  const late: (() => Promise<void>)[] = [];
  const pages: PageCache = {
    ...memory,
    set: async (...args) => void late.push(() => memory.set(...args)),
  };
  const answers = createAnswerCache({ pages, entities: world.cache, logger: silentLogger });
  const reach = { fixed: ['s:products'], named: [] };
  const look = async () => answers.open({ operationId: 'a', variablesKey: '', client: createClient(), reach });
  (await look())?.keep(printed({ a: 'old' }), { policy: PUBLIC, touched: new Set() });
  for (let i = 0; i < 20; i++) await Promise.resolve();
  await world.cache.invalidate([{ subgraph: 'products' }]);
  expect(late).toHaveLength(1);
  for (const set of late) await set();
  expect(bodyOf(await look())).toBeNull();
});

test('a page store that fails, or holds something else, costs executions and no error', async () => {
  const broken: PageCache = {
    get: () => Promise.reject(new Error('gone')),
    set: () => Promise.reject(new Error('gone')),
    dropTags: () => Promise.reject(new Error('gone')),
    close: async () => undefined,
  };
  const world = await openAnswers({ pages: broken });
  const found = await world.look();
  expect(found?.answer).toBeNull();
  await world.keep(found, printed({ a: 1 }));
  expect(await world.look()).toBeNull();
  await world.cache.invalidate([{ subgraph: 'products' }]);
  for (const text of ['', 'x', '{}\n{}', '{"tags":[],"stamp":"x"}\n{}', 'null\n{}']) {
    const pages = { ...broken, get: async () => Buffer.from(text), set: async () => undefined };
    expect((await (await openAnswers({ pages })).look())?.answer).toBeNull();
  }
});

test('a plan says which subgraphs and types its answers stand on', () => {
  const { plan } = reachOf(JOINED);
  const types = createEntityTypes(graph.supergraphSchema);
  const reach = answerReachOf(plan, types, 'Query');
  expect(reach?.fixed).toEqual(
    expect.arrayContaining([
      's:products',
      's:reviews',
      'a:Query',
      'a:Product',
      't:products:Product',
      'a:Review',
      't:reviews:Review',
    ]),
  );
  expect(reach?.named).toEqual(['a:Product']);
  const introspection = graph.planner.plan(parse('{ __typename }'), { operationName: undefined, defers: false });
  expect(answerReachOf(introspection, types, 'Query')).toBeNull();
});
