import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { systemClock } from '@playgraph/kernel/clock';
import { createGate } from '@playgraph/testkit/gate';
import { expect, test } from 'vitest';
import type { CacheableLoad } from '../../src/cache/entity-parts.ts';
import { INVALIDATIONS_MAX, type Invalidation } from '../../src/cache/invalidation.ts';
import { answering, createClient, type Fetch, learn, openWorld, productLoad } from './world.ts';

const OLD = { name: 'old' };
const NEW = { name: 'new' };

const bySku = productLoad([], {
  texts: ['{"__typename":"Product","sku":{"maker":7,"code":"a"},"price":5}'],
});
const withReviews = productLoad(['1'], {
  subgraph: 'reviews',
  selectionText: '{ ... on Product { reviews { text } } }',
});
const forShipping = productLoad([], {
  subgraph: 'reviews',
  selectionText: '{ ... on Product { shippingCost } }',
  texts: ['{"__typename":"Product","id":"1","price":5}'],
});
const stars: CacheableLoad = {
  subgraph: 'reviews',
  selectionText: '{ ... on Media { stars } }',
  variablesText: '',
  texts: ['{"__typename":"Media","id":"m"}'],
};
const title: CacheableLoad = {
  subgraph: 'products',
  selectionText: '{ ... on Media { title } }',
  variablesText: '',
  texts: ['{"__typename":"Book","id":"m"}'],
};

const product1: Invalidation = { typename: 'Product', key: { id: '1' } };

test.each<[string, Invalidation, CacheableLoad, boolean]>([
  ['an entity', product1, productLoad(['1']), true],
  ['an entity, its ID as a number', { typename: 'Product', key: { id: 1 } }, productLoad(['1']), true],
  ['an entity, with fields of no key', { typename: 'Product', key: { id: '1', price: 3 } }, productLoad(['1']), true],
  ['an entity whose representation has more than the key', product1, forShipping, true],
  ['another entity', { typename: 'Product', key: { id: '2' } }, productLoad(['1']), false],
  ['a key of several fields', { typename: 'Product', key: { sku: { code: 'a', maker: '7' } } }, bySku, true],
  ['all keys of an entity', { typename: 'Product', key: { id: 'x', sku: { code: 'a', maker: 7 } } }, bySku, true],
  ['one key, the entity being kept by another', { typename: 'Product', key: { id: 'x' } }, bySku, false],
  ['an entity that others embed', { typename: 'Review', key: { id: 'any' } }, withReviews, true],
  ['an entity of a type that is not in it', { typename: 'Review', key: { id: 'any' } }, productLoad(['1']), false],
  ['a type of the subgraph', { subgraph: 'products', typename: 'Product' }, productLoad(['1']), true],
  ['a type of another subgraph', { subgraph: 'reviews', typename: 'Product' }, productLoad(['1']), false],
  ['another type of the subgraph', { subgraph: 'products', typename: 'Maker' }, productLoad(['1']), false],
  ['a type that is embedded', { subgraph: 'reviews', typename: 'Review' }, withReviews, true],
  ['a subgraph', { subgraph: 'products' }, productLoad(['1']), true],
  ['another subgraph', { subgraph: 'reviews' }, productLoad(['1']), false],
  ['an object that is asked for by its interface', { typename: 'Book', key: { id: 'm' } }, stars, true],
  ['an interface whose object was asked for', { typename: 'Media', key: { id: 'm' } }, title, true],
  ['a type of a subgraph that knows its interface', { subgraph: 'reviews', typename: 'Book' }, stars, true],
])(
  'after %s was invalidated, what is kept counts no more, or still does',
  async (_what, invalidation, load, isGone) => {
    const world = await openWorld();
    await world.load({ ...load, texts: [] }, { fetch: answering(OLD) });
    world.cache.openSession(createClient()).write(load, () => [], 'max-age=60, public');
    await world.load(load, { fetch: answering(OLD) });
    await world.cache.invalidate([invalidation]);
    expect((await world.load(load, { fetch: answering(NEW) })).entities).toEqual([isGone ? NEW : OLD]);
    expect((await world.load(load, { fetch: answering(OLD) })).entities).toEqual([isGone ? NEW : OLD]);
  },
);

test.each<[string, Invalidation]>([
  ['no key', { typename: 'Product', key: {} }],
  ['a part of a key', { typename: 'Product', key: { sku: { code: 'a' } } }],
  ['a key that is null', { typename: 'Product', key: { id: null } }],
  ['a type without keys', { typename: 'Maker', key: { name: 'x' } }],
  ['a type that there is not', { typename: 'Nothing', key: { id: '1' } }],
])('an invalidation by %s is refused, and nothing is dropped', async (_what, invalidation) => {
  const world = await openWorld();
  await learn(world, productLoad([]));
  await world.load(productLoad(['1']), { fetch: answering(OLD) });
  await expect(world.cache.invalidate([product1, invalidation])).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  expect((await world.load(productLoad(['1']), { fetch: answering(NEW) })).entities).toEqual([OLD]);
});

test('no more than a bounded number is invalidated at once', async () => {
  const world = await openWorld();
  const many = Array.from({ length: INVALIDATIONS_MAX + 1 }, () => product1);
  await expect(world.cache.invalidate(many)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  await world.cache.invalidate(many.slice(1));
  expect(world.countOf('INVALIDATION')).toBe(INVALIDATIONS_MAX);
});

/** A fetch that has read its data and is not back yet. */
function heldFetch(fields: object) {
  const begun = createGate();
  const mayEnd = createGate();
  const fetch: Fetch = async (load, client) => {
    begun.open();
    await mayEnd.opened;
    return answering(fields)(load, client);
  };
  return { fetch, begun: begun.opened, end: mayEnd.open };
}

test('what was fetched across an invalidation is never kept, and nobody who comes later waits for it', async () => {
  const world = await openWorld();
  await learn(world, productLoad([]));
  const held = heldFetch(OLD);
  const early = world.load(productLoad(['1']), { fetch: held.fetch });
  await held.begun;
  await world.cache.invalidate([product1]);
  const late = await world.load(productLoad(['1']), { fetch: answering(NEW) });
  held.end();
  expect([(await early).entities, late.entities]).toEqual([[OLD], [NEW]]);
  // The late write may cost a fetch, but what it wrote is never read.
  expect((await world.load(productLoad(['1']), { fetch: answering(NEW) })).entities).toEqual([NEW]);
});

test('an invalidation at one gateway holds at every other one on the same store, even when no message arrives', async () => {
  const hot = createMemoryHotStore({ clock: systemClock });
  const deaf = { ...hot, subscribe: async () => async () => undefined };
  const [here, there] = [await openWorld({ store: deaf }), await openWorld({ store: deaf })];
  await learn(there, productLoad([]));
  await there.load(productLoad(['1']), { fetch: answering(OLD) });
  const held = heldFetch(OLD);
  const early = there.load(productLoad(['2']), { fetch: held.fetch });
  await held.begun;
  await here.cache.invalidate([product1, { typename: 'Product', key: { id: '2' } }]);
  const late = await there.load(productLoad(['1', '2']), { fetch: answering(NEW) });
  held.end();
  await early;
  expect(late.entities).toEqual([NEW, NEW]);
  expect((await there.load(productLoad(['1', '2']), { fetch: answering(NEW) })).entities).toEqual([NEW, NEW]);
});

test('who is told of an invalidation elsewhere lets nobody join what is under way', async () => {
  const hot = createMemoryHotStore({ clock: systemClock });
  const [here, there] = [await openWorld({ store: hot }), await openWorld({ store: hot })];
  const flight = there.inFlight.join('a', () => new Promise(() => undefined));
  await here.cache.invalidate([{ subgraph: 'products' }]);
  expect(there.inFlight.join('a', () => new Promise(() => undefined)).isJoined).toBe(false);
  flight.leave();
});

test('a store that loses an invalidation loses what was kept under it', async () => {
  const world = await openWorld();
  await learn(world, productLoad([]));
  const held = heldFetch(OLD);
  const early = world.load(productLoad(['1']), { fetch: held.fetch });
  await held.begun;
  const raised: string[] = [];
  const { mset } = world.hot;
  world.hot.mset = (entries, ttlMs) => {
    raised.push(...entries.map(([key]) => key));
    return mset(entries, ttlMs);
  };
  await world.cache.invalidate([product1]);
  await world.hot.delete(raised);
  held.end();
  await early;
  expect((await world.load(productLoad(['1']), { fetch: answering(NEW) })).entities).toEqual([NEW]);
  expect((await world.load(productLoad(['1']), { fetch: answering(OLD) })).entities).toEqual([NEW]);
});

test('invalidations can be published; one that makes no sense is logged and changes nothing', async () => {
  const world = await openWorld();
  await learn(world, productLoad([]));
  await world.load(productLoad(['1']), { fetch: answering(OLD) });
  for (const message of ['', '{', '[{"typename":"Product"}]', '{"typename":"Product","key":{}}']) {
    await world.hot.publish('gateway:cache:invalidate', message);
  }
  const applied = new Promise<void>((resolve) => world.cache.onRaised(async () => resolve()));
  await world.hot.publish('gateway:cache:invalidate', JSON.stringify(product1));
  await applied;
  expect((await world.load(productLoad(['1']), { fetch: answering(NEW) })).entities).toEqual([NEW]);
  expect([world.countOf('ERROR'), world.countOf('INVALIDATION')]).toEqual([4, 1]);
});

test('a closed cache hears nothing more', async () => {
  const world = await openWorld();
  let isHeard = false;
  world.cache.onInvalidated(() => {
    isHeard = true;
  });
  await world.cache.close();
  await world.hot.publish('gateway:cache:raised', '');
  await world.hot.publish('gateway:cache:invalidate', JSON.stringify(product1));
  expect(isHeard).toBe(false);
});
