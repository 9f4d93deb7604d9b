import { claimIdempotencyKey } from '@playgraph/events/idempotency';
import { parseId } from '@playgraph/kernel/ids';
import { advanceOrder } from './advance-order.ts';
import type { OrderDeps } from './deps.ts';
import { isOpen, type Order } from './domain.ts';
import { type OrderNotCancellable, orderErrors, refusals } from './errors.ts';
import { settleCopies } from './settle-copies.ts';
import { findOrder } from './store.ts';
import type { Unit } from './transaction.ts';

export type CancelOrderInput = { readonly orderId: string; readonly idempotencyKey: string };
export type CancelOrderSuccess = { readonly __typename: 'CancelOrderSuccess'; readonly order: Order };
export type CancelOrderResult = CancelOrderSuccess | OrderNotCancellable;

/** Cancels an order that is not paid. A payment under way loses the race: payment voids it on `order.cancelled`. */
export async function cancelOrder(
  deps: OrderDeps,
  buyerId: string,
  input: CancelOrderInput,
): Promise<CancelOrderResult> {
  const orderId = parseId('order', input.orderId, 'input.orderId');
  const result = await deps.transact(orderId, async (unit) => {
    const operation = { owner: buyerId, operation: 'cancelOrder', key: input.idempotencyKey, input: { orderId } };
    const key = await claimIdempotencyKey(unit.tx, operation, deps.clock);
    const order = await findOrder(unit.tx, orderId);
    if (order?.buyerId !== buyerId) throw orderErrors.notFound();
    if (key.replay !== null) return succeed(order);
    if (!isOpen(order.state)) return refusals.orderNotCancellable(order);
    const cancelled = await cancelOpen(deps, unit, order);
    await key.save(orderId);
    return succeed(cancelled);
  });
  // At once, so that what the player sees next is true; the event would do it too.
  if (result.__typename === 'CancelOrderSuccess') await settleCopies(deps, result.order, 'RELEASED');
  return result;
}

async function cancelOpen(deps: OrderDeps, unit: Unit, order: Order): Promise<Order> {
  const at = deps.clock.now();
  const cancelled = await advanceOrder(unit, order, { to: 'CANCELLED', at, set: { cancelReason: 'BUYER' } });
  // Read and guarded in one transaction: on MySQL someone may have moved the order in between.
  if (!cancelled) throw orderErrors.busy();
  return cancelled;
}

function succeed(order: Order): CancelOrderSuccess {
  return { __typename: 'CancelOrderSuccess', order };
}
