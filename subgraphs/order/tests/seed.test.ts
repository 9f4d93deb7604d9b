import { bucketOf } from '@playgraph/kernel/ids';
import { silentLogger } from '@playgraph/kernel/logger';
import type { DemoOrder } from '@playgraph/testkit/demo-world';
import { expect, test } from 'vitest';
import { seedOrder } from '../src/seed.ts';
import { openWorld, statesOf, type World } from './world.ts';

function demoOrder(world: World, state: DemoOrder['state'], gameIds: readonly string[]): DemoOrder {
  const buyerId = world.player();
  const bucket = bucketOf(buyerId);
  const make = world.ids.make;
  return {
    id: make('order', bucket),
    buyerId,
    lines: gameIds.map((gameId) => ({ gameId, priceMinor: 500n, entitlementId: make('entitlement', bucket) })),
    totalMinor: 500n * BigInt(gameIds.length),
    state,
    placedAt: new Date('2026-10-01T12:00:00.000Z'),
    paymentId: make('payment', bucket),
    transferId: make('transfer', bucket),
  };
}

test('demo orders have their history, and a fulfilled one counts as owned; no stock is touched', async () => {
  const world = await openWorld();
  const game = await world.game({ stock: 3 });
  const orders = (['FULFILLED', 'CANCELLED', 'EXPIRED'] as const).map((state) => demoOrder(world, state, [game]));
  await seedOrder(world.shards, { orders }, { logger: silentLogger });
  const histories = await Promise.all(orders.map(async ({ id }) => statesOf(await world.order(id))));
  expect(histories).toEqual([
    ['PENDING', 'RESERVED', 'PAID', 'FULFILLED'],
    ['PENDING', 'RESERVED', 'CANCELLED'],
    ['PENDING', 'RESERVED', 'EXPIRED'],
  ]);
  expect(await world.stock(game)).toMatchObject({ stock: 3, available: 3, held: 0, committed: 0 });
  const again = await Promise.all(orders.map(({ buyerId }) => world.place(buyerId, [game])));
  expect(again.map((result) => result.__typename)).toEqual(['AlreadyOwned', 'PlaceOrderSuccess', 'PlaceOrderSuccess']);
});

test('seeding again adds only what is not there', async () => {
  const world = await openWorld();
  const game = await world.game({ stock: 3 });
  const orders = Array.from({ length: 12 }, () => demoOrder(world, 'FULFILLED', [game]));
  await seedOrder(world.shards, { orders: orders.slice(0, 5) }, { logger: silentLogger });
  await seedOrder(world.shards, { orders }, { logger: silentLogger });
  const before = await world.contents();
  await seedOrder(world.shards, { orders }, { logger: silentLogger });
  expect(await world.contents()).toEqual(before);
  expect(before.reduce((sum, shard) => sum + shard.claims.length, 0)).toBe(orders.length);
});
