import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { createLocalEventLog } from '@playgraph/events/local-event-log';
import { encodeStreamCursor } from '@playgraph/events/stream-cursor';
import { systemClock as clock } from '@playgraph/kernel/clock';
import { createIds } from '@playgraph/kernel/ids';
import { silentLogger as logger } from '@playgraph/kernel/logger';
import { systemRandom as random } from '@playgraph/kernel/random';
import type { Subgraph } from '@playgraph/server/subgraph';
import type { Shards } from '@playgraph/sharding/shards';
import { freshKey } from '@playgraph/testkit/idempotency-keys';
import { createNeighbours } from '@playgraph/testkit/neighbours';
import { createSubgraphClient, type SubgraphClient } from '@playgraph/testkit/subgraph-client';
import { createTempFolder } from '@playgraph/testkit/temp-folder';
import { onTestFinished } from 'vitest';
import type { SocialSettings } from '../src/deps.ts';
import { inboxOf } from '../src/follow-messages.ts';
import { type Db, openStore } from '../src/store.ts';
import { createSubgraph } from '../src/subgraph.ts';

/** Buckets of the first and of the last shard of two. */
export const FIRST_SHARD = 0;
export const LAST_SHARD = 1023;
const SHORT_WAIT_MS = 30;

/** A player, who asks whichever process runs. */
export type Player = SubgraphClient & { readonly id: string };
export type World = Awaited<ReturnType<typeof openWorld>>;

/** A social subgraph on two shards of its own, and the players that a test makes. Removed when the test ends. */
export async function openWorld(settings: Partial<SocialSettings> = {}) {
  const folder = await createTempFolder('social');
  const shards = await openStore(folder.shardUrls(2));
  const hot = createMemoryHotStore({ clock });
  const ids = createIds({ clock, random });
  const allowed = { messageBurst: 1_000_000, newPlayerWaitMs: SHORT_WAIT_MS, ...settings };
  const start = async () => {
    const log = createLocalEventLog({ logger, isHeld: true });
    const subgraph = await createSubgraph({ shards, hot, log, clock, ids, random, logger, settings: allowed });
    log.release();
    return { log, subgraph };
  };
  let running = await start();
  const stop = async () => {
    await running.subgraph.close();
    await running.log.close();
  };
  onTestFinished(async () => {
    await stop();
    await hot.close();
    await shards.close();
    await folder.remove();
  });

  const player = (id: string | null) => playerOf(id, () => running.subgraph);
  /** What another subgraph tells; resolves when it was handled. */
  const tell = (topic: string, type: string, data: object) => {
    const id = ids.make('event');
    return createNeighbours({ log: running.log, ids, clock }).tell(topic, { id, stream: id, type, data });
  };

  return {
    shards,
    ids,
    tell,
    stranger: player(null),
    /** Somebody whom another part of the test made. */
    as: player,
    /** A registered player; `bucket` says on which shard. */
    async player(bucket?: number): Promise<Player> {
      const id = ids.make('user', bucket);
      await tell('user', 'user.registered', { userId: id, username: 'u', displayName: 'U' });
      return player(id);
    },
    drained: () => running.subgraph.drained(),
    stop,
    /** From now on no event leaves its outbox. */
    cutEvents: () => running.log.close(),
    /** Starts again on the same shards, as after a crash. */
    async start() {
      running = await start();
    },
    snapshot: () => takeSnapshot(shards),
  };
}

function playerOf(id: string | null, running: () => Subgraph): Player {
  const client = () => createSubgraphClient(running(), id);
  return {
    id: id ?? '',
    run: (query, variables) => client().run(query, variables),
    get: (query, variables) => client().get(query, variables),
    subscribe: (query, variables) => client().subscribe(query, variables),
  };
}

/** Everything that is stored, but for what only guards against repeats. */
async function takeSnapshot(shards: Shards<Db>): Promise<string> {
  const tables = await shards.scatter(async (db) => ({
    relations: await db.relation.findMany(),
    conversations: await db.conversation.findMany(),
    direct: await db.directConversation.findMany(),
    members: await db.conversationMember.findMany(),
    messages: await db.message.findMany(),
    entries: await db.conversationEntry.findMany(),
    events: await db.outboxEvent.count(),
  }));
  return JSON.stringify(tables);
}

/** What the selections below can give; each gives what it asks for. */
export type Moved = {
  readonly __typename: string;
  readonly code?: string;
  readonly user: { readonly id: string; readonly friendship: string };
  readonly friendship: string;
};
export type Page<Node> = {
  readonly nodes: readonly Node[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string;
    readonly endCursor: string;
  };
};
type Opened = { readonly conversation: { readonly id: string; readonly members: readonly { readonly id: string }[] } };
type Said = { readonly message: { readonly sequence: number } };
type Entities<Entity> = { readonly _entities: readonly [Entity] };

const MOVED = `__typename ... on FriendshipSuccess { user { id friendship } friendship } ... on Refusal { code message }`;

/** `requestFriendship` and the like, by name. */
export async function act(actor: Player, mutation: string, other: { readonly id: string }): Promise<Moved> {
  const input = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!`;
  const document = `mutation ($input: ${input}) { moved: ${mutation}(input: $input) { ${MOVED} } }`;
  const { moved } = await actor.get<{ moved: Moved }>(document, { input: { userId: other.id } });
  return moved;
}

export async function befriend(left: Player, right: Player): Promise<void> {
  await act(left, 'requestFriendship', right);
  await act(right, 'acceptFriendship', left);
}

export async function stateOf(viewer: Player, other: { readonly id: string }): Promise<string | null> {
  const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { friendship } } }';
  const r = [{ __typename: 'User', id: other.id }];
  return (await viewer.get<Entities<{ friendship: string | null }>>(query, { r }))._entities[0].friendship;
}

/** A field of a player, as `viewer` sees it. */
export async function fieldOf<Field = Page<{ id: string }>>(
  viewer: Player,
  owner: { readonly id: string },
  field: string,
): Promise<Field> {
  const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { field: ${field} } } }`;
  const r = [{ __typename: 'User', id: owner.id }];
  return (await viewer.get<Entities<{ field: Field }>>(query, { r }))._entities[0].field;
}

export async function idsIn(
  viewer: Player,
  owner: { readonly id: string },
  field: string,
): Promise<string[] | undefined> {
  const page = await fieldOf<Page<{ id: string }> | null>(viewer, owner, `${field} { nodes { id } }`);
  return page?.nodes.map((node) => node.id);
}

export async function openConversation(founder: Player, others: readonly Player[], title?: string) {
  const document = `mutation ($input: CreateConversationInput!) { createConversation(input: $input) {
    __typename
    ... on CreateConversationSuccess { conversation { id kind title members { id } lastMessage { body } unreadCount } }
    ... on Refusal { code }
    ... on NotFriends { userIds }
  } }`;
  const input = { memberIds: others.map((other) => other.id), ...(title === undefined ? {} : { title }) };
  return (await founder.get<{ createConversation: Opened }>(document, { input })).createConversation;
}

export const SEND = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
  __typename
  ... on SendMessageSuccess { message: sentMessage { id body sequence author { id } conversation { id } } }
  ... on Refusal { code }
} }`;

export async function say(author: Player, conversationId: string, body: string, idempotencyKey = freshKey()) {
  const input = { conversationId, body, idempotencyKey };
  return (await author.get<{ sendMessage: Said }>(SEND, { input })).sendMessage;
}

export const FOLLOW = `subscription ($conversationId: ID, $after: String) {
  messageReceived(conversationId: $conversationId, after: $after) {
    cursor sequence occurredAt
    message { id body sequence author { id } }
    conversation { id lastMessage { sequence } unreadCount }
  }
}`;

export type Received = {
  readonly cursor: string;
  readonly sequence: number;
  readonly message: {
    readonly id: string;
    readonly body: string;
    readonly sequence: number;
    readonly author: { id: string };
  };
  readonly conversation: { readonly id: string };
};

/** The next `count` messages that reach a player, from the cursor `after` on; `''` is the very beginning. */
export async function receive(
  reader: Player,
  count: number,
  { after, ...filter }: { after: string; conversationId?: string },
): Promise<Received[]> {
  const cursor = after === '' ? encodeStreamCursor(inboxOf(reader.id), 0) : after;
  const events = reader.subscribe<{ messageReceived: Received }>(FOLLOW, { ...filter, after: cursor });
  const received: Received[] = [];
  if (count === 0) return received;
  for await (const { data, errors } of events) {
    if (errors) throw new Error(JSON.stringify(errors));
    received.push(data.messageReceived);
    if (received.length === count) break;
  }
  return received;
}

/** A player on the first shard with `count` friends on the last one. */
export async function friends(world: World, count: number): Promise<[Player, ...Player[]]> {
  const founder = await world.player(FIRST_SHARD);
  const others = await Promise.all(Array.from({ length: count }, () => world.player(LAST_SHARD)));
  for (const other of others) await befriend(founder, other);
  return [founder, ...others];
}

/** The code and the facts of an operation's first error; undefined when it has none. */
export async function errorOf(player: Player, query: string, variables: object) {
  return (await player.run(query, variables)).errors?.[0]?.extensions;
}

export const READ = 'query ($id: ID!) { conversation(id: $id) { id title members { id } unreadCount } }';
type ReadConversation = { readonly members: readonly { readonly id: string }[]; readonly unreadCount: number };

/** A conversation as a player sees it; null when it is none of the player's business. */
export async function readConversation(player: Player, id: string): Promise<ReadConversation | null> {
  return (await player.get<{ conversation: ReadConversation | null }>(READ, { id })).conversation;
}

/** A page of a conversation's messages. */
export const PAGE = `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { conversation(id: $id) {
  messages(first: $first, after: $after, last: $last, before: $before) {
    nodes { sequence } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
} }`;
