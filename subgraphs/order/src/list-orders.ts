import { type Connection, type PageArgs, toConnection } from '@playgraph/kernel/page';
import { parseTimePage, timeKeyset } from '@playgraph/kernel/time-page';
import type { OrderDeps } from './deps.ts';
import type { Order } from './domain.ts';

export type OrderPage = Connection<Order>;

/** A page of a buyer's orders, the newest first: one query on one shard. */
export async function listOrders(deps: OrderDeps, buyerId: string, args: PageArgs): Promise<OrderPage> {
  const page = parseTimePage(args);
  const rows = await deps.store.findOrdersOfBuyer(buyerId, page);
  return toConnection(rows, page, ({ placedAt: at, id }) => timeKeyset({ at, id }));
}
