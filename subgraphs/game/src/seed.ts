import { chunksOf } from '@playgraph/kernel/collections';
import type { Logger } from '@playgraph/kernel/logger';
import type { Shards } from '@playgraph/sharding/shards';
import type { DemoWorld } from '@playgraph/testkit/demo-world';
import type { Entitlement } from './domain.ts';
import { createSeedStore } from './store/seed.ts';
import type { Db } from './store.ts';

/** How many entitlements are written together. */
const BATCH_ENTITLEMENTS = 1_000;

/**
 * Puts the games of the world's fulfilled orders into their buyers' libraries. Again: only what is not there yet. Tells
 * nobody: the other subgraphs have the same world.
 */
export async function seedGame(shards: Shards<Db>, world: DemoWorld, deps: { readonly logger: Logger }): Promise<void> {
  const store = createSeedStore(shards);
  const entitlements = entitlementsOf(world);
  let written = 0;
  for (const batch of chunksOf(entitlements, BATCH_ENTITLEMENTS)) {
    written += await store.insertMissingEntitlements(batch);
  }
  deps.logger.info({ entitlements: entitlements.length, written }, 'libraries seeded');
}

/** One entitlement a player and game: the one of the earliest order counts. */
function entitlementsOf(world: DemoWorld): Entitlement[] {
  const fulfilled = world.orders.filter((order) => order.state === 'FULFILLED');
  const all = fulfilled.flatMap((order) =>
    order.lines.map((line): Entitlement => {
      const { id: orderId, buyerId: userId, placedAt: grantedAt } = order;
      return { id: line.entitlementId, userId, gameId: line.gameId, orderId, grantedAt };
    }),
  );
  all.sort((left, right) => left.grantedAt.getTime() - right.grantedAt.getTime());
  const first = new Map<string, Entitlement>();
  for (const entitlement of all) {
    const key = `${entitlement.userId} ${entitlement.gameId}`;
    if (!first.has(key)) first.set(key, entitlement);
  }
  return [...first.values()];
}
