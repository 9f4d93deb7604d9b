import type { TimePage } from '@playgraph/kernel/time-page';
import { beyondKeyset, orderByKeyset } from '@playgraph/sharding/keyset';
import { isUniqueViolation } from '@playgraph/sharding/prisma-errors';
import type { Shards } from '@playgraph/sharding/shards';
import type { Conversation, ConversationEntry, Message, MessageRange } from '../domain.ts';
import type { Conversation as ConversationRow } from '../generated/sqlite/client.ts';
import type { Db, Tx } from './client.ts';

/** Who joined and left a conversation at one `membersVersion`. */
export type MembersChange = {
  readonly conversationId: string;
  readonly membersVersion: number;
  readonly joinedIds: readonly string[];
  readonly leftIds: readonly string[];
  /** The newest message at that moment: what new members find is read. */
  readonly lastSeq: number;
  readonly at: Date;
};

const FIRST_VERSION = 1;

/** Conversations with their members: two queries per shard. */
export function findConversations(shards: Shards<Db>, ids: readonly string[]): Promise<Conversation[]> {
  return shards.mapIds(ids, async (db, owned) => {
    const [rows, members] = await Promise.all([
      db.conversation.findMany({ where: { id: { in: owned } } }),
      db.conversationMember.findMany({
        where: { conversationId: { in: owned } },
        orderBy: [{ joinedAt: 'asc' }, { userId: 'asc' }],
      }),
    ]);
    return rows.map((row) => {
      const own = members.filter((member) => member.conversationId === row.id);
      return toConversation(
        row,
        own.map((member) => member.userId),
      );
    });
  });
}

export async function findMemberIds(tx: Tx, conversationId: string): Promise<string[]> {
  const rows = await tx.conversationMember.findMany({ where: { conversationId }, select: { userId: true } });
  return rows.map((row) => row.userId);
}

/** The direct conversation of a pair; null when there is none yet. */
export async function findDirectId(tx: Tx, pairKey: string): Promise<string | null> {
  const row = await tx.directConversation.findUnique({ where: { pairKey } });
  return row?.conversationId ?? null;
}

/** @throws a unique violation when the pair has a conversation by now. */
export async function insertDirect(tx: Tx, pairKey: string, conversationId: string): Promise<void> {
  await tx.directConversation.createMany({ data: [{ pairKey, conversationId }] });
}

export async function insertConversation(tx: Tx, conversation: Conversation): Promise<MembersChange> {
  const { memberIds, ...row } = conversation;
  const { id: conversationId, createdAt, lastSeq } = conversation;
  await tx.conversation.createMany({ data: [{ ...row, membersVersion: FIRST_VERSION }] });
  await insertMembers(tx, conversation, { userIds: memberIds, at: createdAt });
  return { conversationId, membersVersion: FIRST_VERSION, joinedIds: memberIds, leftIds: [], lastSeq, at: createdAt };
}

export async function insertMembers(
  tx: Tx,
  conversation: { readonly id: string },
  joining: { readonly userIds: readonly string[]; readonly at: Date },
): Promise<void> {
  const data = joining.userIds.map((userId) => ({ conversationId: conversation.id, userId, joinedAt: joining.at }));
  await tx.conversationMember.createMany({ data });
}

/** False when the player was no member. */
export async function deleteMember(tx: Tx, conversationId: string, userId: string): Promise<boolean> {
  const { count } = await tx.conversationMember.deleteMany({ where: { conversationId, userId } });
  return count === 1;
}

/**
 * Takes hold of a conversation's members before they are read: whoever wants to change them too waits for the end of
 * this transaction. Null when there is no such conversation.
 */
export async function lockMembers(tx: Tx, id: string): Promise<{ membersVersion: number; lastSeq: number } | null> {
  // Nothing is changed: an update is what locks a row on every database.
  await tx.conversation.updateMany({ where: { id }, data: { membersVersion: { increment: 0 } } });
  return tx.conversation.findUnique({ where: { id }, select: { membersVersion: true, lastSeq: true } });
}

/** Counts a change of members, in the transaction that has locked them. */
export async function raiseMembersVersion(tx: Tx, id: string): Promise<void> {
  await tx.conversation.updateMany({ where: { id }, data: { membersVersion: { increment: 1 } } });
}

/** Appends a message at the conversation's next sequence number. */
export async function insertMessage(tx: Tx, message: Omit<Message, 'seq'>): Promise<Message> {
  const id = message.conversationId;
  await tx.conversation.updateMany({
    where: { id },
    data: { lastSeq: { increment: 1 }, lastActivityAt: message.sentAt },
  });
  const { lastSeq: seq } = await tx.conversation.findUniqueOrThrow({ where: { id }, select: { lastSeq: true } });
  const row = { ...message, seq };
  await tx.message.createMany({ data: [row] });
  return row;
}

/** Any number of ranges of any number of conversations: one query per shard. */
export function findMessages(shards: Shards<Db>, ranges: readonly MessageRange[]): Promise<Message[]> {
  const ids = [...new Set(ranges.map((range) => range.conversationId))];
  return shards.mapIds(ids, (db, owned) => {
    const here = new Set(owned);
    const OR = ranges
      .filter((range) => here.has(range.conversationId))
      .map(({ conversationId, fromSeq, toSeq }) => ({ conversationId, seq: { gte: fromSeq, lte: toSeq } }));
    return db.message.findMany({ where: { OR } });
  });
}

/** Brings the lists of players who live in one shard up to a change of members. A change that is known already does nothing. */
export async function writeEntries(tx: Tx, userIds: readonly string[], change: MembersChange): Promise<void> {
  const { conversationId, membersVersion, lastSeq, at } = change;
  const older = { conversationId, membersVersion: { lt: membersVersion } };
  for (const userId of userIds) {
    const isMember = change.joinedIds.includes(userId);
    const place = isMember ? { lastSeq, readSeq: lastSeq, lastActivityAt: at } : {};
    const set = { membersVersion, isMember, ...place };
    const { count } = await tx.conversationEntry.updateMany({ where: { userId, ...older }, data: set });
    if (count === 1) continue;
    const fresh = { userId, conversationId, lastSeq, readSeq: lastSeq, lastActivityAt: at, membersVersion, isMember };
    await tx.conversationEntry.createMany({ data: [fresh] }).catch((error: unknown) => {
      // There already, and not older: the inline write or the event was first.
      if (!isUniqueViolation(error)) throw error;
    });
  }
}

/** Puts a new message on top of the lists of players who live in one shard. */
export async function raiseEntries(
  tx: Tx,
  userIds: readonly string[],
  message: Pick<Message, 'conversationId' | 'seq' | 'sentAt' | 'senderId'>,
): Promise<void> {
  const { conversationId, seq, sentAt, senderId } = message;
  const entries = { conversationId, userId: { in: [...userIds] }, lastSeq: { lt: seq } };
  await tx.conversationEntry.updateMany({ where: entries, data: { lastSeq: seq, lastActivityAt: sentAt } });
  if (userIds.includes(senderId)) await markRead(tx, { userId: senderId, conversationId, seq });
}

/** Never back: what is marked stays marked. */
export async function markRead(tx: Tx, mark: { userId: string; conversationId: string; seq: number }): Promise<void> {
  const { userId, conversationId, seq } = mark;
  await tx.conversationEntry.updateMany({
    where: { userId, conversationId, readSeq: { lt: seq } },
    data: { readSeq: seq },
  });
}

export function findEntries(db: Db, userId: string, conversationIds: readonly string[]): Promise<ConversationEntry[]> {
  return db.conversationEntry.findMany({ where: { userId, conversationId: { in: [...conversationIds] } } });
}

/** Up to `limit + 1` conversations of one player, the last active first (the quietest first backwards). */
export function findEntryPage(db: Db, userId: string, page: TimePage): Promise<ConversationEntry[]> {
  const order = { key: 'lastActivityAt', id: 'conversationId', isUpwards: page.direction === 'backward' };
  const beyond = page.place ? beyondKeyset(order, page.place.at, page.place.id) : {};
  const where = { userId, isMember: true, ...beyond };
  return db.conversationEntry.findMany({ where, orderBy: orderByKeyset(order), take: page.limit + 1 });
}

function toConversation(row: ConversationRow, memberIds: readonly string[]): Conversation {
  const { membersVersion: _, ...rest } = row;
  return { ...rest, kind: row.kind === 'DIRECT' ? 'DIRECT' : 'GROUP', memberIds };
}
