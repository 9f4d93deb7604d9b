import { readFileSync } from 'node:fs';
import { meterStoreQueries } from '@playgraph/sharding/query-meter';
import { findUndescribed } from '@playgraph/testkit/schema-rules';
import { expect, test } from 'vitest';
import {
  act,
  befriend,
  fieldOf,
  openConversation,
  openWorld,
  type Page,
  type Player,
  say,
  stateOf,
  type World,
} from './world.ts';

const SHARDS = 2;
const PLAYING = `query ($r: [_Any!]!, $first: Int, $after: String) { _entities(representations: $r) { ... on Game {
  friendsPlaying(first: $first, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }
} } }`;

async function playing(player: Player, gameIds: readonly string[], page: object = {}) {
  const r = gameIds.map((id) => ({ __typename: 'Game', id }));
  type Game = { readonly friendsPlaying: Page<{ id: string }> };
  const { _entities: games } = await player.get<{ _entities: readonly Game[] }>(PLAYING, { r, ...page });
  return games.map((game) => game.friendsPlaying);
}

async function withFriends(world: World, count: number): Promise<{ ann: Player; others: Player[] }> {
  const ann = await world.player();
  const others = await Promise.all(Array.from({ length: count }, () => world.player()));
  for (const other of others) await befriend(ann, other);
  return { ann, others };
}

type Listed = {
  readonly id: string;
  readonly members: readonly unknown[];
  readonly lastMessage: { readonly author: { readonly id: string } };
  readonly messages: { readonly nodes: readonly unknown[] };
};

const grant = (world: World, userId: string, gameIds: readonly string[]) =>
  world.tell('game', 'game.entitlement_granted', { userId, orderId: 'order', gameIds });

test('fifty conversations with their last message, members and unread counts cost no more queries than five', async () => {
  const world = await openWorld();
  const { ann, others } = await withFriends(world, 50);
  for (const other of others) {
    const { conversation } = await openConversation(ann, [other]);
    await say(other, conversation.id, `from ${other.id}`);
  }
  await world.drained();
  const list = (first: number) =>
    fieldOf<Page<Listed>>(
      ann,
      ann,
      `conversations(first: ${first}) {
      nodes { id title unreadCount members { id friendship } lastMessage { body author { id } conversation { id } }
        messages(first: 3) { nodes { sequence } } }
    }`,
    );
  const [few, many] = [await meterStoreQueries(() => list(5)), await meterStoreQueries(() => list(50))];
  expect(many.result.nodes).toHaveLength(50);
  for (const node of many.result.nodes) {
    expect(node).toMatchObject({ unreadCount: 1, lastMessage: { conversation: { id: node.id } } });
    expect(node.members).toContainEqual({ id: node.lastMessage.author.id, friendship: 'FRIENDS' });
    expect(node.messages.nodes).toEqual([{ sequence: 1 }]);
  }
  // The list, and the viewer's relations: one each. Conversations, members, messages: one a shard.
  expect(many.queries).toBeLessThanOrEqual(2 + 3 * SHARDS);
  expect(few.queries).toBeLessThanOrEqual(many.queries);
});

test('fifty friends with their own friends cost one query a shard', async () => {
  const world = await openWorld();
  const { ann, others } = await withFriends(world, 50);
  const [first, second] = others;
  if (!first || !second) throw new Error('no friends');
  await befriend(first, second);
  const { result, queries } = await meterStoreQueries(() =>
    fieldOf<Page<{ id: string; friends: unknown }>>(
      ann,
      ann,
      'friends(first: 50) { nodes { id friendship friends(first: 2) { nodes { id } pageInfo { hasNextPage } } } }',
    ),
  );
  expect(result.nodes).toHaveLength(50);
  expect(result.nodes.find((node) => node.id === first.id)?.friends).toEqual({
    nodes: [{ id: second.id }, { id: ann.id }],
    pageInfo: { hasNextPage: false },
  });
  expect(queries).toBeLessThanOrEqual(2 + SHARDS);
});

test('a game shows which friends of the viewer have it, and nobody else', async () => {
  const world = await openWorld();
  const { ann, others } = await withFriends(world, 3);
  const [ben, cy, dan] = others;
  const eve = await world.player();
  if (!ben || !cy || !dan) throw new Error('no friends');
  const [game, other] = [world.ids.make('game'), world.ids.make('game')];
  for (const owner of [ann, ben, cy, eve]) await grant(world, owner.id, [game]);
  await grant(world, dan.id, [other]);
  const [ofGame, ofOther] = await playing(ann, [game, other]);
  expect(ofGame?.nodes).toEqual([{ id: cy.id }, { id: ben.id }]);
  expect(ofOther?.nodes).toEqual([{ id: dan.id }]);
  expect(await playing(world.stranger, [game])).toEqual([null]);
  const [first] = await playing(ann, [game], { first: 1 });
  expect(first).toMatchObject({ nodes: [{ id: cy.id }], pageInfo: { hasNextPage: true } });
  const [second] = await playing(ann, [game], { first: 1, after: first?.pageInfo.endCursor });
  expect(second).toMatchObject({ nodes: [{ id: ben.id }], pageInfo: { hasNextPage: false } });
  await act(ann, 'blockUser', cy);
  expect((await playing(ann, [game]))[0]?.nodes).toEqual([{ id: ben.id }]);
});

test('friends playing fifty games cost one query for the friends and one a shard', async () => {
  const world = await openWorld();
  const { ann, others } = await withFriends(world, 10);
  const gameIds = Array.from({ length: 50 }, () => world.ids.make('game'));
  for (const other of others) await grant(world, other.id, gameIds);
  const { result, queries } = await meterStoreQueries(() => playing(ann, gameIds));
  for (const page of result) expect(page.nodes).toHaveLength(10);
  expect(queries).toBeLessThanOrEqual(1 + SHARDS);
});

test('an entitlement and a registration that are told twice are noted once', async () => {
  const world = await openWorld();
  const { ann, others } = await withFriends(world, 1);
  const [ben] = others;
  if (!ben) throw new Error('no friend');
  const game = world.ids.make('game');
  await grant(world, ben.id, [game]);
  await grant(world, ben.id, [game, world.ids.make('game')]);
  await world.tell('user', 'user.registered', { userId: ben.id });
  expect((await playing(ann, [game]))[0]?.nodes).toEqual([{ id: ben.id }]);
});

test('an operation that changes and reads sees its own changes', async () => {
  const world = await openWorld();
  const [ann, ben] = [await world.player(), await world.player()];
  const document = `mutation ($id: ID!) {
    a: requestFriendship(input: { userId: $id }) { ... on FriendshipSuccess { user { friendship } } }
    b: removeFriend(input: { userId: $id }) { ... on FriendshipSuccess { user { friendship } } }
  }`;
  expect(await ann.get(document, { id: ben.id })).toEqual({
    a: { user: { friendship: 'REQUEST_SENT' } },
    b: { user: { friendship: 'NONE' } },
  });
  expect(await stateOf(ben, ann)).toBe('NONE');
});

test('a reference to a player or a game that nobody could have made is nothing', async () => {
  const world = await openWorld();
  const ann = await world.player();
  const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }';
  const r = ['User', 'Game', 'Conversation'].map((__typename) => ({ __typename, id: 'x' }));
  expect(await ann.get(query, { r })).toEqual({ _entities: [null, null, null] });
});

test('the schema describes everything in it', () => {
  expect(findUndescribed(readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8'))).toEqual([]);
});

test('the one player that an answer is about may be missing from it, so that the rest of it still arrives', async () => {
  const world = await openWorld();
  for (const name of ['FriendshipSuccess', 'AlreadyFriends', 'RequestPending', 'UserBlocked', 'NotBlocked']) {
    const query = 'query ($name: String!) { __type(name: $name) { fields { name type { kind } } } }';
    const { __type } = await world.stranger.get<{ __type: { fields: object[] } }>(query, { name });
    expect(__type.fields, name).toContainEqual({ name: 'user', type: { kind: 'OBJECT' } });
  }
});
