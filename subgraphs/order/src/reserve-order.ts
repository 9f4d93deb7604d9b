import { advanceOrder } from './advance-order.ts';
import type { OrderDeps } from './deps.ts';
import type { Order } from './domain.ts';
import { holdCopies } from './hold-copies.ts';
import { settleCopies } from './settle-copies.ts';

/**
 * Takes a PENDING order on: RESERVED with a copy of every game, or CANCELLED with none. What placeOrder and the resumer
 * both do, at the same time too: holding is idempotent, and of two decisions one wins. Gives the order as it is then.
 */
export async function reserveOrder(deps: OrderDeps, order: Order): Promise<Order> {
  if (order.state !== 'PENDING') return order;
  const [soldOutGameId] = await holdCopies(deps, order);
  const at = deps.clock.now();
  const decided = await deps.transact(order.id, (unit) =>
    soldOutGameId
      ? advanceOrder(unit, order, { to: 'CANCELLED', at, set: { cancelReason: 'SOLD_OUT', soldOutGameId } })
      : advanceOrder(unit, order, {
          to: 'RESERVED',
          at,
          set: { expiresAt: new Date(at.getTime() + deps.settings.reservationTtlMs) },
        }),
  );
  if (!decided) return (await deps.store.findOrder(order.id)) ?? order;
  // At once, so that what the player sees next is true; the event would do it too.
  if (decided.state === 'CANCELLED') await settleCopies(deps, decided, 'RELEASED');
  return decided;
}
