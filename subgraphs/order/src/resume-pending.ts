import type { OrderDeps } from './deps.ts';
import { reserveOrder } from './reserve-order.ts';
import { sweepOrders } from './sweep-orders.ts';

/**
 * Takes on orders that a crash left PENDING: each becomes RESERVED or, when a copy cannot be had, CANCELLED. Those that
 * are past their time are left to `expireOrders`.
 */
export async function resumePending(deps: OrderDeps): Promise<{ readonly resumed: number }> {
  const { reservationTtlMs, resumeAfterMs } = deps.settings;
  const nowMs = deps.clock.nowMs();
  const resumed = await sweepOrders(deps, {
    state: 'PENDING',
    // A PENDING order ends reservationTtlMs after it was placed: one index serves both sweepers.
    before: new Date(nowMs + reservationTtlMs - resumeAfterMs),
    act: async (order) => {
      if (order.expiresAt.getTime() <= nowMs) return false;
      const taken = await reserveOrder(deps, order);
      return taken.state !== 'PENDING';
    },
  });
  return { resumed };
}
