import type { Identity } from '@playgraph/auth/identity';
import { keyBy } from '@playgraph/kernel/collections';
import { isId } from '@playgraph/kernel/ids';
import DataLoader from 'dataloader';
import type { OrderDeps } from './deps.ts';
import type { Order } from './domain.ts';
import type { PublicOffer } from './offers.ts';

const BATCH_MAX = 200;

/** One request's reads, each id once; at most one query per owning shard and batch. */
export type Loaders = {
  /** An order of the viewer; null when it is not there or not the viewer's. */
  readonly order: DataLoader<string, Order | null>;
  /** A game's offer; null when the game is not for sale. */
  readonly offer: DataLoader<string, PublicOffer | null>;
};

export function createLoaders(deps: OrderDeps, identity: Identity | null): Loaders {
  return {
    order: new DataLoader(
      async (ids) => {
        const wanted = identity ? ids.filter((id) => isId('order', id)) : [];
        const orders = await deps.store.findOrders(wanted);
        const own = orders.filter((order) => order.buyerId === identity?.userId);
        const byId = keyBy(own, (order) => order.id);
        return ids.map((id) => byId.get(id) ?? null);
      },
      { maxBatchSize: BATCH_MAX },
    ),
    offer: new DataLoader(
      async (gameIds) => {
        const offers = await deps.offers.readMany(gameIds.filter((id) => isId('game', id)));
        return gameIds.map((id) => offers.get(id) ?? null);
      },
      { maxBatchSize: BATCH_MAX },
    ),
  };
}
