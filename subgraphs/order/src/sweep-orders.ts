import type { OrderDeps } from './deps.ts';
import type { Order, OrderState } from './domain.ts';
import { type Db, findOverdue } from './store.ts';

type Sweep = {
  readonly state: OrderState;
  /** Orders whose `expiresAt` is not later than this. */
  readonly before: Date;
  /** True when the order was dealt with. Racing with anyone else must be safe. */
  readonly act: (order: Order) => Promise<boolean>;
};

/**
 * Goes over every shard's overdue orders in bounded batches, oldest first, by keyset, and counts those dealt with. One
 * that fails is logged and left for the next run; it does not hold up the rest.
 */
export async function sweepOrders(deps: OrderDeps, sweep: Sweep): Promise<number> {
  const counts = await deps.store.shards.scatter((db) => sweepShard(deps, db, sweep));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function sweepShard(deps: OrderDeps, db: Db, sweep: Sweep): Promise<number> {
  const { sweepBatchSize: limit, sweepBatchesMax } = deps.settings;
  let after: Order | null = null;
  let count = 0;
  for (let batch = 0; batch < sweepBatchesMax; batch++) {
    const orders: Order[] = await findOverdue(db, { state: sweep.state, before: sweep.before, after, limit });
    for (const order of orders) if (await actSafely(deps, sweep, order)) count += 1;
    if (orders.length < limit) return count;
    after = orders.at(-1) ?? null;
  }
  return count;
}

async function actSafely(deps: OrderDeps, sweep: Sweep, order: Order): Promise<boolean> {
  try {
    return await sweep.act(order);
  } catch (error) {
    deps.logger.error({ error, orderId: order.id, state: sweep.state }, 'an order is left for the next sweep');
    return false;
  }
}
