import { groupBy } from '@playgraph/kernel/collections';
import type { Shards } from '@playgraph/sharding/shards';
import type { Entitlement } from '../domain.ts';
import type { Db } from './client.ts';

/** Bulk writes for demo worlds. */
export type SeedStore = {
  /** Writes the entitlements whose player does not own the game yet; says how many that were. */
  insertMissingEntitlements(entitlements: readonly Entitlement[]): Promise<number>;
};

export function createSeedStore(shards: Shards<Db>): SeedStore {
  return {
    insertMissingEntitlements: async (entitlements) => {
      const byShard = groupBy(entitlements, (entitlement) => shards.forId(entitlement.userId));
      const counts = await Promise.all([...byShard].map(([db, own]) => insertMissing(db, own)));
      return counts.reduce((total, count) => total + count, 0);
    },
  };
}

async function insertMissing(db: Db, entitlements: readonly Entitlement[]): Promise<number> {
  const userIds = [...new Set(entitlements.map((entitlement) => entitlement.userId))];
  const known = await db.entitlement.findMany({
    where: { userId: { in: userIds } },
    select: { userId: true, gameId: true },
  });
  const owned = new Set(known.map(({ userId, gameId }) => `${userId} ${gameId}`));
  const data = entitlements.filter(({ userId, gameId }) => !owned.has(`${userId} ${gameId}`));
  if (data.length > 0) await db.entitlement.createMany({ data });
  return data.length;
}
