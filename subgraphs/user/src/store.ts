import { openShards } from '@playgraph/sharding/open-shards';
import { isUniqueViolation } from '@playgraph/sharding/prisma-errors';
import type { Shards } from '@playgraph/sharding/shards';
import { TRANSACTION_OPTIONS } from '@playgraph/sharding/transact';
import type { Credential, EndReason, RefreshTokenRow, Session, UniqueName, User } from './domain.ts';
import { type Prisma, PrismaClient } from './generated/sqlite/client.ts';

/** One shard of the user store. */
export type Db = PrismaClient;
/** A transaction on one shard; a shard itself will do where one statement is enough. */
export type Tx = Prisma.TransactionClient;

/** Who holds a name. */
export type NameHolder = {
  readonly userId: string;
  readonly state: 'RESERVED' | 'CONFIRMED';
  readonly reservedUntil: Date;
};

const migrationsDir = new URL('../../../prisma/user/migrations/sqlite/', import.meta.url);

/** Migrates and opens the shards. */
export function openStore(urls: readonly string[]): Promise<Shards<Db>> {
  return openShards<Db>({
    urls,
    migrationsDir,
    openClient: (adapter) => new PrismaClient({ adapter, transactionOptions: TRANSACTION_OPTIONS }),
  });
}

export type UserStore = ReturnType<typeof createStore>;

/** Every query of the user store. */
export function createStore(shards: Shards<Db>) {
  return {
    shards,
    ...namesOf(shards),
    ...playersOf(shards),
    ...sessionsOf(shards),
  };
}

function namesOf(shards: Shards<Db>) {
  return {
    /** Takes a name that has no row; false when it has one. */
    async insertName({ kind, name }: UniqueName, userId: string, reservedUntil: Date): Promise<boolean> {
      try {
        await shards
          .forName(name)
          .uniqueName.createMany({ data: [{ kind, name, userId, state: 'RESERVED', reservedUntil }] });
        return true;
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        throw error;
      }
    },
    async findNameHolder({ kind, name }: UniqueName): Promise<NameHolder | null> {
      const row = await shards.forName(name).uniqueName.findUnique({ where: { kind_name: { kind, name } } });
      return row as NameHolder | null;
    },
    /** Takes the name from a reservation that is over, unless it changed since `holder` was read. */
    async takeOverName(
      { kind, name }: UniqueName,
      holder: NameHolder,
      by: { userId: string; reservedUntil: Date },
    ): Promise<boolean> {
      const { count } = await shards.forName(name).uniqueName.updateMany({
        where: { kind, name, state: 'RESERVED', userId: holder.userId, reservedUntil: holder.reservedUntil },
        data: by,
      });
      return count === 1;
    },
    async confirmName({ kind, name }: UniqueName, userId: string): Promise<void> {
      await shards.forName(name).uniqueName.updateMany({ where: { kind, name, userId }, data: { state: 'CONFIRMED' } });
    },
    /** Gives a reservation back. */
    async releaseName({ kind, name }: UniqueName, userId: string): Promise<void> {
      await shards.forName(name).uniqueName.deleteMany({ where: { kind, name, userId, state: 'RESERVED' } });
    },
    /** Who holds each of these names, by name: one query per owning shard. A holder may not be a player (yet). */
    async findHolders(kind: UniqueName['kind'], names: readonly string[]): Promise<Map<string, string>> {
      const byShard = new Map<Db, string[]>();
      for (const name of names) {
        const db = shards.forName(name);
        byShard.set(db, [...(byShard.get(db) ?? []), name]);
      }
      const found = await Promise.all(
        [...byShard].map(([db, owned]) => db.uniqueName.findMany({ where: { kind, name: { in: owned } } })),
      );
      return new Map(found.flat().map((row) => [row.name, row.userId]));
    },
  };
}

function playersOf(shards: Shards<Db>) {
  return {
    findUsers: (ids: readonly string[]): Promise<User[]> =>
      shards.mapIds(ids, (db, owned) => db.user.findMany({ where: { id: { in: owned } } })),
    findCredentials: (userIds: readonly string[]): Promise<Credential[]> =>
      shards.mapIds(userIds, (db, owned) => db.credential.findMany({ where: { userId: { in: owned } } })),
    /** Replaces a hash, unless somebody else did. */
    async updatePasswordHash(old: Credential, passwordHash: string): Promise<void> {
      const { userId } = old;
      await shards.forId(userId).credential.updateMany({
        where: { userId, passwordHash: old.passwordHash },
        data: { passwordHash },
      });
    },
    /** Runs `work` in one transaction on the shard that owns `id`. */
    transact: <Result>(id: string, work: (tx: Tx) => Promise<Result>): Promise<Result> =>
      shards.forId(id).$transaction(work),
  };
}

function sessionsOf(shards: Shards<Db>) {
  return {
    async findSession(id: string): Promise<Session | null> {
      return (await shards.forId(id).session.findUnique({ where: { id } })) as Session | null;
    },
    findRefreshToken: (sessionId: string, hash: string): Promise<RefreshTokenRow | null> =>
      shards.forId(sessionId).refreshToken.findFirst({ where: { hash, sessionId } }),
    /** Ends a session that lasts; says whether it was this call. */
    async endSession(id: string, endedAt: Date, endReason: EndReason): Promise<boolean> {
      const { count } = await shards
        .forId(id)
        .session.updateMany({ where: { id, endedAt: null }, data: { endedAt, endReason } });
      return count === 1;
    },
    /** Ends every session of a player that lasts; says how many those were. */
    async endSessionsOf(userId: string, endedAt: Date): Promise<number> {
      const { count } = await shards.forId(userId).session.updateMany({
        where: { userId, endedAt: null, expiresAt: { gt: endedAt } },
        data: { endedAt, endReason: 'LOGGED_OUT' },
      });
      return count;
    },
    /** Removes up to `limit` sessions of each shard that were over at `now`, with their tokens; says how many. */
    async deleteSessionsOver(now: Date, limit: number): Promise<number> {
      const counts = await shards.scatter(async (db) => {
        const over = { expiresAt: { lte: now } };
        const rows = await db.session.findMany({ where: over, select: { id: true }, take: limit });
        const ids = rows.map(({ id }) => id);
        if (ids.length === 0) return 0;
        // Tokens first: a crash in between leaves sessions, which the next run finds.
        await db.refreshToken.deleteMany({ where: { sessionId: { in: ids } } });
        return (await db.session.deleteMany({ where: { id: { in: ids } } })).count;
      });
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}

export async function insertPlayer(tx: Tx, user: User, credential: Credential): Promise<void> {
  await tx.user.createMany({ data: [user] });
  await tx.credential.createMany({ data: [credential] });
}

export async function insertSession(tx: Tx, session: Session): Promise<void> {
  await tx.session.createMany({ data: [session] });
}

export async function insertRefreshToken(tx: Tx, token: RefreshTokenRow): Promise<void> {
  await tx.refreshToken.createMany({ data: [token] });
}

/** Marks a token as exchanged, unless it was before; says whether it was this call. */
export async function markTokenUsed(tx: Tx, hash: string, set: { usedAt: Date; nextSalt: string }): Promise<boolean> {
  const { count } = await tx.refreshToken.updateMany({ where: { hash, usedAt: null }, data: set });
  return count === 1;
}

/** Notes that a session goes on, unless it is over; says whether it is not. */
export async function touchSession(tx: Tx, id: string, seenAt: Date): Promise<boolean> {
  const { count } = await tx.session.updateMany({
    where: { id, endedAt: null, expiresAt: { gt: seenAt } },
    data: { seenAt },
  });
  return count === 1;
}

/** Tokens that are over are refused for that; what became of them need not be known any more. */
export async function deleteTokensOver(tx: Tx, sessionId: string, now: Date): Promise<void> {
  await tx.refreshToken.deleteMany({ where: { sessionId, expiresAt: { lte: now } } });
}
