import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { systemClock } from '@playgraph/kernel/clock';
import { expect, test } from 'vitest';
import { answering, learn, openWorld, productLoad } from './world.ts';

const TEAPOT = { name: 'teapot' };
const never = () => new Promise<never>(() => undefined);

test('writes of which the store never says how they went are not waited for, and make room for others', async () => {
  const WRITES = 100;
  const hot = createMemoryHotStore({ clock: systemClock });
  const store = { ...hot, mset: hot.mset };
  const world = await openWorld({ store, writeMsMax: 5 });
  await learn(world, productLoad([]));
  await world.cache.settled();
  store.mset = never;
  for (let i = 0; i < WRITES; i++) await world.load(productLoad([`${i}`]), { fetch: answering(TEAPOT) });
  await world.cache.settled();
  await expect(world.cache.invalidate([{ subgraph: 'products' }])).rejects.toThrow('no answer within 5 ms');
  store.mset = hot.mset;
  world.clock.advance(1_000);
  await world.load(productLoad(['1']), { fetch: answering(TEAPOT) });
  await world.cache.settled();
  expect(await world.load(productLoad(['1']), { fetch: answering(null) })).toMatchObject({ fetched: 0 });
});

test('a store that throws instead of answering costs fetches and no error', async () => {
  const hot = createMemoryHotStore({ clock: systemClock });
  const fail = () => {
    throw new Error('gone');
  };
  const store = { ...hot, mset: hot.mset, mget: hot.mget };
  const world = await openWorld({ store });
  await learn(world, productLoad([]));
  store.mset = fail;
  expect(await world.load(productLoad(['1']), { fetch: answering(TEAPOT) })).toMatchObject({ entities: [TEAPOT] });
  store.mget = fail;
  await world.cache.settled();
  world.clock.advance(1_000);
  expect(await world.load(productLoad(['1']), { fetch: answering(TEAPOT) })).toMatchObject({ entities: [TEAPOT] });
});

test('a cache closes though its store does not answer any more', async () => {
  const hot = createMemoryHotStore({ clock: systemClock });
  const world = await openWorld({ store: { ...hot, subscribe: async () => never }, writeMsMax: 5 });
  await world.cache.close();
  expect(world.countOf('ERROR')).toBe(0);
});
