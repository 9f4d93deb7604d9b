import { claimIdempotencyKey } from '@playgraph/events/idempotency';
import { bucketOf, parseId } from '@playgraph/kernel/ids';
import { advanceOrder, noteOnOrder } from './advance-order.ts';
import type { OrderDeps } from './deps.ts';
import type { Order } from './domain.ts';
import { type InsufficientFunds, type OrderNotPayable, orderErrors, refusals } from './errors.ts';
import { findOrder } from './store.ts';
import type { OrderEventData, Unit } from './transaction.ts';

export type PayOrderInput = { readonly orderId: string; readonly idempotencyKey: string };
export type PayOrderSuccess = {
  readonly __typename: 'PayOrderSuccess';
  readonly order: Order;
  readonly isSettled: boolean;
};
export type PayOrderResult = PayOrderSuccess | InsufficientFunds | OrderNotPayable;

/** A payment that was asked for, and the order as it was right then. */
type Attempt = { readonly paymentId: string; readonly order: Order };

/** What the key of an order that cost nothing is saved with: there is no payment. */
const NO_PAYMENT = 'none';

/** Asks for the payment, and waits a bounded time for what comes of it. */
export async function payOrder(
  deps: OrderDeps,
  buyer: { readonly userId: string; readonly signal: AbortSignal },
  input: PayOrderInput,
): Promise<PayOrderResult> {
  const orderId = parseId('order', input.orderId, 'input.orderId');
  const attempt = await requestPayment(deps, buyer.userId, { ...input, orderId });
  if ('__typename' in attempt) return attempt;
  const isKnown = outcomeOf(attempt.order, attempt.paymentId) !== null;
  if (!isKnown) await waitForOutcome(deps, attempt, buyer.signal);
  const order = isKnown ? attempt.order : ((await deps.store.findOrder(orderId)) ?? attempt.order);
  return outcomeOf(order, attempt.paymentId) ?? { __typename: 'PayOrderSuccess', order, isSettled: false };
}

/** The first step: `order.payment_requested` is in the outbox, once for all who ask while it is under way. */
export async function requestPayment(
  deps: OrderDeps,
  buyerId: string,
  input: PayOrderInput,
): Promise<Attempt | OrderNotPayable> {
  const { orderId } = input;
  return deps.transact(orderId, async (unit) => {
    const operation = { owner: buyerId, operation: 'payOrder', key: input.idempotencyKey, input: { orderId } };
    const key = await claimIdempotencyKey(unit.tx, operation, deps.clock);
    const order = await findOrder(unit.tx, orderId);
    if (order?.buyerId !== buyerId) throw orderErrors.notFound();
    if (key.replay !== null) return { paymentId: key.replay, order };
    if (order.state !== 'RESERVED' || order.expiresAt <= deps.clock.now()) return refusals.orderNotPayable(order);
    const attempt = await attemptPayment(deps, unit, order);
    await key.save(attempt.paymentId);
    return attempt;
  });
}

async function attemptPayment(deps: OrderDeps, unit: Unit, order: Order): Promise<Attempt> {
  if (order.paymentId) return { paymentId: order.paymentId, order };
  const at = deps.clock.now();
  if (order.totalMinor === 0n) {
    const paid = await advanceOrder(unit, order, { to: 'PAID', at });
    if (!paid) throw orderErrors.busy();
    return { paymentId: NO_PAYMENT, order: paid };
  }
  const paymentId = deps.ids.make('payment', bucketOf(order.buyerId));
  const requested = await noteOnOrder(unit, order, {
    type: 'order.payment_requested',
    set: { paymentId },
    guard: { paymentId: null, expiresAt: { gt: at } },
  });
  if (!requested) throw orderErrors.busy();
  return { paymentId, order: requested };
}

/** Null while nobody knows. An attempt that is not the order's payment any more was declined. */
function outcomeOf(order: Order, paymentId: string): PayOrderResult | null {
  if (order.state === 'PAID' || order.state === 'FULFILLED') {
    return { __typename: 'PayOrderSuccess', order, isSettled: true };
  }
  if (order.paymentId !== paymentId) return refusals.insufficientFunds(order, order.declinedAvailableMinor ?? 0n);
  return order.state === 'RESERVED' ? null : refusals.orderNotPayable(order);
}

/**
 * Follows the order's stream from where the attempt left it, so that no outcome slips through between asking and
 * listening, until the payment is decided, the time is up, or the client has gone.
 */
async function waitForOutcome(deps: OrderDeps, attempt: Attempt, client: AbortSignal): Promise<void> {
  const { order, paymentId } = attempt;
  const signal = AbortSignal.any([client, AbortSignal.timeout(deps.settings.paymentWaitMs)]);
  const db = deps.store.shards.forId(order.id);
  for await (const event of deps.events.follow({ stream: order.id, afterSeq: order.seq, db, signal })) {
    const data = event.data as OrderEventData;
    const isDeclined = event.type === 'order.payment_declined' && data.paymentId === paymentId;
    if (isDeclined || data.state !== 'RESERVED') return;
  }
}
