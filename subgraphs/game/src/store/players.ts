import type { TimePage } from '@playgraph/kernel/time-page';
import { beyondKeyset, orderByKeyset } from '@playgraph/sharding/keyset';
import type { Shards } from '@playgraph/sharding/shards';
import type { Entitlement, PlaySession } from '../domain.ts';
import type { Db, Tx } from './client.ts';

/** What players own and play: rows in the player's bucket. */
export type PlayerStore = {
  /** Which of these games the player owns. */
  findOwnedGameIds(userId: string, gameIds: readonly string[]): Promise<Set<string>>;
  /** Up to `page.limit + 1` entries in reading order, the latest first. */
  listEntitlements(userId: string, page: TimePage): Promise<Entitlement[]>;
  countEntitlements(userId: string): Promise<number>;
  insertPlaySession(session: PlaySession): Promise<void>;
  findPlaySessions(ids: readonly string[]): Promise<PlaySession[]>;
  /** Up to `page.limit + 1` sessions in reading order, the latest first. */
  listPlaySessions(userId: string, page: TimePage): Promise<PlaySession[]>;
  /** Ends the player's session unless it has ended. */
  endPlaySession(id: string, userId: string, now: Date): Promise<void>;
};

export function createPlayerStore(shards: Shards<Db>): PlayerStore {
  return {
    findOwnedGameIds: async (userId, gameIds) => {
      const where = { userId, gameId: { in: [...gameIds] } };
      const rows = await shards.forId(userId).entitlement.findMany({ where, select: { gameId: true } });
      return new Set(rows.map((row) => row.gameId));
    },
    listEntitlements: (userId, page) =>
      shards.forId(userId).entitlement.findMany(pageOf({ userId }, 'grantedAt', page)),
    countEntitlements: (userId) => shards.forId(userId).entitlement.count({ where: { userId } }),
    insertPlaySession: async (session) => {
      await shards.forId(session.id).playSession.createMany({ data: [session] });
    },
    findPlaySessions: (ids) => shards.mapIds(ids, (db, own) => db.playSession.findMany({ where: { id: { in: own } } })),
    listPlaySessions: (userId, page) =>
      shards.forId(userId).playSession.findMany(pageOf({ userId }, 'startedAt', page)),
    endPlaySession: async (id, userId, now) => {
      await shards.forId(id).playSession.updateMany({ where: { id, userId, endedAt: null }, data: { endedAt: now } });
    },
  };
}

/** Writes the entitlements that the player does not have yet; all are of one player. */
export async function insertEntitlements(tx: Tx, entitlements: readonly Entitlement[]): Promise<void> {
  const [first] = entitlements;
  if (!first) return;
  const gameIds = entitlements.map((entitlement) => entitlement.gameId);
  const where = { userId: first.userId, gameId: { in: gameIds } };
  const known = new Set((await tx.entitlement.findMany({ where, select: { gameId: true } })).map((row) => row.gameId));
  const data = entitlements.filter((entitlement) => !known.has(entitlement.gameId));
  // Whoever comes between the read and the write makes this fail on (user, game), and the caller begins again.
  if (data.length > 0) await tx.entitlement.createMany({ data });
}

/** A page of rows by a time, the latest first. */
function pageOf(where: { userId: string }, key: 'grantedAt' | 'startedAt', page: TimePage) {
  const order = { key, id: 'id', isUpwards: page.direction === 'backward' };
  const beyond = page.place ? beyondKeyset(order, page.place.at, page.place.id) : {};
  return { where: { ...where, ...beyond }, orderBy: orderByKeyset(order), take: page.limit + 1 };
}
