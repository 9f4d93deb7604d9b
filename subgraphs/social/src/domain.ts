import type { Connection, PageRequest } from '@playgraph/kernel/page';

/** The most friends and open requests of their own that one player can have. Bounds every read of a friend list. */
export const FRIENDS_MAX = 1000;
/** The most members a group can have, its founder included. */
export const MEMBERS_MAX = 50;
export const TITLE_CHARS_MAX = 80;
export const BODY_CHARS_MAX = 4000;

/** The largest sequence number that a cursor may hold: what the store's column holds. */
const SEQ_MAX = 2 ** 31 - 1;

/** True for a number that can be a sequence number; a forged cursor may hold anything. */
export function isSeq(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= SEQ_MAX;
}

/** What another subgraph owns, or that is no more than its id here. */
export type EntityRef = { readonly id: string };

/** Somebody in a friend, request or block list. */
export type RelatedUser = { readonly userId: string; readonly since: Date };
export type RelatedUserPage = Connection<RelatedUser>;
export type RelatedUserEdge = RelatedUserPage['edges'][number];

/** A conversation with those who may read it, in the order of joining. */
export type Conversation = {
  readonly id: string;
  readonly kind: 'DIRECT' | 'GROUP';
  readonly title: string | null;
  readonly lastSeq: number;
  readonly lastActivityAt: Date;
  readonly createdAt: Date;
  readonly memberIds: readonly string[];
};

export type Message = {
  readonly id: string;
  readonly conversationId: string;
  readonly seq: number;
  readonly senderId: string;
  readonly body: string;
  readonly sentAt: Date;
};

/** A conversation in a player's list. */
export type ConversationEntry = {
  readonly userId: string;
  readonly conversationId: string;
  readonly lastSeq: number;
  readonly readSeq: number;
  readonly lastActivityAt: Date;
};

export type ConversationPage = Connection<Conversation>;
export type MessagePage = Connection<Message>;

/** Messages of one conversation, `fromSeq` to `toSeq`, both included. */
export type MessageRange = { readonly conversationId: string; readonly fromSeq: number; readonly toSeq: number };

/**
 * The messages that a page needs, one more than it shows. Sequence numbers have no gaps, so a page is a range and any
 * number of pages can be read at once. Forward is from the newest back, `backward` from the oldest on.
 */
export function rangeOfPage(conversation: Conversation, page: PageRequest): MessageRange {
  const { id: conversationId, lastSeq } = conversation;
  const seq = page.keyset === null ? null : Number(page.keyset[0]);
  if (page.direction === 'forward') {
    const toSeq = seq === null ? lastSeq : Math.min(seq - 1, lastSeq);
    return { conversationId, fromSeq: Math.max(toSeq - page.limit, 1), toSeq };
  }
  const fromSeq = seq === null ? 1 : Math.max(seq + 1, 1);
  return { conversationId, fromSeq, toSeq: Math.min(fromSeq + page.limit, lastSeq) };
}

export function unreadOf(entry: Pick<ConversationEntry, 'lastSeq' | 'readSeq'>): number {
  return Math.max(entry.lastSeq - entry.readSeq, 0);
}
