import { topicOf } from '@playgraph/events/event-log';
import { freshKey } from '@playgraph/testkit/idempotency-keys';
import type { NeighbourEvent } from '@playgraph/testkit/neighbours';
import { expect, test } from 'vitest';
import { cancelOrder } from '../src/cancel-order.ts';
import type { Order } from '../src/domain.ts';
import { expireOrders } from '../src/expire-orders.ts';
import { payOrder } from '../src/pay-order.ts';
import { authorized, declined, granted, openWorld, statesOf, type World } from './world.ts';

/** So short that an order whose payment nobody decides answers at once. */
const HARDLY_ANY_WAIT_MS = 20;

function pay(world: World, order: Order, idempotencyKey = freshKey()) {
  const signal = new AbortController().signal;
  return payOrder(world.deps, { userId: order.buyerId, signal }, { orderId: order.id, idempotencyKey });
}

/** A payment subgraph that decides every payment at once. */
async function decidePayments(world: World, decide: (order: Order) => NeighbourEvent): Promise<void> {
  await world.log.consume({
    group: 'payment',
    topics: [topicOf('order')],
    handle: async (event) => {
      if (event.type !== 'order.payment_requested') return;
      await world.publish('payment', decide(await world.order(event.stream)));
    },
  });
}

/** A game subgraph that grants every paid order at once. */
async function grantGames(world: World): Promise<void> {
  await world.log.consume({
    group: 'game',
    topics: [topicOf('order')],
    handle: async (event) => {
      if (event.type === 'order.paid') await world.publish('game', granted(await world.order(event.stream)));
    },
  });
}

test('a paid order becomes fulfilled and its copies are sold', async () => {
  const world = await openWorld();
  await decidePayments(world, authorized);
  await grantGames(world);
  const game = await world.game({ stock: 4 });
  const order = await world.reservedOrder(world.player(), [game]);
  expect(await pay(world, order)).toMatchObject({ __typename: 'PayOrderSuccess', isSettled: true });
  await world.settle();
  const fulfilled = await world.order(order.id);
  expect(statesOf(fulfilled)).toEqual(['PENDING', 'RESERVED', 'PAID', 'FULFILLED']);
  expect(await world.stock(game)).toMatchObject({ available: 3, held: 0, committed: 1, accountedFor: 4 });
  const events = await world.eventsOf(order.id);
  expect(events.map((event) => event.seq)).toEqual([1, 2, 3, 4, 5]);
  expect(fulfilled.seq).toBe(5);
  expect(JSON.parse(events[3]?.data ?? '')).toMatchObject({ paymentId: fulfilled.paymentId, state: 'PAID' });
});

test('an owned game cannot be ordered again, and nothing is changed', async () => {
  const world = await openWorld();
  await decidePayments(world, authorized);
  const [player, game] = [world.player(), await world.game()];
  await pay(world, await world.reservedOrder(player, [game]));
  await world.settle();
  const before = await world.contents();
  expect(await world.place(player, [game])).toMatchObject({ __typename: 'AlreadyOwned', game: { id: game } });
  expect(await world.contents()).toEqual(before);
});

test('an order that costs nothing is paid without a payment', async () => {
  const world = await openWorld();
  const order = await world.reservedOrder(world.player(), [await world.game({ stock: null, priceMinor: 0n })]);
  const key = freshKey();
  expect(await pay(world, order, key)).toMatchObject({ isSettled: true, order: { state: 'PAID', paymentId: null } });
  expect(await pay(world, order, key)).toMatchObject({ isSettled: true });
  const types = (await world.eventsOf(order.id)).map((event) => event.type);
  expect(types).toEqual(['order.placed', 'order.reserved', 'order.paid']);
});

test('a payment that nobody decides in time is not settled, and settles later', async () => {
  const world = await openWorld({ paymentWaitMs: HARDLY_ANY_WAIT_MS });
  const order = await world.reservedOrder(world.player(), [await world.game()]);
  expect(await pay(world, order)).toMatchObject({
    __typename: 'PayOrderSuccess',
    isSettled: false,
    order: { state: 'RESERVED' },
  });
  await world.publish('payment', authorized(await world.order(order.id)));
  expect(await world.order(order.id)).toMatchObject({ state: 'PAID' });
});

test('a player who asks to pay twice at once asks for one payment', async () => {
  const world = await openWorld({ paymentWaitMs: HARDLY_ANY_WAIT_MS });
  const order = await world.reservedOrder(world.player(), [await world.game()]);
  await Promise.all(Array.from({ length: 5 }, () => pay(world, order)));
  const requests = (await world.eventsOf(order.id)).filter((event) => event.type === 'order.payment_requested');
  expect(requests).toHaveLength(1);
});

test('a wallet with too little refuses, the order stays reserved, and a new key tries again', async () => {
  const world = await openWorld();
  const outcomes = [(order: Order) => declined(order, 5n), authorized];
  await decidePayments(world, (order) => (outcomes.shift() ?? authorized)(order));
  const game = await world.game({ stock: 2, priceMinor: 700n });
  const order = await world.reservedOrder(world.player(), [game]);
  const key = freshKey();
  const refusal = {
    __typename: 'InsufficientFunds',
    required: { amountMinor: 700n, currency: 'EUR' },
    available: { amountMinor: 5n, currency: 'EUR' },
  };
  expect(await pay(world, order, key)).toMatchObject(refusal);
  expect(await pay(world, order, key)).toMatchObject(refusal);
  expect(await world.order(order.id)).toMatchObject({ state: 'RESERVED', paymentId: null });
  expect(await world.stock(game)).toMatchObject({ available: 1, held: 1 });
  expect(await pay(world, order)).toMatchObject({ isSettled: true, order: { state: 'PAID' } });
});

test('only a reserved order in its time can be paid', async () => {
  const world = await openWorld({ paymentWaitMs: HARDLY_ANY_WAIT_MS });
  const player = world.player();
  const cancelled = await world.reservedOrder(player, [await world.game()]);
  await cancelOrder(world.deps, player, { orderId: cancelled.id, idempotencyKey: freshKey() });
  const late = await world.reservedOrder(player, [await world.game()]);
  world.clock.advance(world.deps.settings.reservationTtlMs);
  await world.settle();
  const before = await world.contents();
  expect(await pay(world, cancelled)).toMatchObject({ __typename: 'OrderNotPayable', order: { state: 'CANCELLED' } });
  expect(await pay(world, late)).toMatchObject({ __typename: 'OrderNotPayable', order: { state: 'RESERVED' } });
  expect(await world.contents()).toEqual(before);
});

test("another player's order is not there to be paid", async () => {
  const world = await openWorld();
  const order = await world.reservedOrder(world.player(), [await world.game()]);
  const before = await world.contents();
  await expect(pay(world, { ...order, buyerId: world.player() })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(pay(world, { ...order, id: world.ids.make('order') })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(pay(world, { ...order, id: 'order_1' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  expect(await world.contents()).toEqual(before);
});

test('the key of one payment does not pay another order', async () => {
  const world = await openWorld({ paymentWaitMs: HARDLY_ANY_WAIT_MS });
  const player = world.player();
  const [first, second] = [
    await world.reservedOrder(player, [await world.game()]),
    await world.reservedOrder(player, [await world.game()]),
  ];
  const key = freshKey();
  await pay(world, first, key);
  const before = await world.contents();
  await expect(pay(world, second, key)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await world.contents()).toEqual(before);
});

test('every event of the saga can come twice and counts once', async () => {
  const world = await openWorld({ paymentWaitMs: HARDLY_ANY_WAIT_MS });
  const game = await world.game({ stock: 2 });
  const order = await world.reservedOrder(world.player(), [game]);
  await pay(world, order);
  const twice = async (subgraph: string, draft: NeighbourEvent) => {
    const event = await world.publish(subgraph, draft);
    await world.settle();
    const before = await world.contents();
    await world.publish(subgraph, event);
    await world.publish(subgraph, { ...event, id: world.ids.make('event') });
    await world.settle();
    expect(await world.contents()).toEqual(before);
  };
  const requested = await world.order(order.id);
  await twice('payment', authorized(requested));
  await twice('payment', declined(requested, 0n));
  await twice('game', granted(requested));
  expect(await world.order(order.id)).toMatchObject({ state: 'FULFILLED', seq: 5 });
  for (const event of await world.eventsOf(order.id)) {
    await world.publish('order', { ...event, at: event.at.toISOString(), data: JSON.parse(event.data) });
  }
  expect(await world.stock(game)).toMatchObject({ available: 1, committed: 1, accountedFor: 2 });
});

test('an authorization that comes after the order ended changes nothing', async () => {
  const world = await openWorld({ paymentWaitMs: HARDLY_ANY_WAIT_MS });
  const game = await world.game({ stock: 2 });
  const [cancelled, expired] = [
    await world.reservedOrder(world.player(), [game]),
    await world.reservedOrder(world.player(), [game]),
  ];
  await Promise.all([pay(world, cancelled), pay(world, expired)]);
  await cancelOrder(world.deps, cancelled.buyerId, { orderId: cancelled.id, idempotencyKey: freshKey() });
  world.clock.advance(world.deps.settings.reservationTtlMs);
  await expireOrders(world.deps);
  await world.settle();
  const before = await world.contents();
  for (const { id } of [cancelled, expired]) await world.publish('payment', authorized(await world.order(id)));
  await world.settle();
  expect(await world.contents()).toEqual(before);
  expect(await world.stock(game)).toMatchObject({ available: 2, held: 0, committed: 0 });
});
