import { freshKey } from '@playgraph/testkit/idempotency-keys';
import { expect, test } from 'vitest';
import { cancelOrder } from '../src/cancel-order.ts';
import type { Order } from '../src/domain.ts';
import { followOrder, type OrderEvent } from '../src/follow-order.ts';
import { requestPayment } from '../src/pay-order.ts';
import { authorized, granted, openWorld, type World } from './world.ts';

const FOLLOW = /* GraphQL */ `
  subscription ($orderId: ID!, $after: String) {
    orderUpdated(orderId: $orderId, after: $after) {
      cursor
      sequence
      occurredAt
      change
      state
      order { id state eventCursor }
    }
  }
`;

type Event = { readonly cursor: string; readonly sequence: number; readonly change: string; readonly state: string };
type Answer = { readonly data?: unknown; readonly errors?: readonly { readonly extensions?: object }[] };

function follow(world: World, viewer: string | null, orderId: string, after?: string) {
  return world.subscribe(viewer, FOLLOW, { orderId, after });
}

function eventOf(answer: Answer): Event {
  expect(answer.errors).toBeUndefined();
  return (answer.data as { orderUpdated: Event }).orderUpdated;
}

async function readAll(answers: AsyncIterable<Answer>): Promise<Event[]> {
  const events: Event[] = [];
  for await (const answer of answers) events.push(eventOf(answer));
  return events;
}

async function fulfil(world: World, order: Order): Promise<void> {
  await requestPayment(world.deps, order.buyerId, { orderId: order.id, idempotencyKey: freshKey() });
  await world.publish('payment', authorized(await world.order(order.id)));
  await world.publish('game', granted(order));
}

async function cursorOf(world: World, order: Order): Promise<string> {
  const { data } = await world.run(order.buyerId, `{ order(id: "${order.id}") { eventCursor } }`);
  return (data as { order: { eventCursor: string } }).order.eventCursor;
}

test('a buyer hears everything that happens to an order, in order, until it is fulfilled', async () => {
  const world = await openWorld();
  const order = await world.reservedOrder(world.player(), [await world.game()]);
  const events = readAll(follow(world, order.buyerId, order.id, await cursorOf(world, order)));
  await fulfil(world, order);
  expect((await events).map(({ change, state, sequence }) => [sequence, change, state])).toEqual([
    [3, 'PAYMENT_REQUESTED', 'RESERVED'],
    [4, 'PAID', 'PAID'],
    [5, 'FULFILLED', 'FULFILLED'],
  ]);
});

test('a follower that lost its connection goes on behind its cursor, from any event, without a gap', async () => {
  const world = await openWorld();
  const order = await world.reservedOrder(world.player(), [await world.game()]);
  const cursor = await cursorOf(world, order);
  await fulfil(world, order);
  const whole = await readAll(follow(world, order.buyerId, order.id, cursor));
  for (const [at, event] of whole.entries()) {
    expect(await readAll(follow(world, order.buyerId, order.id, event.cursor))).toEqual(whole.slice(at + 1));
  }
});

test('without a cursor only what comes is heard, from the moment that following was granted', async () => {
  const world = await openWorld();
  const order = await world.reservedOrder(world.player(), [await world.game()]);
  const identity = { userId: order.buyerId, sessionId: 'session', scopes: [] };
  const signal = new AbortController().signal;
  const events = await followOrder(world.deps, { identity, signal }, { orderId: order.id });
  await cancelOrder(world.deps, order.buyerId, { orderId: order.id, idempotencyKey: freshKey() });
  const heard: OrderEvent[] = [];
  for await (const event of events) heard.push(event);
  expect(heard).toMatchObject([{ sequence: 3, change: 'CANCELLED', order: { cancelReason: 'BUYER' } }]);
});

test('an order that ended has nothing more to tell', async () => {
  const world = await openWorld();
  const order = await world.reservedOrder(world.player(), [await world.game()]);
  await cancelOrder(world.deps, order.buyerId, { orderId: order.id, idempotencyKey: freshKey() });
  expect(await readAll(follow(world, order.buyerId, order.id))).toEqual([]);
});

test('a follower that goes away is let go', async () => {
  const world = await openWorld();
  const order = await world.reservedOrder(world.player(), [await world.game()]);
  const gone = new AbortController();
  const answers = world.subscribe(order.buyerId, FOLLOW, { orderId: order.id }, gone.signal);
  const next = answers.next();
  gone.abort();
  expect((await next).done).toBe(true);
});

test('only the buyer can follow an order', async () => {
  const world = await openWorld();
  const order = await world.reservedOrder(world.player(), [await world.game()]);
  const refusals = [
    [world.player(), order.id, undefined, { code: 'NOT_FOUND' }],
    [null, order.id, undefined, { code: 'UNAUTHENTICATED' }],
    [order.buyerId, world.ids.make('order'), undefined, { code: 'NOT_FOUND' }],
    [order.buyerId, 'order_1', undefined, { code: 'BAD_USER_INPUT', field: 'orderId' }],
    [order.buyerId, order.id, 'nonsense', { code: 'BAD_USER_INPUT', field: 'after' }],
  ] as const;
  for (const [viewer, orderId, after, extensions] of refusals) {
    const answer = await follow(world, viewer, orderId, after).next();
    expect((answer.value as Answer).errors?.[0]?.extensions).toMatchObject(extensions);
  }
});

test("another order's cursor is refused", async () => {
  const world = await openWorld();
  const player = world.player();
  const [mine, other] = [
    await world.reservedOrder(player, [await world.game()]),
    await world.reservedOrder(player, [await world.game()]),
  ];
  const answer = await follow(world, player, mine.id, await cursorOf(world, other)).next();
  expect((answer.value as Answer).errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'after' });
});
