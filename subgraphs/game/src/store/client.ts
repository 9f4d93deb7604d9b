import { openShards } from '@playgraph/sharding/open-shards';
import type { Shards } from '@playgraph/sharding/shards';
import { TRANSACTION_OPTIONS } from '@playgraph/sharding/transact';
import { type Prisma, PrismaClient } from '../generated/sqlite/client.ts';

/** The client of one shard. */
export type Db = PrismaClient;
/** The client inside a transaction of one shard. */
export type Tx = Prisma.TransactionClient;

const migrationsDir = new URL('../../../../prisma/game/migrations/sqlite/', import.meta.url);

/** Migrates and opens the shards at `urls`. */
export function openStore(urls: readonly string[]): Promise<Shards<Db>> {
  return openShards<Db>({
    urls,
    migrationsDir,
    openClient: (adapter) => new PrismaClient({ adapter, transactionOptions: TRANSACTION_OPTIONS }),
  });
}
