import { freshKey } from '@playgraph/testkit/idempotency-keys';
import { expect, test } from 'vitest';
import { cancelOrder } from '../src/cancel-order.ts';
import type { Order } from '../src/domain.ts';
import { expireOrders } from '../src/expire-orders.ts';
import { placeOrder, writePendingOrder } from '../src/place-order.ts';
import { reserveOrder } from '../src/reserve-order.ts';
import { resumePending } from '../src/resume-pending.ts';
import { atEveryStep, dyingAt, untilCrash } from './crash.ts';
import { openWorld, orderOf, type World } from './world.ts';

/** A placeOrder that does less than this many steps is not the one that these tests mean. */
const STEPS_MIN = 6;

/** Two games on different shards. */
async function gamesApart(world: World, stock: number): Promise<[string, string]> {
  const first = await world.game({ stock });
  for (;;) {
    const second = await world.game({ stock });
    if (world.shards.forId(first) !== world.shards.forId(second)) return [first, second];
  }
}

async function pendingOrder(world: World, gameIds: readonly string[]): Promise<Order> {
  const order = await writePendingOrder(world.deps, world.player(), { gameIds, idempotencyKey: freshKey() });
  if ('__typename' in order) throw new Error(`refused: ${order.code}`);
  return order;
}

async function resume(world: World): Promise<void> {
  world.clock.advance(world.deps.settings.resumeAfterMs);
  await resumePending(world.deps);
  await world.settle();
}

test('wherever placing an order dies, the resumer finishes it and the same key finds it', async () => {
  const world = await openWorld();
  const steps = await atEveryStep(async (step) => {
    const [player, games, idempotencyKey] = [world.player(), await gamesApart(world, 2), freshKey()];
    const input = { gameIds: games, idempotencyKey };
    const end = await untilCrash(() => placeOrder(dyingAt(world.deps, step), player, input));
    for (const game of games) expect((await world.stock(game)).accountedFor).toBe(2);
    await resume(world);
    const order = orderOf(await placeOrder(world.deps, player, input));
    expect(order).toMatchObject({ state: 'RESERVED' });
    for (const game of games) expect(await world.stock(game)).toMatchObject({ available: 1, held: 1, accountedFor: 2 });
    return end;
  });
  expect(steps).toBeGreaterThan(STEPS_MIN);
});

test('wherever placing an order dies, expiry alone gives everything back', async () => {
  const world = await openWorld();
  await atEveryStep(async (step) => {
    const [player, games] = [world.player(), await gamesApart(world, 2)];
    const input = { gameIds: games, idempotencyKey: freshKey() };
    const end = await untilCrash(() => placeOrder(dyingAt(world.deps, step), player, input));
    world.clock.advance(world.deps.settings.reservationTtlMs);
    await expireOrders(world.deps);
    await world.settle();
    for (const game of games) expect(await world.stock(game)).toMatchObject({ available: 2, held: 0 });
    return end;
  });
});

test('wherever an order that cannot be had dies, the resumer gives back what it took', async () => {
  const world = await openWorld();
  const steps = await atEveryStep(async (step) => {
    const [common, rare] = await gamesApart(world, 1);
    const order = await pendingOrder(world, [common, rare]);
    await world.reservedOrder(world.player(), [rare]);
    const end = await untilCrash(() => reserveOrder(dyingAt(world.deps, step), order));
    await resume(world);
    expect(await world.order(order.id)).toMatchObject({
      state: 'CANCELLED',
      cancelReason: 'SOLD_OUT',
      soldOutGameId: rare,
    });
    expect(await world.stock(common)).toMatchObject({ available: 1, held: 0 });
    expect(await world.stock(rare)).toMatchObject({ available: 0, held: 1 });
    return end;
  });
  expect(steps).toBeGreaterThan(STEPS_MIN);
});

test('wherever the resumer dies, the next one finishes', async () => {
  const world = await openWorld();
  await atEveryStep(async (step) => {
    const games = await gamesApart(world, 2);
    const order = await pendingOrder(world, games);
    world.clock.advance(world.deps.settings.resumeAfterMs);
    const end = await untilCrash(() => reserveOrder(dyingAt(world.deps, step), order));
    await resume(world);
    expect(await world.order(order.id)).toMatchObject({ state: 'RESERVED' });
    for (const game of games) expect(await world.stock(game)).toMatchObject({ available: 1, held: 1 });
    return end;
  });
});

test('wherever a cancellation dies, the copies come back as soon as it was decided', async () => {
  const world = await openWorld();
  await atEveryStep(async (step) => {
    const games = await gamesApart(world, 1);
    const order = await world.reservedOrder(world.player(), games);
    const input = { orderId: order.id, idempotencyKey: freshKey() };
    const end = await untilCrash(() => cancelOrder(dyingAt(world.deps, step), order.buyerId, input));
    await world.settle();
    const isCancelled = (await world.order(order.id)).state === 'CANCELLED';
    for (const game of games) expect(await world.stock(game)).toMatchObject({ available: isCancelled ? 1 : 0 });
    expect(await cancelOrder(world.deps, order.buyerId, input)).toMatchObject({ order: { state: 'CANCELLED' } });
    for (const game of games) expect(await world.stock(game)).toMatchObject({ available: 1, held: 0 });
    return end;
  });
});

test('the resumer leaves orders alone that someone is still placing', async () => {
  const world = await openWorld();
  const order = await pendingOrder(world, await gamesApart(world, 1));
  expect(await resumePending(world.deps)).toEqual({ resumed: 0 });
  expect(await world.order(order.id)).toEqual(order);
});

test('whoever comes too late to an order that ended takes no copy', async () => {
  const world = await openWorld();
  const games = await gamesApart(world, 1);
  const order = await pendingOrder(world, games);
  world.clock.advance(world.deps.settings.reservationTtlMs);
  await expireOrders(world.deps);
  await world.settle();
  expect(await reserveOrder(world.deps, order)).toMatchObject({ state: 'EXPIRED' });
  for (const game of games) expect(await world.stock(game)).toMatchObject({ available: 1, held: 0 });
});
