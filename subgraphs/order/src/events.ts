import type { DomainEvent } from '@playgraph/events/event-log';
import { topicOf } from '@playgraph/events/event-log';
import { z } from 'zod';
import { advanceOrder, noteOnOrder } from './advance-order.ts';
import type { OrderDeps } from './deps.ts';
import type { Order } from './domain.ts';
import { settleCopies } from './settle-copies.ts';
import { findOffers, findOrder, insertOffer } from './store.ts';
import type { Unit } from './transaction.ts';

/** The name that this subgraph's inbox entries carry. */
export const ORDER_CONSUMER = 'order';

const minorUnits = z.string().regex(/^\d+$/).transform(BigInt);
const gamePublished = z.object({
  gameId: z.string(),
  launchOffer: z
    .object({
      priceMinor: minorUnits,
      listPriceMinor: minorUnits,
      currency: z.enum(['EUR', 'USD']),
      stock: z.number().int().nonnegative().nullable(),
    })
    .nullable(),
});
const paymentAuthorized = z.object({ orderId: z.string(), paymentId: z.string() });
const paymentDeclined = paymentAuthorized.extend({ availableMinor: minorUnits });
const entitlementGranted = z.object({ orderId: z.string() });
const orderDecided = z.object({ orderId: z.string() });

/**
 * Starts to consume what the saga waits for. Each handler can meet its event any number of times: an effect on an order
 * is in one transaction with the inbox entry, and settling copies is idempotent by itself.
 */
export async function consumeEvents(deps: OrderDeps): Promise<void> {
  await deps.events.consume({
    consumer: ORDER_CONSUMER,
    topics: [topicOf('game'), topicOf('payment'), topicOf('order')],
    handlers: {
      'game.published': (event) => putOnSale(deps, event),
      'payment.authorized': (event) => recordAuthorized(deps, event),
      'payment.declined': (event) => recordDeclined(deps, event),
      'game.entitlement_granted': (event) => recordFulfilled(deps, event),
      'order.paid': (event) => settleDecided(deps, event, 'COMMITTED'),
      'order.cancelled': (event) => settleDecided(deps, event, 'RELEASED'),
      'order.expired': (event) => settleDecided(deps, event, 'RELEASED'),
    },
  });
}

async function putOnSale(deps: OrderDeps, event: DomainEvent): Promise<void> {
  const { gameId, launchOffer } = gamePublished.parse(event.data);
  if (!launchOffer) return;
  const { stock } = launchOffer;
  const isNew = await deps.store.transact(gameId, async (tx) => {
    if (!(await deps.events.isFirstDelivery(tx, ORDER_CONSUMER, event))) return false;
    // Published again, such as by a repeated import: what is sold keeps its price and its count.
    if ((await findOffers(tx, [gameId])).length > 0) return false;
    await insertOffer(tx, { ...launchOffer, gameId, available: stock }, deps.clock.now());
    return true;
  });
  if (isNew) await deps.offers.forget([gameId]);
}

async function recordAuthorized(deps: OrderDeps, event: DomainEvent): Promise<void> {
  const { orderId, paymentId } = paymentAuthorized.parse(event.data);
  await onOrderOnce(deps, { event, orderId }, async (unit, order) => {
    // Cancelled or expired meanwhile: that event voids the hold, so there is nothing to do here.
    if (order.state !== 'RESERVED') return;
    await advanceOrder(unit, order, { to: 'PAID', at: deps.clock.now(), guard: { paymentId } });
  });
}

async function recordDeclined(deps: OrderDeps, event: DomainEvent): Promise<void> {
  const { orderId, paymentId, availableMinor } = paymentDeclined.parse(event.data);
  await onOrderOnce(deps, { event, orderId }, async (unit, order) => {
    await noteOnOrder(unit, order, {
      type: 'order.payment_declined',
      set: { paymentId: null, declinedPaymentId: paymentId, declinedAvailableMinor: availableMinor },
      guard: { paymentId },
    });
  });
}

async function recordFulfilled(deps: OrderDeps, event: DomainEvent): Promise<void> {
  const { orderId } = entitlementGranted.parse(event.data);
  await onOrderOnce(deps, { event, orderId }, async (unit, order) => {
    if (order.state !== 'PAID') return;
    await advanceOrder(unit, order, { to: 'FULFILLED', at: deps.clock.now() });
  });
}

async function settleDecided(deps: OrderDeps, event: DomainEvent, to: 'COMMITTED' | 'RELEASED'): Promise<void> {
  const { orderId } = orderDecided.parse(event.data);
  const order = await deps.store.findOrder(orderId);
  if (order) await settleCopies(deps, order, to);
}

async function onOrderOnce(
  deps: OrderDeps,
  delivery: { readonly event: DomainEvent; readonly orderId: string },
  effect: (unit: Unit, order: Order) => Promise<void>,
): Promise<void> {
  const { event, orderId } = delivery;
  await deps.transact(orderId, async (unit) => {
    if (!(await deps.events.isFirstDelivery(unit.tx, ORDER_CONSUMER, event))) return;
    const order = await findOrder(unit.tx, orderId);
    if (order) await effect(unit, order);
    else deps.logger.warn({ eventId: event.id, orderId }, 'an event names an order that does not exist');
  });
}
