import { chunksOf, keyBy } from '@playgraph/kernel/collections';
import type { Logger } from '@playgraph/kernel/logger';
import type { Shards } from '@playgraph/sharding/shards';
import type { DemoOrder, DemoWorld } from '@playgraph/testkit/demo-world';
import { defaultSettings } from './deps.ts';
import type { Order } from './domain.ts';
import {
  type Claim,
  createStore,
  type Db,
  findClaimsOfBuyers,
  findExistingOrderIds,
  insertClaims,
  insertOrders,
} from './store.ts';

/** Orders written in one transaction of one shard. */
const SEED_BATCH_SIZE = 500;
/** How long a demo player thinks before paying or cancelling. */
const DEMO_STEP_MS = { reserved: 40, decided: 45_000, fulfilled: 45_300 } as const;
const DEMO_CURRENCY = 'EUR';

/**
 * Writes the demo world's finished orders and the claims of those that were fulfilled; what is there already stays as
 * it is. Offers come from `game.published`, with the stock that is left: copies of demo orders were sold before that
 * count began, so no stock changes and there are no reservations. Nor are there events: nothing is to follow from them.
 */
export async function seedOrder(
  shards: Shards<Db>,
  world: Pick<DemoWorld, 'orders'>,
  deps: { readonly logger: Logger },
): Promise<void> {
  const store = createStore(shards);
  let done = 0;
  for (const batch of chunksOf(world.orders, SEED_BATCH_SIZE)) {
    const byId = keyBy(batch, (order) => order.id);
    await store.transactByShard([...byId.keys()], async (tx, ids) => {
      const existing = new Set(await findExistingOrderIds(tx, ids));
      const missing = ids.flatMap((id) => (existing.has(id) ? [] : (byId.get(id) ?? [])));
      if (missing.length === 0) return [];
      await insertOrders(tx, missing.map(toOrder));
      const wanted = missing.filter((order) => order.state === 'FULFILLED').flatMap(claimsOf);
      const claimed = await findClaimsOfBuyers(tx, [...new Set(wanted.map((claim) => claim.buyerId))]);
      const fresh = new Map(wanted.map((claim) => [claimKey(claim), claim]));
      for (const claim of claimed) fresh.delete(claimKey(claim));
      if (fresh.size > 0) await insertClaims(tx, [...fresh.values()]);
      return [];
    });
    done += batch.length;
    deps.logger.info({ done, of: world.orders.length }, 'orders seeded');
  }
}

function toOrder(demo: DemoOrder): Order {
  const after = (ms: number): Date => new Date(demo.placedAt.getTime() + ms);
  const isFulfilled = demo.state === 'FULFILLED';
  const isCancelled = demo.state === 'CANCELLED';
  const expiresAt = after(DEMO_STEP_MS.reserved + defaultSettings.reservationTtlMs);
  return {
    id: demo.id,
    buyerId: demo.buyerId,
    state: demo.state,
    seq: 0,
    lines: demo.lines.map(({ gameId, priceMinor }) => ({ gameId, priceMinor })),
    totalMinor: demo.totalMinor,
    currency: DEMO_CURRENCY,
    placedAt: demo.placedAt,
    expiresAt,
    reservedAt: after(DEMO_STEP_MS.reserved),
    paidAt: isFulfilled ? after(DEMO_STEP_MS.decided) : null,
    fulfilledAt: isFulfilled ? after(DEMO_STEP_MS.fulfilled) : null,
    cancelledAt: isCancelled ? after(DEMO_STEP_MS.decided) : null,
    expiredAt: demo.state === 'EXPIRED' ? expiresAt : null,
    cancelReason: isCancelled ? 'BUYER' : null,
    soldOutGameId: null,
    paymentId: isFulfilled ? demo.paymentId : null,
    declinedPaymentId: null,
    declinedAvailableMinor: null,
  };
}

function claimsOf(demo: DemoOrder): Claim[] {
  return demo.lines.map(({ gameId }) => ({ buyerId: demo.buyerId, gameId, orderId: demo.id }));
}

function claimKey(claim: Claim): string {
  return `${claim.buyerId}/${claim.gameId}`;
}
