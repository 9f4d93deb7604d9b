import { createSeededRandom } from '@playgraph/kernel/random';
import { freshKey } from '@playgraph/testkit/idempotency-keys';
import { expect, test } from 'vitest';
import { cancelOrder } from '../src/cancel-order.ts';
import type { Order } from '../src/domain.ts';
import { expireOrders } from '../src/expire-orders.ts';
import { requestPayment } from '../src/pay-order.ts';
import { writePendingOrder } from '../src/place-order.ts';
import { authorized, openWorld, statesOf, type World } from './world.ts';

const ROUNDS = 12;

function cancel(world: World, order: Order, idempotencyKey = freshKey()) {
  return cancelOrder(world.deps, order.buyerId, { orderId: order.id, idempotencyKey });
}

async function requestedOrder(world: World, gameId: string): Promise<Order> {
  const order = await world.reservedOrder(world.player(), [gameId]);
  await requestPayment(world.deps, order.buyerId, { orderId: order.id, idempotencyKey: freshKey() });
  return world.order(order.id);
}

/** Starts both at once, in an order that differs from round to round. */
async function race(round: number, first: () => Promise<unknown>, second: () => Promise<unknown>): Promise<void> {
  const isSwapped = createSeededRandom(`race ${round}`).int(2) === 1;
  await Promise.all((isSwapped ? [second, first] : [first, second]).map((start) => start()));
}

test('a cancelled order gives its copies back before the answer, and its game can be ordered again', async () => {
  const world = await openWorld();
  const game = await world.game({ stock: 1 });
  const order = await world.reservedOrder(world.player(), [game]);
  const result = await cancel(world, order);
  expect(result).toMatchObject({
    __typename: 'CancelOrderSuccess',
    order: { state: 'CANCELLED', cancelReason: 'BUYER' },
  });
  expect(await world.stock(game)).toMatchObject({ available: 1, held: 0, released: 1 });
  expect(await world.place(order.buyerId, [game])).toMatchObject({ __typename: 'PlaceOrderSuccess' });
});

test('the same key cancels once and gives the same answer, and cancels no other order', async () => {
  const world = await openWorld();
  const [player, game] = [world.player(), await world.game({ stock: 3 })];
  const [order, other] = [
    await world.reservedOrder(player, [game]),
    await world.reservedOrder(player, [await world.game()]),
  ];
  const key = freshKey();
  const first = await cancel(world, order, key);
  await world.settle();
  const before = await world.contents();
  expect(await cancel(world, order, key)).toEqual(first);
  await expect(cancel(world, other, key)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await world.contents()).toEqual(before);
  expect(await world.stock(game)).toMatchObject({ available: 3, held: 0, released: 1 });
});

test('an order that ended or is paid cannot be cancelled, and nothing is changed', async () => {
  const world = await openWorld();
  const game = await world.game();
  const [paid, cancelled] = [await requestedOrder(world, game), await requestedOrder(world, game)];
  await world.publish('payment', authorized(paid));
  await cancel(world, cancelled);
  await world.settle();
  const before = await world.contents();
  expect(await cancel(world, paid)).toMatchObject({ __typename: 'OrderNotCancellable', order: { state: 'PAID' } });
  expect(await cancel(world, cancelled)).toMatchObject({
    __typename: 'OrderNotCancellable',
    order: { state: 'CANCELLED' },
  });
  await expect(cancel(world, { ...paid, buyerId: world.player() })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await world.contents()).toEqual(before);
});

test('of a cancellation and an authorization at one moment one wins, and the copy goes its way', async () => {
  const world = await openWorld();
  const game = await world.game({ stock: ROUNDS });
  const outcomes: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const order = await requestedOrder(world, game);
    await race(
      round,
      () => cancel(world, order),
      () => world.publish('payment', authorized(order)),
    );
    outcomes.push((await world.order(order.id)).state);
  }
  await world.settle();
  expect(outcomes.every((state) => state === 'PAID' || state === 'CANCELLED')).toBe(true);
  const paid = outcomes.filter((state) => state === 'PAID').length;
  expect(await world.stock(game)).toMatchObject({ available: ROUNDS - paid, held: 0, committed: paid });
});

test('of an expiry and an authorization at one moment one wins, and the copy goes its way', async () => {
  const world = await openWorld();
  const game = await world.game({ stock: ROUNDS });
  const outcomes: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const order = await requestedOrder(world, game);
    world.clock.advance(world.deps.settings.reservationTtlMs);
    await race(
      round,
      () => expireOrders(world.deps),
      () => world.publish('payment', authorized(order)),
    );
    outcomes.push((await world.order(order.id)).state);
  }
  await world.settle();
  expect(outcomes.every((state) => state === 'PAID' || state === 'EXPIRED')).toBe(true);
  const paid = outcomes.filter((state) => state === 'PAID').length;
  expect(await world.stock(game)).toMatchObject({ available: ROUNDS - paid, held: 0, committed: paid });
});

test('an order that is not paid in time expires, once, and gives its copies and claims back', async () => {
  const world = await openWorld();
  const game = await world.game({ stock: 1 });
  const order = await world.reservedOrder(world.player(), [game]);
  world.clock.advance(world.deps.settings.reservationTtlMs - 1);
  expect(await expireOrders(world.deps)).toEqual({ expired: 0 });
  world.clock.advance(1);
  const runs = await Promise.all([expireOrders(world.deps), expireOrders(world.deps)]);
  expect(runs.reduce((sum, run) => sum + run.expired, 0)).toBe(1);
  await world.settle();
  expect(statesOf(await world.order(order.id))).toEqual(['PENDING', 'RESERVED', 'EXPIRED']);
  expect(await world.stock(game)).toMatchObject({ available: 1, held: 0 });
  expect(await world.place(order.buyerId, [game])).toMatchObject({ __typename: 'PlaceOrderSuccess' });
});

test('the expirer works in bounded batches and leaves the rest for its next run', async () => {
  const world = await openWorld({ sweepBatchSize: 2, sweepBatchesMax: 2 });
  const game = await world.game({ stock: 100 });
  const orders = 20;
  for (let i = 0; i < orders; i++) await world.reservedOrder(world.player(), [game]);
  world.clock.advance(world.deps.settings.reservationTtlMs);
  const perRunMax = 2 * 2 * world.shards.count;
  let expired = 0;
  while (expired < orders) {
    const done = (await expireOrders(world.deps)).expired;
    expect(done).toBeLessThanOrEqual(perRunMax);
    expect(done).toBeGreaterThan(0);
    expired += done;
  }
  await world.settle();
  expect(expired).toBe(orders);
  expect(await world.stock(game)).toMatchObject({ available: 100, held: 0 });
});

test('a pending order can be cancelled, and whoever was placing it takes nothing any more', async () => {
  const world = await openWorld();
  const game = await world.game({ stock: 1 });
  const [player, key] = [world.player(), freshKey()];
  const pending = await writePendingOrder(world.deps, player, { gameIds: [game], idempotencyKey: key });
  if ('__typename' in pending) throw new Error('refused');
  await cancel(world, pending);
  expect(await world.place(player, [game], key)).toMatchObject({ order: { id: pending.id, state: 'CANCELLED' } });
  expect(await world.stock(game)).toMatchObject({ available: 1, held: 0 });
});
