import { openShards } from '@playgraph/sharding/open-shards';
import type { Shards } from '@playgraph/sharding/shards';
import { type Prisma, PrismaClient } from '../generated/sqlite/client.ts';

/** The client of one shard. */
export type Db = PrismaClient;
/** A transaction on one shard; a shard itself will do where one statement is enough. */
export type Tx = Prisma.TransactionClient;

const TRANSACTION_ATTEMPTS_MAX = 5;
const TRANSACTION_OPTIONS = { maxWait: 15_000, timeout: 15_000 } as const;
const UNIQUE_VIOLATION = 'P2002';
const WRITE_CONFLICT = 'P2034';

const migrationsDir = new URL('../../../../prisma/social/migrations/sqlite/', import.meta.url);

/** Thrown in a transaction that was overtaken: it rolls back and runs again. */
export class OvertakenError extends Error {
  override readonly name = 'OvertakenError';
}

/** Migrates and opens the shards. */
export function openStore(urls: readonly string[]): Promise<Shards<Db>> {
  return openShards<Db>({ urls, migrationsDir, openClient: (adapter) => new PrismaClient({ adapter }) });
}

/** Runs `work` in one transaction; again, a bounded number of times, when another one came in between. */
export async function transactOn<Result>(db: Db, work: (tx: Tx) => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.$transaction(work, TRANSACTION_OPTIONS);
    } catch (error) {
      if (attempt === TRANSACTION_ATTEMPTS_MAX || !isOvertaken(error)) throw error;
    }
  }
}

export function isUniqueViolation(error: unknown): boolean {
  return codeOf(error) === UNIQUE_VIOLATION;
}

function isOvertaken(error: unknown): boolean {
  return error instanceof OvertakenError || isUniqueViolation(error) || codeOf(error) === WRITE_CONFLICT;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
