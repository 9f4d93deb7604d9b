import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { type DomainEvent, topicOf } from '@playgraph/events/event-log';
import { createLocalEventLog } from '@playgraph/events/local-event-log';
import { systemClock as clock } from '@playgraph/kernel/clock';
import { createIds } from '@playgraph/kernel/ids';
import { silentLogger as logger } from '@playgraph/kernel/logger';
import { systemRandom } from '@playgraph/kernel/random';
import { executeLocal, subscribeLocal } from '@playgraph/server/execute-local';
import { onTestFinished } from 'vitest';
import type { SocialSettings } from '../src/deps.ts';
import { openStore } from '../src/store.ts';
import { createSubgraph } from '../src/subgraph.ts';

/** Buckets of the first and of the last shard of two. */
export const FIRST_SHARD = 0;
export const LAST_SHARD = 1023;
const SHORT_WAIT_MS = 30;

// biome-ignore lint/suspicious/noExplicitAny: answers are read as a client reads JSON
export type Answer = { data?: any; errors?: readonly { message: string; extensions: Record<string, unknown> }[] };
export type Player = {
  readonly id: string;
  run(query: string, variables?: object): Promise<Answer>;
  /** The `data` of an operation that must not fail. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  get(query: string, variables?: object): Promise<any>;
  subscribe(query: string, variables?: object): AsyncGenerator<Answer, void, void>;
};
export type World = Awaited<ReturnType<typeof createWorld>>;

/** A social subgraph on two shards of its own, and the players that a test makes. Removed when the test ends. */
export async function createWorld(settings: Partial<SocialSettings> = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'playgraph-social-'));
  const shards = await openStore([0, 1].map((shard) => `file:${path.join(folder, `${shard}.db`)}`));
  const hot = createMemoryHotStore({ clock });
  const ids = createIds({ clock, random: systemRandom });
  const allowed = { messageBurst: 1_000_000, newPlayerWaitMs: SHORT_WAIT_MS, ...settings };
  const start = async () => {
    const log = createLocalEventLog({ logger, isHeld: true });
    const subgraph = await createSubgraph({ shards, hot, log, clock, ids, logger, settings: allowed });
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
    rmSync(folder, { recursive: true, force: true });
  });

  const infoOf = (userId: string | null) => ({
    identity: userId === null ? null : { userId, sessionId: 'session_1', scopes: [] },
    correlationId: 'test',
    signal: new AbortController().signal,
  });
  const player = (id: string | null): Player => {
    const run = (query: string, variables: object = {}) =>
      executeLocal(running.subgraph, { query, variables: { ...variables } }, infoOf(id)) as Promise<Answer>;
    return {
      id: id ?? '',
      run,
      async get(query, variables) {
        const { data, errors } = await run(query, variables);
        if (errors) throw new Error(JSON.stringify(errors));
        return data;
      },
      subscribe: (query, variables = {}) =>
        subscribeLocal(running.subgraph, { query, variables: { ...variables } }, infoOf(id)) as ReturnType<
          Player['subscribe']
        >,
    };
  };
  /** What another subgraph tells; resolves when it was handled. */
  const tell = (topic: string, type: string, data: object) => {
    const id = ids.make('event');
    const event: DomainEvent = { id, stream: id, seq: 1, type, at: clock.now().toISOString(), data };
    return running.log.publish(topicOf(topic), [event]);
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
    /** Everything that is stored, but for what only guards against repeats. */
    async snapshot() {
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
    },
  };
}

const REFUSAL = '... on Refusal { code message }';
const MOVED = `__typename ... on FriendshipSuccess { user { id friendship } friendship } ${REFUSAL}`;

/** `requestFriendship` and the like, by name. */
export async function act(actor: Player, mutation: string, other: { readonly id: string }) {
  const input = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!`;
  const selection = mutation.endsWith('blockUser') ? MOVED.replace(REFUSAL, '') : MOVED;
  const document = `mutation ($input: ${input}) { ${mutation}(input: $input) { ${selection} } }`;
  return (await actor.get(document, { input: { userId: other.id } }))[mutation];
}

export async function befriend(left: Player, right: Player): Promise<void> {
  await act(left, 'requestFriendship', right);
  await act(right, 'acceptFriendship', left);
}

export async function stateOf(viewer: Player, other: { readonly id: string }): Promise<string | null> {
  const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { friendship } } }';
  return (await viewer.get(query, { r: [{ __typename: 'User', id: other.id }] }))._entities[0].friendship;
}

/** A field of a player, as `viewer` sees it. */
export async function fieldOf(viewer: Player, owner: { readonly id: string }, field: string) {
  const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { field: ${field} } } }`;
  return (await viewer.get(query, { r: [{ __typename: 'User', id: owner.id }] }))._entities[0].field;
}

export async function idsIn(
  viewer: Player,
  owner: { readonly id: string },
  field: string,
): Promise<string[] | undefined> {
  const page = await fieldOf(viewer, owner, `${field} { nodes { id } }`);
  return page?.nodes.map((node: { id: string }) => node.id);
}

export async function openConversation(founder: Player, others: readonly Player[], title?: string) {
  const document = `mutation ($input: CreateConversationInput!) { createConversation(input: $input) {
    __typename
    ... on CreateConversationSuccess { conversation { id kind title members { id } lastMessage { body } unreadCount } }
    ... on Refusal { code }
    ... on NotFriends { userIds }
  } }`;
  const input = { memberIds: others.map((other) => other.id), ...(title === undefined ? {} : { title }) };
  return (await founder.get(document, { input })).createConversation;
}

let keys = 0;
export const newKey = (): string => `key-${String(++keys).padStart(16, '0')}`;

export const SEND = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
  __typename
  ... on SendMessageSuccess { message: sentMessage { id body sequence author { id } conversation { id } } }
  ... on Refusal { code }
} }`;

export async function say(author: Player, conversationId: string, body: string, idempotencyKey = newKey()) {
  return (await author.get(SEND, { input: { conversationId, body, idempotencyKey } })).sendMessage;
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
  const cursor = after === '' ? Buffer.from(JSON.stringify([reader.id, 0])).toString('base64url') : after;
  const events = reader.subscribe(FOLLOW, { ...filter, after: cursor });
  const received: Received[] = [];
  if (count === 0) return received;
  for await (const { data, errors } of events) {
    if (errors) throw new Error(JSON.stringify(errors));
    received.push(data.messageReceived);
    if (received.length === count) break;
  }
  return received;
}
