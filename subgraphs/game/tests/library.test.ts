import { meterStoreQueries } from '@playgraph/sharding/query-meter';
import type { DemoWorld } from '@playgraph/testkit/demo-world';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seedGame } from '../src/seed.ts';
import { openWorld, type Player, type World } from './world.ts';

let world: World;
let player: Player;
beforeEach(async () => {
  world = await openWorld();
  player = world.player();
  await world.import(['a', 'b', 'c', 'd'].map((letter) => ({ slug: `game-${letter}` })));
});
afterEach(() => world.close());

const LIBRARY = `query Q($of: [_Any!]!, $first: Int, $after: String) { _entities(representations: $of) { ... on User {
  library(first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } nodes { acquiredAt game { slug isOwned } order { id } }
  }
} } }`;
type Library = {
  _entities: {
    library: {
      totalCount: number;
      pageInfo: { hasNextPage: boolean; endCursor: string };
      nodes: { acquiredAt: string; game: { slug: string; isOwned: boolean }; order: { id: string } }[];
    };
  }[];
};

function library(viewer: Player | null, owner: Player, page: object = {}) {
  return world.ask<Library>(LIBRARY, viewer, { of: [{ __typename: 'User', id: owner.id }], ...page });
}

test('a paid order puts its games into the library of its buyer, and tells it', async () => {
  const orderId = await world.pay(player, ['game-a', 'game-b']);
  const { data } = await library(player, player);
  const found = data._entities[0]?.library;
  expect(found?.totalCount).toBe(2);
  expect(found?.nodes.map((entry) => entry.game.slug).sort()).toEqual(['game-a', 'game-b']);
  expect(found?.nodes[0]).toMatchObject({ acquiredAt: '2026-11-21T08:00:00.000Z', order: { id: orderId } });
  expect(found?.nodes.every((entry) => entry.game.isOwned)).toBe(true);
  const gameIds = await Promise.all(['game-a', 'game-b'].map(world.gameIdOf));
  const granted = { stream: `library:${player.id}`, seq: 1, data: { userId: player.id, orderId, gameIds } };
  expect(await world.eventsOf('game.entitlement_granted')).toEqual([granted]);
});

test('the same payment told again and again grants once', async () => {
  const gameIds = [await world.gameIdOf('game-a')];
  const orderId = world.ids.make('order');
  const data = { orderId, buyerId: player.id, gameIds };
  const { event, heard } = world.tell('order', { stream: orderId, type: 'order.paid', data });
  await heard;
  const before = await world.everything();
  await world.log.publish('playgraph.order.v1', [event]);
  await world.log.publish('playgraph.order.v1', [event]);
  expect(await world.everything()).toEqual(before);
});

test('a game bought twice is owned once, and the second order is told to be granted too', async () => {
  const first = await world.pay(player, ['game-a']);
  const second = await world.pay(player, ['game-a', 'game-b']);
  const { data } = await library(player, player);
  const entries = data._entities[0]?.library.nodes.map((entry) => [entry.game.slug, entry.order.id]);
  expect(entries?.sort()).toEqual([
    ['game-a', first],
    ['game-b', second],
  ]);
  const told = await world.eventsOf('game.entitlement_granted');
  expect(told.map((event) => [event.seq, event.data.orderId])).toEqual([
    [1, first],
    [2, second],
  ]);
});

test('a library is null for anyone but its owner', async () => {
  await world.pay(player, ['game-a']);
  expect((await library(null, player)).data).toEqual({ _entities: [{ library: null }] });
  expect((await library(world.player(), player)).data).toEqual({ _entities: [{ library: null }] });
});

test('a library is read in pages, the latest first, without skipping or repeating while games are bought', async () => {
  for (const slug of ['game-a', 'game-b', 'game-c']) {
    await world.pay(player, [slug]);
    world.clock.advance(1_000);
  }
  const first = (await library(player, player, { first: 2 })).data._entities[0]?.library;
  expect(first?.nodes.map((entry) => entry.game.slug)).toEqual(['game-c', 'game-b']);
  await world.pay(player, ['game-d']);
  const after = first?.pageInfo.endCursor;
  const second = (await library(player, player, { first: 2, after })).data._entities[0]?.library;
  expect(second?.nodes.map((entry) => entry.game.slug)).toEqual(['game-a']);
  expect(second?.pageInfo.hasNextPage).toBe(false);
});

test('ownership is about the caller, and unknown when nobody is signed in', async () => {
  await world.pay(player, ['game-a']);
  const query = '{ games(first: 2) { nodes { slug isOwned } } }';
  const seenBy = async (viewer: Player | null) =>
    (await world.ask<{ games: { nodes: { isOwned: boolean | null }[] } }>(query, viewer)).data.games.nodes.map(
      (game) => game.isOwned,
    );
  expect(await seenBy(player)).toEqual([true, false]);
  expect(await seenBy(world.player())).toEqual([false, false]);
  expect(await seenBy(null)).toEqual([null, null]);
});

test('a library page with its games costs at most one store query a shard and kind', async () => {
  await world.pay(player, ['game-a', 'game-b', 'game-c', 'game-d']);
  const { queries } = await meterStoreQueries(() => library(player, player));
  // The entries, their count, ownership; the games may come from the cache.
  expect(queries).toBeLessThanOrEqual(5);
});

test('a demo world fills libraries with fulfilled orders only, and a second time with nothing', async () => {
  const [a = '', b = ''] = await Promise.all(['game-a', 'game-b'].map(world.gameIdOf));
  const orderOf = (state: 'FULFILLED' | 'CANCELLED' | 'EXPIRED', gameIds: string[], placedAtMs: number) => ({
    id: world.ids.make('order'),
    buyerId: player.id,
    lines: gameIds.map((gameId) => ({ gameId, priceMinor: 100n, entitlementId: world.ids.make('entitlement') })),
    totalMinor: 100n,
    state,
    placedAt: new Date(placedAtMs),
    paymentId: world.ids.make('payment'),
    transferId: world.ids.make('transfer'),
  });
  const early = orderOf('FULFILLED', [a], 1_000);
  const orders = [
    orderOf('FULFILLED', [a], 2_000),
    early,
    orderOf('CANCELLED', [b], 3_000),
    orderOf('EXPIRED', [b], 4_000),
  ];
  const demo: DemoWorld = { players: [], deposits: [], orders, friendships: [], conversations: [], scores: [] };
  await seedGame(world.shards, demo, world);
  const before = await world.everything();
  expect(before.flatMap((shard) => shard.entitlements)).toEqual([
    { id: early.lines[0]?.entitlementId, userId: player.id, gameId: a, orderId: early.id, grantedAt: new Date(1_000) },
  ]);
  await seedGame(world.shards, demo, world);
  expect(await world.everything()).toEqual(before);
});
