import { openShards } from '@playgraph/sharding/open-shards';
import type { Shards } from '@playgraph/sharding/shards';
import { type Prisma, PrismaClient } from '../generated/sqlite/client.ts';

/** The client of one shard. */
export type Db = PrismaClient;
/** The client inside a transaction of one shard. */
export type Tx = Prisma.TransactionClient;

const MIGRATIONS = new URL('../../../../prisma/game/migrations/sqlite/', import.meta.url);

/** Migrates and opens the shards at `urls`. */
export function openStore(urls: readonly string[]): Promise<Shards<Db>> {
  return openShards<Db>({ urls, migrationsDir: MIGRATIONS, openClient: (adapter) => new PrismaClient({ adapter }) });
}

/** The rows on one side of a (key, id) pair: upwards those greater, downwards those less. */
export function besideKeyset(side: { key: string; isUpwards: boolean }, value: unknown, id: string): object {
  const [beyond, from] = side.isUpwards ? (['gt', 'gte'] as const) : (['lt', 'lte'] as const);
  // The first condition says nothing new, but it alone can be read off the index.
  return {
    AND: [
      { [side.key]: { [from]: value } },
      { OR: [{ [side.key]: { [beyond]: value } }, { [side.key]: value, id: { [beyond]: id } }] },
    ],
  };
}

/** The order that goes with `besideKeyset`. */
export function byKeyset(side: { key: string; isUpwards: boolean }): [object, object] {
  const direction = side.isUpwards ? 'asc' : 'desc';
  return [{ [side.key]: direction }, { id: direction }];
}
