import { claimIdempotencyKey } from '@playgraph/events/idempotency';
import { bucketOf } from '@playgraph/kernel/ids';
import type { OrderDeps } from './deps.ts';
import { isOpen, type Order, type Quote } from './domain.ts';
import { type AlreadyOrdered, type AlreadyOwned, type NotForSale, refusals, type SoldOut } from './errors.ts';
import { parseGameIds, quoteOrder } from './quote-order.ts';
import { reserveOrder } from './reserve-order.ts';
import { findClaims, findOrder, insertClaims, insertOrders } from './store.ts';
import type { Unit } from './transaction.ts';

export type PlaceOrderInput = { readonly gameIds: readonly string[]; readonly idempotencyKey: string };
export type PlaceOrderSuccess = { readonly __typename: 'PlaceOrderSuccess'; readonly order: Order };
export type PlaceOrderResult = PlaceOrderSuccess | SoldOut | NotForSale | AlreadyOwned | AlreadyOrdered;

/** Quotes, writes the order down, and takes the copies. Whatever stops it in between, `resumePending` finishes. */
export async function placeOrder(deps: OrderDeps, buyerId: string, input: PlaceOrderInput): Promise<PlaceOrderResult> {
  const written = await writePendingOrder(deps, buyerId, input);
  if ('__typename' in written) return written;
  const order = await reserveOrder(deps, written);
  return order.state === 'CANCELLED' && order.soldOutGameId
    ? refusals.soldOut(order.soldOutGameId)
    : { __typename: 'PlaceOrderSuccess', order };
}

/** The first step: the order in the state PENDING with its claims, or the order that the key made before. */
export async function writePendingOrder(
  deps: OrderDeps,
  buyerId: string,
  input: PlaceOrderInput,
): Promise<Order | Exclude<PlaceOrderResult, PlaceOrderSuccess>> {
  const gameIds = parseGameIds(input.gameIds);
  const quote = await quoteOrder(deps, gameIds);
  return deps.transact(buyerId, async (unit) => {
    // The key before any refusal: its order may be what took the last copy.
    const operation = { owner: buyerId, operation: 'placeOrder', key: input.idempotencyKey, input: { gameIds } };
    const key = await claimIdempotencyKey(unit.tx, operation, deps.clock);
    if (key.replay !== null) return getReplayed(unit, key.replay);
    const refusal = await refuseClaimed(unit, buyerId, gameIds);
    if (refusal) return refusal;
    if ('__typename' in quote) return quote;
    const order = draftOrder(deps, buyerId, quote);
    await insertOrders(unit.tx, [order]);
    await insertClaims(
      unit.tx,
      gameIds.map((gameId) => ({ buyerId, gameId, orderId: order.id })),
    );
    await unit.emit('order.placed', order);
    await key.save(order.id);
    return order;
  });
}

async function getReplayed(unit: Unit, orderId: string): Promise<Order> {
  const order = await findOrder(unit.tx, orderId);
  if (!order) throw new Error(`the idempotency key names ${orderId}, which does not exist`);
  return order;
}

async function refuseClaimed(
  unit: Unit,
  buyerId: string,
  gameIds: readonly string[],
): Promise<AlreadyOwned | AlreadyOrdered | null> {
  const claims = new Map((await findClaims(unit.tx, buyerId, gameIds)).map((claim) => [claim.gameId, claim]));
  const claim = gameIds.map((gameId) => claims.get(gameId)).find((it) => it !== undefined);
  if (!claim) return null;
  const order = await findOrder(unit.tx, claim.orderId);
  return order && isOpen(order.state)
    ? refusals.alreadyOrdered(claim.gameId, order)
    : refusals.alreadyOwned(claim.gameId);
}

function draftOrder(deps: OrderDeps, buyerId: string, quote: Quote): Order {
  const placedAt = deps.clock.now();
  return {
    id: deps.ids.make('order', bucketOf(buyerId)),
    buyerId,
    state: 'PENDING',
    seq: 1,
    lines: quote.lines,
    totalMinor: quote.total.amountMinor,
    currency: quote.total.currency,
    placedAt,
    expiresAt: new Date(placedAt.getTime() + deps.settings.reservationTtlMs),
    reservedAt: null,
    paidAt: null,
    fulfilledAt: null,
    cancelledAt: null,
    expiredAt: null,
    cancelReason: null,
    soldOutGameId: null,
    paymentId: null,
    declinedPaymentId: null,
    declinedAvailableMinor: null,
  };
}
