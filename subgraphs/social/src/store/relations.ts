import type { TimePage } from '@playgraph/kernel/time-page';
import { beyondKeyset, orderByKeyset } from '@playgraph/sharding/keyset';
import { isUniqueViolation } from '@playgraph/sharding/prisma-errors';
import type { Shards } from '@playgraph/sharding/shards';
import { OvertakenError } from '@playgraph/sharding/transact';
import { mirrorOf, type Relation, type Side } from '../domain/friendship.ts';
import { FRIENDS_MAX } from '../domain.ts';
import type { Relation as RelationRow } from '../generated/sqlite/client.ts';
import type { Db, Tx } from './client.ts';

const NEWEST_FIRST = [{ since: 'desc' as const }, { otherId: 'desc' as const }];

export async function findRelation(tx: Tx, userId: string, otherId: string): Promise<Relation | null> {
  const row = await tx.relation.findUnique({ where: { userId_otherId: { userId, otherId } } });
  return row && toRelation(row);
}

/**
 * Writes the row that is the truth of a pair, over the version before it.
 * @throws OvertakenError when the pair has moved on meanwhile.
 */
export async function writeRelation(tx: Tx, relation: Relation): Promise<void> {
  if (relation.version === 1) {
    await tx.relation.createMany({ data: [relation] });
    return;
  }
  const { userId, otherId, ...change } = relation;
  const { count } = await tx.relation.updateMany({
    where: { userId, otherId, version: relation.version - 1 },
    data: change,
  });
  if (count !== 1) throw new OvertakenError('the relation has changed meanwhile');
}

/** Brings the other player's row up to `relation`, the truth. An older version than what is there changes nothing. */
export async function writeMirror(tx: Tx, relation: Relation): Promise<void> {
  const mirror = mirrorOf(relation);
  if (await replaceOlder(tx, mirror)) return;
  try {
    await tx.relation.createMany({ data: [mirror] });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    await replaceOlder(tx, mirror);
  }
}

/** What `userId` sees of each of `otherIds`; who is missing is a stranger. One query. */
export async function findRelations(db: Db, userId: string, otherIds: readonly string[]): Promise<Relation[]> {
  const rows = await db.relation.findMany({ where: { userId, otherId: { in: [...otherIds] } } });
  return rows.map(toRelation);
}

/** Up to `limit + 1` relations of one player with that side, the newest first (the oldest first backwards). */
export async function findRelationPage(
  db: Db,
  list: { userId: string; side: Side },
  page: TimePage,
): Promise<Relation[]> {
  const order = { key: 'since', id: 'otherId', isUpwards: page.direction === 'backward' };
  const beyond = page.place ? beyondKeyset(order, page.place.at, page.place.id) : {};
  const where = { ...list, ...beyond };
  const rows = await db.relation.findMany({ where, orderBy: orderByKeyset(order), take: page.limit + 1 });
  return rows.map(toRelation);
}

/** All friends of several players, the newest friendship first. One query per shard. */
export function findFriends(shards: Shards<Db>, userIds: readonly string[]): Promise<Relation[]> {
  return shards.mapIds(userIds, async (db, owned) => {
    const rows = await db.relation.findMany({
      where: { userId: { in: owned }, side: 'FRIENDS' },
      orderBy: NEWEST_FIRST,
      take: FRIENDS_MAX * owned.length,
    });
    return rows.map(toRelation);
  });
}

/** How many friends and open requests of their own a player has. */
export function countFriends(db: Db, userId: string): Promise<number> {
  return db.relation.count({ where: { userId, side: { in: ['FRIENDS', 'REQUEST_SENT'] } } });
}

async function replaceOlder(tx: Tx, relation: Relation): Promise<boolean> {
  const { userId, otherId, version } = relation;
  const { count } = await tx.relation.updateMany({
    where: { userId, otherId, version: { lt: version } },
    data: relation,
  });
  return count === 1;
}

function toRelation(row: RelationRow): Relation {
  return { ...row, side: row.side as Side, otherSide: row.otherSide as Side };
}
