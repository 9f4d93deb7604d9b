import { keyBy } from '@playgraph/kernel/collections';
import { once } from '@playgraph/kernel/once';
import type { TimePage } from '@playgraph/kernel/time-page';
import DataLoader from 'dataloader';
import type { Relation } from './domain/friendship.ts';
import type { Conversation, ConversationEntry, Message, MessageRange } from './domain.ts';
import { pageInMemory, placeOfRelation } from './page-in-memory.ts';
import type { Store } from './store.ts';

/** The most keys of one batch. */
const BATCH_MAX = 100;

export type FriendPageKey = { readonly userId: string; readonly page: TimePage };
export type Loaders = ReturnType<typeof createLoaders>;

/** One set a request, for the one who asks: nothing here is shared between players. */
export function createLoaders(store: Store, viewerId: string | null) {
  const options = { maxBatchSize: BATCH_MAX };
  /** The viewer's friends, the newest first: read once, for all games of the request. */
  const viewerFriends = once(() => (viewerId === null ? Promise.resolve([]) : store.findFriends([viewerId])));
  return {
    viewerFriends,
    /** What a player is to the viewer; null for a stranger. */
    relation: new DataLoader<string, Relation | null>(async (otherIds) => {
      if (viewerId === null) return otherIds.map(() => null);
      const found = keyBy(await store.findRelations(viewerId, otherIds), (relation) => relation.otherId);
      return otherIds.map((id) => found.get(id) ?? null);
    }, options),
    /** A page of a player's friends; up to one more than it shows. */
    friendPage: new DataLoader<FriendPageKey, readonly Relation[], string>((keys) => readFriendPages(store, keys), {
      ...options,
      cacheKeyFn: (key) => JSON.stringify(key),
    }),
    /** Which of the viewer's friends have a game. */
    ownerIds: new DataLoader<string, ReadonlySet<string>>(async (gameIds) => {
      const friendIds = (await viewerFriends()).map((friend) => friend.otherId);
      const owned = friendIds.length === 0 ? [] : await store.findOwnedGames(friendIds, gameIds);
      const owners = new Map(gameIds.map((gameId) => [gameId, new Set<string>()]));
      for (const { gameId, userId } of owned) owners.get(gameId)?.add(userId);
      return gameIds.map((gameId) => owners.get(gameId) ?? new Set());
    }, options),
    /** A conversation that the viewer is a member of; null for any other. */
    conversation: new DataLoader<string, Conversation | null>(async (ids) => {
      if (viewerId === null) return ids.map(() => null);
      const found = keyBy(await store.findConversations(ids), (conversation) => conversation.id);
      return ids.map((id) => {
        const conversation = found.get(id);
        return conversation?.memberIds.includes(viewerId) ? conversation : null;
      });
    }, options),
    /** A conversation in the viewer's list. */
    entry: new DataLoader<string, ConversationEntry | null>(async (ids) => {
      if (viewerId === null) return ids.map(() => null);
      const found = keyBy(await store.findEntries(viewerId, ids), (entry) => entry.conversationId);
      return ids.map((id) => found.get(id) ?? null);
    }, options),
    /** The messages of a range, in rising order. */
    messages: new DataLoader<MessageRange, readonly Message[], string>((ranges) => readRanges(store, ranges), {
      ...options,
      cacheKeyFn: ({ conversationId, fromSeq, toSeq }) => `${conversationId}/${fromSeq}/${toSeq}`,
    }),
  };
}

/** One player's page is read as such; pages of several players come out of their whole, bounded lists, in one query a shard. */
async function readFriendPages(store: Store, keys: readonly FriendPageKey[]): Promise<(readonly Relation[])[]> {
  const [only] = keys;
  if (only && keys.length === 1)
    return [await store.findRelationPage({ userId: only.userId, side: 'FRIENDS' }, only.page)];
  const friends = new Map<string, Relation[]>(keys.map((key) => [key.userId, []]));
  for (const relation of await store.findFriends([...friends.keys()])) friends.get(relation.userId)?.push(relation);
  return keys.map(({ userId, page }) => pageInMemory(friends.get(userId) ?? [], page, placeOfRelation));
}

async function readRanges(store: Store, ranges: readonly MessageRange[]): Promise<(readonly Message[])[]> {
  const isEmpty = (range: MessageRange): boolean => range.toSeq < range.fromSeq;
  const wanted = ranges.filter((range) => !isEmpty(range));
  const found = wanted.length === 0 ? [] : await store.findMessages(wanted);
  const bySeq = keyBy(found, (message) => `${message.conversationId}/${message.seq}`);
  return ranges.map((range) => {
    const length = isEmpty(range) ? 0 : range.toSeq - range.fromSeq + 1;
    const seqs = Array.from({ length }, (_, index) => range.fromSeq + index);
    return seqs.flatMap((seq) => bySeq.get(`${range.conversationId}/${seq}`) ?? []);
  });
}
