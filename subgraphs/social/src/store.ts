import type { TimePage } from '@playgraph/kernel/time-page';
import { isUniqueViolation } from '@playgraph/sharding/prisma-errors';
import type { Shards } from '@playgraph/sharding/shards';
import { transactOn } from '@playgraph/sharding/transact';
import type { Relation, Side } from './domain/friendship.ts';
import type { Conversation, ConversationEntry, Message, MessageRange } from './domain.ts';
import type { Db, Tx } from './store/client.ts';
import { findConversations, findDirectId, findEntries, findEntryPage, findMessages } from './store/conversations.ts';
import { countFriends, findFriends, findRelationPage, findRelations } from './store/relations.ts';

export { type Db, openStore, type Tx } from './store/client.ts';

/** The reads of the subgraph, and its transactions; what a transaction writes is in `store/`. */
export type Store = {
  /** The shard of an id, or of a stream that is named after one. */
  dbOf(id: string): Db;
  /** One transaction on the shard that owns `id`; again, a bounded number of times, when another one came in between. */
  transact<Result>(id: string, work: (tx: Tx) => Promise<Result>): Promise<Result>;
  /** One such transaction per shard that owns some of `ids`; what they give, all together. Fails when one fails. */
  transactByShard<Row>(ids: readonly string[], work: (tx: Tx, owned: string[]) => Promise<Row[]>): Promise<Row[]>;
  /** The same on the shard of a unique name. */
  transactOnName<Result>(name: string, work: (tx: Tx) => Promise<Result>): Promise<Result>;
  isKnownUser(userId: string): Promise<boolean>;
  findRelations(userId: string, otherIds: readonly string[]): Promise<Relation[]>;
  findRelationPage(list: { userId: string; side: Side }, page: TimePage): Promise<Relation[]>;
  findFriends(userIds: readonly string[]): Promise<Relation[]>;
  countFriends(userId: string): Promise<number>;
  findOwnedGames(userIds: readonly string[], gameIds: readonly string[]): Promise<{ userId: string; gameId: string }[]>;
  findDirectId(pairKey: string): Promise<string | null>;
  findConversations(ids: readonly string[]): Promise<Conversation[]>;
  findMessages(ranges: readonly MessageRange[]): Promise<Message[]>;
  findEntries(userId: string, conversationIds: readonly string[]): Promise<ConversationEntry[]>;
  findEntryPage(userId: string, page: TimePage): Promise<ConversationEntry[]>;
  /** The sequence number of the newest event of a stream; 0 when there is none. */
  findStreamHead(stream: string): Promise<number>;
  /** Fails when a shard does not answer. */
  checkReady(): Promise<void>;
};

export function createStore(shards: Shards<Db>): Store {
  return {
    dbOf: (id) => shards.forId(id),
    transact: (id, work) => transactOn(shards.forId(id), work),
    transactByShard: (ids, work) => shards.mapIds(ids, (db, owned) => transactOn(db, (tx) => work(tx, owned))),
    transactOnName: (name, work) => transactOn(shards.forName(name), work),
    async isKnownUser(userId) {
      return (await shards.forId(userId).knownUser.findUnique({ where: { userId } })) !== null;
    },
    findRelations: (userId, otherIds) => findRelations(shards.forId(userId), userId, otherIds),
    findRelationPage: (list, page) => findRelationPage(shards.forId(list.userId), list, page),
    findFriends: (userIds) => findFriends(shards, userIds),
    countFriends: (userId) => countFriends(shards.forId(userId), userId),
    findOwnedGames: (userIds, gameIds) =>
      shards.mapIds(userIds, (db, owned) =>
        db.ownedGame.findMany({ where: { userId: { in: owned }, gameId: { in: [...gameIds] } } }),
      ),
    findDirectId: (pairKey) => findDirectId(shards.forName(pairKey), pairKey),
    findConversations: (ids) => findConversations(shards, ids),
    findMessages: (ranges) => findMessages(shards, ranges),
    findEntries: (userId, conversationIds) => findEntries(shards.forId(userId), userId, conversationIds),
    findEntryPage: (userId, page) => findEntryPage(shards.forId(userId), userId, page),
    async findStreamHead(stream) {
      return (await shards.forId(stream).streamHead.findUnique({ where: { stream } }))?.seq ?? 0;
    },
    async checkReady() {
      await shards.scatter((db) => db.knownUser.findFirst({ select: { userId: true } }));
    },
  };
}

/** Notes that a player exists. */
export async function insertKnownUser(tx: Tx, userId: string): Promise<void> {
  await ignoreKnown(tx.knownUser.createMany({ data: [{ userId }] }));
}

/** Notes that a player has games. */
export async function insertOwnedGames(tx: Tx, userId: string, gameIds: readonly string[]): Promise<void> {
  for (const gameId of gameIds) await ignoreKnown(tx.ownedGame.createMany({ data: [{ userId, gameId }] }));
}

async function ignoreKnown(insert: PromiseLike<unknown>): Promise<void> {
  try {
    await insert;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
  }
}
