import { advanceOrder } from './advance-order.ts';
import type { OrderDeps } from './deps.ts';
import type { Order } from './domain.ts';
import { sweepOrders } from './sweep-orders.ts';

/**
 * Ends every order that was not paid in time, PENDING ones left behind by a crash too. Its copies go back when
 * `order.expired` is handled. A payment that is authorized later loses the race and is voided by that event.
 */
export async function expireOrders(deps: OrderDeps): Promise<{ readonly expired: number }> {
  const now = deps.clock.now();
  const expire = async (order: Order): Promise<boolean> => {
    const guard = { expiresAt: { lte: now } };
    const expired = await deps.transact(order.id, (unit) =>
      advanceOrder(unit, order, { to: 'EXPIRED', at: now, guard }),
    );
    return expired !== null;
  };
  const reserved = await sweepOrders(deps, { state: 'RESERVED', before: now, act: expire });
  const pending = await sweepOrders(deps, { state: 'PENDING', before: now, act: expire });
  return { expired: reserved + pending };
}
