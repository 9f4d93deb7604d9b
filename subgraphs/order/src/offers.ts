import { createEntityCache, type EntityCache } from '@playgraph/cache/entity-cache';
import type { AnnounceChanges, EntityChange } from '@playgraph/cache/entity-changes';
import type { HotStore } from '@playgraph/cache/hot-store';
import { keyBy } from '@playgraph/kernel/collections';
import type { Logger } from '@playgraph/kernel/logger';
import { type Offer, type StockBand, stockBandOf } from './domain.ts';
import type { OrderStore } from './store.ts';

/** An offer as anyone may see it: how many copies are left is told in bands only. */
export type PublicOffer = Omit<Offer, 'stock' | 'available'> & { readonly stockBand: StockBand };

/** Public offers, read through the hot store. */
export type Offers = {
  /** The offers of those games that have one, by game; at most one query per owning shard. */
  readMany(gameIds: readonly string[]): Promise<Map<string, PublicOffer>>;
  /** To be called after copies were taken or given back. */
  forget(gameIds: readonly string[]): Promise<void>;
};

/** What is told: a sale, of which there are many, must not take what the catalogue says of games with it. */
const OFFERS: readonly EntityChange[] = [{ subgraph: 'order', typename: 'Game' }];
/** How old a public offer may get when the hot store misses that it changed. */
const OFFER_TTL_MS = 10_000;

export function createOffers(deps: {
  readonly store: OrderStore;
  readonly hot: HotStore;
  readonly logger: Logger;
  readonly announce: AnnounceChanges;
}): Offers {
  const cache: EntityCache<PublicOffer> = createEntityCache({
    hot: deps.hot,
    namespace: 'order:offer',
    ttlMs: OFFER_TTL_MS,
  });
  const load = async (gameIds: string[]): Promise<Map<string, PublicOffer>> => {
    const offers = await deps.store.findOffers(gameIds);
    return keyBy(offers.map(toPublic), (offer) => offer.gameId);
  };
  return {
    readMany: (gameIds) => cache.readMany(gameIds, load),
    // The copies have moved already, and a band that is some seconds old is allowed: not worth failing for.
    forget: (gameIds) =>
      cache
        .invalidate(gameIds)
        .then(() => deps.announce(OFFERS))
        .catch((error: unknown) => {
          deps.logger.warn({ error, gameIds }, 'offers stay cached until they expire');
        }),
  };
}

function toPublic({ stock: _, available, ...offer }: Offer): PublicOffer {
  return { ...offer, stockBand: stockBandOf(available) };
}
