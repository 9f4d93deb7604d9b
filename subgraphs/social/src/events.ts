import { type DomainEvent, topicOf } from '@playgraph/events/event-log';
import { z } from 'zod';
import type { SocialDeps } from './deps.ts';
import { standingOf } from './domain/friendship.ts';
import { inboxOf, MESSAGE_RECEIVED, type MessageReceived } from './follow-messages.ts';
import { knownUserChannel } from './known-users.ts';
import { MEMBERS_CHANGED } from './members-change.ts';
import { FRIENDSHIP_CHANGED } from './move-friendship.ts';
import { MESSAGE_SENT } from './send-message.ts';
import { raiseEntries, writeEntries } from './store/conversations.ts';
import { writeMirror } from './store/relations.ts';
import { insertKnownUser, insertOwnedGames, type Tx } from './store.ts';

/** The name that this subgraph's inbox entries carry. */
const CONSUMER = 'social';

const instant = z.iso.datetime().transform((text) => new Date(text));
const side = z.enum(['NONE', 'REQUEST_SENT', 'REQUEST_RECEIVED', 'FRIENDS', 'BLOCKED']);
const friendshipChanged = z.object({
  truth: z.object({
    userId: z.string(),
    otherId: z.string(),
    friendshipId: z.string(),
    side,
    otherSide: side,
    since: instant,
    otherSince: instant,
    version: z.int(),
  }),
});
const membersChanged = z.object({
  conversationId: z.string(),
  membersVersion: z.int(),
  joinedIds: z.array(z.string()),
  leftIds: z.array(z.string()),
  lastSeq: z.int(),
  at: instant,
});
const messageSent = z.object({
  conversationId: z.string(),
  messageId: z.string(),
  senderId: z.string(),
  memberIds: z.array(z.string()),
  seq: z.int(),
  sentAt: instant,
});
const userRegistered = z.object({ userId: z.string() });
const entitlementGranted = z.object({ userId: z.string(), gameIds: z.array(z.string()) });

/** Starts to consume: what other subgraphs tell, and what this one has to finish on other shards. */
export async function consumeEvents(deps: SocialDeps): Promise<void> {
  await deps.events.consume({
    consumer: CONSUMER,
    topics: [topicOf('user'), topicOf('game'), topicOf('social')],
    handlers: {
      'user.registered': (event) => meetUser(deps, event),
      'game.entitlement_granted': (event) => noteOwnedGames(deps, event),
      [FRIENDSHIP_CHANGED]: (event) => mirrorFriendship(deps, event),
      [MEMBERS_CHANGED]: (event) => listConversation(deps, event),
      [MESSAGE_SENT]: (event) => deliverMessage(deps, event),
    },
  });
}

async function meetUser(deps: SocialDeps, event: DomainEvent): Promise<void> {
  const { userId } = userRegistered.parse(event.data);
  await onceByShard(deps, { event, ids: [userId] }, (tx) => insertKnownUser(tx, userId).then(noEvents));
  await deps.hot.publish(knownUserChannel(userId), '');
}

async function noteOwnedGames(deps: SocialDeps, event: DomainEvent): Promise<void> {
  const { userId, gameIds } = entitlementGranted.parse(event.data);
  await onceByShard(deps, { event, ids: [userId] }, (tx) => insertOwnedGames(tx, userId, gameIds).then(noEvents));
}

/** Heals a pair whose second row was not written: the process died, or the shard did not answer. */
async function mirrorFriendship(deps: SocialDeps, event: DomainEvent): Promise<void> {
  const { truth } = friendshipChanged.parse(event.data);
  standingOf(truth);
  await onceByShard(deps, { event, ids: [truth.otherId] }, (tx) => writeMirror(tx, truth).then(noEvents));
}

async function listConversation(deps: SocialDeps, event: DomainEvent): Promise<void> {
  const change = membersChanged.parse(event.data);
  const ids = [...change.joinedIds, ...change.leftIds];
  await onceByShard(deps, { event, ids }, (tx, owned) => writeEntries(tx, owned, change).then(noEvents));
}

/**
 * Fans a message out: into the inbox stream of every member, and onto the top of their lists. All members of one shard
 * are one transaction, so that a repeated event finds each of them served or not served at all.
 */
async function deliverMessage(deps: SocialDeps, event: DomainEvent): Promise<void> {
  const { memberIds, messageId, ...message } = messageSent.parse(event.data);
  const { conversationId, seq } = message;
  const data: MessageReceived = { conversationId, messageId, seq };
  const delivered = await onceByShard(deps, { event, ids: memberIds }, async (tx, owned) => {
    const received: DomainEvent[] = [];
    for (const userId of owned) {
      received.push(await deps.events.append(tx, { stream: inboxOf(userId), type: MESSAGE_RECEIVED, data }));
    }
    await raiseEntries(tx, owned, message);
    return received;
  });
  deps.events.committed(delivered);
}

const noEvents = (): DomainEvent[] => [];

/**
 * Runs `effect` once per event and shard that owns some of `ids`, however often the event comes; gives the events that
 * were appended.
 */
function onceByShard(
  deps: SocialDeps,
  delivery: { readonly event: DomainEvent; readonly ids: readonly string[] },
  effect: (tx: Tx, owned: string[]) => Promise<DomainEvent[]>,
): Promise<DomainEvent[]> {
  return deps.store.transactByShard(delivery.ids, async (tx, owned) =>
    (await deps.events.isFirstDelivery(tx, CONSUMER, delivery.event)) ? effect(tx, owned) : [],
  );
}
