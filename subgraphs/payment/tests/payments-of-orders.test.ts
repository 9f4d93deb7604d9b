import { meterStoreQueries } from '@playgraph/sharding/query-meter';
import { expect, test } from 'vitest';
import { balancesOf, openWorld } from './world.ts';

test('a payment is held, then captured, and the store has the money', async () => {
  const world = await openWorld();
  const ada = await world.richPlayer(5000n);
  const order = world.order(ada, 1999n);
  const paymentId = await world.requestPayment(order);
  expect(await world.payments(order)).toMatchObject([{ id: paymentId, state: 'AUTHORIZED', settledAt: null }]);
  expect(balancesOf(await world.wallet(ada))).toEqual({ posted: 5000n, held: 1999n, available: 3001n });

  await world.decide('order.paid', order);
  expect(await world.payments(order)).toMatchObject([{ id: paymentId, state: 'CAPTURED' }]);
  expect(balancesOf(await world.wallet(ada))).toEqual({ posted: 3001n, held: 0n, available: 3001n });
  const revenue = await world.shards.forId(ada).account.findUniqueOrThrow({ where: { id: 'system:revenue:EUR' } });
  expect(revenue.postedMinor).toBe(1999n);
  expect((await world.audit()).isSound).toBe(true);
});

test.each(['order.cancelled', 'order.expired'] as const)('what is held is available again after %s', async (type) => {
  const world = await openWorld();
  const ada = await world.richPlayer(5000n);
  const order = world.order(ada, 1999n);
  await world.requestPayment(order);
  await world.decide(type, order);
  expect(await world.payments(order)).toMatchObject([{ state: 'VOIDED' }]);
  expect(balancesOf(await world.wallet(ada))).toEqual({ posted: 5000n, held: 0n, available: 5000n });
  expect((await world.audit()).isSound).toBe(true);
});

test('a wallet that cannot cover the order declines, holds nothing, and says what is available', async () => {
  const world = await openWorld();
  const ada = await world.richPlayer(1998n);
  const order = world.order(ada, 1999n);
  const before = await world.wallet(ada);
  const paymentId = await world.requestPayment(order);
  expect(await world.payments(order)).toMatchObject([{ state: 'DECLINED', reason: 'INSUFFICIENT_FUNDS' }]);
  expect(await world.wallet(ada)).toEqual(before);
  const [event] = await world.eventsOf(paymentId);
  expect(event?.type).toBe('payment.declined');
  expect(JSON.parse(event?.data ?? '')).toEqual({
    ...{ paymentId, orderId: order.orderId, buyerId: ada, amountMinor: '1999', currency: 'EUR' },
    ...{ reason: 'INSUFFICIENT_FUNDS', availableMinor: '1998' },
  });
});

test('a player who never deposited is declined with nothing available', async () => {
  const world = await openWorld();
  const order = world.order(world.player(), 1n);
  const paymentId = await world.requestPayment(order);
  const [event] = await world.eventsOf(paymentId);
  expect(JSON.parse(event?.data ?? '')).toMatchObject({ reason: 'INSUFFICIENT_FUNDS', availableMinor: '0' });
});

test('an order in another currency than the wallet is declined', async () => {
  const world = await openWorld();
  const ada = await world.richPlayer(5000n);
  const event = world.eventOf('order.payment_requested', world.order(ada, 100n), world.ids.make('payment'));
  await world.send({ ...event, data: { ...(event.data as object), currency: 'USD' } });
  expect(balancesOf(await world.wallet(ada))).toEqual({ posted: 5000n, held: 0n, available: 5000n });
});

test('a declined order can be paid by a second attempt after a deposit', async () => {
  const world = await openWorld();
  const ada = await world.richPlayer(500n);
  const order = world.order(ada, 1000n);
  await world.requestPayment(order);
  await world.deposit(ada, 600n);
  world.clock.advance(1);
  await world.requestPayment(order);
  await world.decide('order.paid', order);
  expect((await world.payments(order)).map((payment) => payment.state)).toEqual(['DECLINED', 'CAPTURED']);
  expect(balancesOf(await world.wallet(ada))).toEqual({ posted: 100n, held: 0n, available: 100n });
});

test('a second request while a payment is live holds nothing more', async () => {
  const world = await openWorld();
  const ada = await world.richPlayer(5000n);
  const order = world.order(ada, 1000n);
  await world.requestPayment(order);
  const before = await world.contents();
  await world.requestPayment(order);
  expect(await world.contents()).toEqual(before);
});

test('an order that costs nothing is authorized and captured without a transfer', async () => {
  const world = await openWorld();
  const order = world.order(world.player(), 0n);
  const paymentId = await world.requestPayment(order);
  await world.decide('order.paid', order);
  expect((await world.eventsOf(paymentId)).map((event) => event.type)).toEqual([
    'payment.authorized',
    'payment.captured',
  ]);
  const audit = await world.audit();
  expect(audit.isSound).toBe(true);
  expect(audit.shards.map((shard) => shard.transfers)).toEqual([0, 0]);
});

test('every event of an order may come twice and has its effect once', async () => {
  const world = await openWorld();
  const ada = await world.richPlayer(5000n);
  const [paid, cancelled] = [world.order(ada, 1000n), world.order(ada, 300n)];
  const events = [
    world.eventOf('order.payment_requested', paid, world.ids.make('payment')),
    world.eventOf('order.payment_requested', cancelled, world.ids.make('payment')),
    world.eventOf('order.paid', paid),
    world.eventOf('order.cancelled', cancelled),
  ];
  for (const event of events) await world.send(event);
  const before = await world.contents();
  for (const event of [...events, ...events.toReversed()]) await world.send(event);
  expect(await world.contents()).toEqual(before);
  expect(balancesOf(await world.wallet(ada))).toEqual({ posted: 4000n, held: 0n, available: 4000n });
});

test('a cancellation after the capture leaves the money where it is', async () => {
  const world = await openWorld();
  const ada = await world.richPlayer(5000n);
  const order = world.order(ada, 1000n);
  await world.requestPayment(order);
  await world.decide('order.paid', order);
  const before = await world.contents();
  await world.decide('order.cancelled', order);
  expect(await world.contents()).toEqual(before);
});

test('of 100 holds at the same time on a wallet that affords 10 exactly 10 succeed', async () => {
  const world = await openWorld();
  const ada = await world.richPlayer(10n * 99n + 98n);
  const orders = Array.from({ length: 100 }, () => world.order(ada, 99n));
  await Promise.all(orders.map((order) => world.requestPayment(order)));
  const payments = await Promise.all(orders.map((order) => world.payments(order)));
  const states = payments.flat().map((payment) => payment.state);
  expect(states.filter((state) => state === 'AUTHORIZED')).toHaveLength(10);
  expect(states.filter((state) => state === 'DECLINED')).toHaveLength(90);
  expect(balancesOf(await world.wallet(ada))).toEqual({ posted: 1088n, held: 990n, available: 98n });
  expect((await world.audit()).isSound).toBe(true);
});

const PAYMENTS = `query ($orders: [_Any!]!) {
  _entities(representations: $orders) {
    ... on Order { id payments { id state amount { amountMinor currency } order { id } declineReason createdAt } }
  }
}`;

test('the buyer reads the payments of a page of orders with one query', async () => {
  const world = await openWorld();
  const ada = await world.richPlayer(5000n);
  const orders = Array.from({ length: 10 }, () => world.order(ada, 100n));
  for (const order of orders) await world.requestPayment(order);
  const representations = orders.map(({ orderId }) => ({ __typename: 'Order', id: orderId }));
  const { result, queries } = await meterStoreQueries(() => world.run(ada, PAYMENTS, { orders: representations }));
  expect(result.errors).toBeUndefined();
  expect(result.data?._entities).toHaveLength(10);
  expect(result.data?._entities).toMatchObject(
    orders.map(({ orderId }) => ({
      id: orderId,
      payments: [{ state: 'AUTHORIZED', amount: { amountMinor: 100, currency: 'EUR' }, order: { id: orderId } }],
    })),
  );
  expect(queries).toBe(1);
});

test('a stranger finds no payments on an order, and no payment by its id', async () => {
  const world = await openWorld();
  const ada = await world.richPlayer(5000n);
  const order = world.order(ada, 100n);
  const paymentId = await world.requestPayment(order);
  const representations = [
    { __typename: 'Order', id: order.orderId },
    { __typename: 'Order', id: 'order_nonsense' },
  ];
  for (const viewer of [world.player(), null]) {
    const answer = await world.run(viewer, PAYMENTS, { orders: representations });
    expect(answer).toEqual({
      data: {
        _entities: [
          { id: order.orderId, payments: [] },
          { id: 'order_nonsense', payments: [] },
        ],
      },
    });
  }
  const query = 'query ($id: ID!) { payment(id: $id) { id state } }';
  expect(await world.run(ada, query, { id: paymentId })).toEqual({
    data: { payment: { id: paymentId, state: 'AUTHORIZED' } },
  });
  expect(await world.run(world.player(), query, { id: paymentId })).toEqual({ data: { payment: null } });
  expect(await world.run(ada, query, { id: world.ids.make('payment') })).toEqual({ data: { payment: null } });
  const malformed = await world.run(ada, query, { id: order.orderId });
  expect(malformed.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'id' });
  expect(await world.run(null, query, { id: paymentId })).toEqual({ data: { payment: null } });
  expect(await world.run(null, query, { id: world.ids.make('payment') })).toEqual({ data: { payment: null } });
});
