import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { meterStoreQueries } from '@playgraph/sharding/query-meter';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, type BoardData, openWorld, type Player, type Rows, submit, type World } from './world.ts';

const SHARDS = 2;

type Ranks = { readonly _entities: readonly [{ readonly ranks: Rows }] };
type Boards = { readonly _entities: readonly { readonly leaderboards: Rows<{ readonly top: Rows }> }[] };

let world: World;
beforeAll(async () => {
  world = await openWorld('reads');
});
afterAll(() => world.close());

async function boardOf(scores: readonly number[]) {
  const game = await world.game();
  const players = scores.map(() => world.player());
  for (const [i, player] of players.entries()) await submit(world, { player, game, score: scores[i] ?? 0 });
  return { game, players };
}

const AROUND = `query ($id: ID!, $userId: ID, $radius: Int) {
  leaderboard(id: $id) { around(userId: $userId, radius: $radius) { rank score } viewerEntry { rank } }
}`;

test('a board says what it is', async () => {
  const { game } = await boardOf([5, 7]);
  const query = `query ($id: ID!) {
    leaderboard(id: $id) { id name order scoreMin scoreMax entryCount game { id } top { nodes { achievedAt leaderboard { name } } } }
  }`;
  const { data } = await ask(world.subgraph, null).run(query, { id: game.boardId });
  const entry = { achievedAt: '2026-11-21T08:00:00.000Z', leaderboard: { name: 'High scores' } };
  expect(data.leaderboard).toEqual({
    id: game.boardId,
    name: 'High scores',
    order: 'HIGHEST_FIRST',
    scoreMin: 0,
    scoreMax: 2_147_483_647,
    entryCount: 2,
    game: { id: game.id },
    top: { nodes: [entry, entry] },
  });
});

test('an unknown board is null and a malformed id is bad input', async () => {
  const query = 'query ($id: ID!) { leaderboard(id: $id) { id } }';
  const { run } = ask(world.subgraph, null);
  expect(await run(query, { id: world.ids.make('leaderboard') })).toEqual({ data: { leaderboard: null } });
  const { errors } = await run(query, { id: 'leaderboard_x' });
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'id' });
});

test('around shows the neighbours of a player, cut at the ends, and nothing for who has no score', async () => {
  const { game, players } = await boardOf([50, 40, 30, 20, 10]);
  const read = async (viewer: Player | null, variables: object) =>
    (await ask(world.subgraph, viewer).run<BoardData>(AROUND, { id: game.boardId, ...variables })).data.leaderboard;
  const ranks = async (viewer: Player | null, variables: object) =>
    (await read(viewer, variables)).around.map((entry) => entry.rank);
  expect(await ranks(null, { userId: players[2]?.id, radius: 1 })).toEqual([2, 3, 4]);
  expect(await ranks(null, { userId: players[0]?.id, radius: 2 })).toEqual([1, 2, 3]);
  expect(await ranks(players[4] ?? null, { radius: 1 })).toEqual([4, 5]);
  expect(await ranks(players[4] ?? null, { radius: 0 })).toEqual([5]);
  expect(await ranks(world.player(), { radius: 1 })).toEqual([]);
  expect(await ranks(null, { radius: 1 })).toEqual([]);
  expect((await read(players[1] ?? null, {})).viewerEntry).toEqual({ rank: 2 });
  expect((await read(null, {})).viewerEntry).toBeNull();
  for (const radius of [-1, 51]) {
    const { errors } = await ask(world.subgraph, null).run<BoardData>(AROUND, {
      id: game.boardId,
      radius,
      userId: players[0]?.id,
    });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'radius' });
  }
});

test('friends are those of accepted friendships alone, whatever order and however often events come', async () => {
  const { game, players } = await boardOf([50, 40, 30]);
  const [ann, bob, cid] = players;
  if (!ann || !bob || !cid) throw new Error('three players');
  const query = 'query ($id: ID!) { leaderboard(id: $id) { friends { rank player { id } } } }';
  const friendsOf = async (viewer: Player | null) =>
    (await ask(world.subgraph, viewer).run<BoardData>(query, { id: game.boardId })).data.leaderboard.friends;

  const withAnn = world.friendship(cid, ann);
  await withAnn.become('PENDING');
  expect(await friendsOf(cid)).toEqual([]);
  await withAnn.become('ACCEPTED');
  const withBob = world.friendship(bob, cid);
  await withBob.become('ACCEPTED');
  await world.friendship(cid, world.player()).become('ACCEPTED');
  expect(await friendsOf(cid)).toEqual([
    { rank: 1, player: { id: ann.id } },
    { rank: 2, player: { id: bob.id } },
  ]);
  expect(await friendsOf(ann)).toEqual([{ rank: 3, player: { id: cid.id } }]);
  expect(await friendsOf(null)).toEqual([]);

  await withBob.become('BLOCKED');
  await withAnn.become('REMOVED');
  await world.friendship(ann, cid).become('ACCEPTED');
  expect(await friendsOf(cid)).toEqual([{ rank: 1, player: { id: ann.id } }]);
});

test('a repeated friendship event does not bring a removed friend back', async () => {
  const { game, players } = await boardOf([50, 40]);
  const [ann, bob] = players;
  if (!ann || !bob) throw new Error('two players');
  const friendshipId = world.ids.make('friendship');
  const accepted = {
    id: world.ids.make('event'),
    stream: friendshipId,
    type: 'social.friendship_changed',
    data: { friendshipId, requesterId: ann.id, addresseeId: bob.id, state: 'ACCEPTED' },
  };
  await world.tell('social', accepted);
  await world.tell('social', {
    ...accepted,
    id: world.ids.make('event'),
    data: { ...accepted.data, state: 'REMOVED' },
  });
  await world.tell('social', accepted);
  const query = 'query ($id: ID!) { leaderboard(id: $id) { friends { rank } } }';
  const { data } = await ask(world.subgraph, ann).run<BoardData>(query, { id: game.boardId });
  expect(data.leaderboard.friends).toEqual([]);
});

test('a game that is published twice has one board, and an unpublished one has none', async () => {
  const game = await world.game();
  const data = { gameId: game.id, slug: 'again', title: 'Again', launchOffer: null };
  await world.tell('game', { stream: game.id, type: 'game.published', data });
  const query = `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Game { leaderboards { nodes { id } } } } }`;
  const refs = [game.id, world.ids.make('game')].map((id) => ({ __typename: 'Game', id }));
  const answer = await ask(world.subgraph, null).run(query, { refs });
  expect(answer.data._entities).toEqual([
    { leaderboards: { nodes: [{ id: game.boardId }] } },
    { leaderboards: { nodes: [] } },
  ]);
  const rows = await world.shards.forId(game.id).leaderboard.findMany({ where: { gameId: game.id } });
  expect(rows).toHaveLength(1);
});

test('the ranks of a player are paged by the board entered last, each with its place', async () => {
  const player = world.player();
  const boards = [];
  for (let i = 0; i < 3; i++) {
    const { game } = await boardOf([100, 1]);
    world.clock.advance(1000);
    await submit(world, { player, game, score: 50 });
    boards.unshift(game.boardId);
    // Not better, and better: neither enters the board again.
    await submit(world, { player, game, score: 10 });
    await submit(world, { player, game, score: 60 });
  }
  await world.subgraph.drained();
  const query = `query ($refs: [_Any!]!, $first: Int, $after: String, $last: Int) {
    _entities(representations: $refs) { ... on User { ranks(first: $first, after: $after, last: $last) {
      nodes { rank score leaderboard { id } } pageInfo { hasNextPage hasPreviousPage endCursor }
    } } }
  }`;
  const read = async (args: object) => {
    const refs = [{ __typename: 'User', id: player.id }];
    return (await ask(world.subgraph, null).run<Ranks>(query, { refs, ...args })).data._entities[0].ranks;
  };
  const place = (id: string | undefined) => ({ rank: 2, score: 60, leaderboard: { id } });
  const first = await read({ first: 2 });
  expect(first.nodes).toEqual([place(boards[0]), place(boards[1])]);
  const second = await read({ first: 2, after: first.pageInfo.endCursor });
  expect(second).toMatchObject({ nodes: [place(boards[2])], pageInfo: { hasNextPage: false } });
  expect((await read({ last: 1 })).nodes).toEqual([place(boards[2])]);
});

test('what a page costs does not grow with its boards or players', async () => {
  const games = await Promise.all(Array.from({ length: 50 }, () => world.game()));
  const players = Array.from({ length: 5 }, world.player);
  for (const game of games)
    for (const [i, player] of players.entries()) await submit(world, { player, game, score: i });
  await world.subgraph.drained();

  const cold = await world.start(createMemoryHotStore({ clock: world.clock }));
  const boards = `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Game {
    leaderboards(first: 1) { nodes { name entryCount top(first: 3) { nodes { rank score achievedAt player { id } } } } }
  } } }`;
  const refs = games.map(({ id }) => ({ __typename: 'Game', id }));
  const measure = () => meterStoreQueries(() => ask(cold, null).run<Boards>(boards, { refs }));
  const first = await measure();
  expect(first.result.errors).toBeUndefined();
  expect(first.result.data._entities[49]?.leaderboards.nodes[0]?.top.nodes).toHaveLength(3);
  // A shard: the boards, their scores and the look whether more came meanwhile, the times of what is shown.
  expect(first.queries).toBeLessThanOrEqual(4 * SHARDS);
  const second = await measure();
  expect(second.result).toEqual(first.result);
  // A shard: the times of what is shown; the rest is in the hot store.
  expect(second.queries).toBeLessThanOrEqual(SHARDS);

  const ranks = `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on User {
    ranks(first: 50) { nodes { rank score leaderboard { name } } }
  } } }`;
  const users = players.map(({ id }) => ({ __typename: 'User', id }));
  const pages = await meterStoreQueries(() => ask(cold, null).run<Ranks>(ranks, { refs: users }));
  expect(pages.result.data._entities.map((user) => user.ranks.nodes.length)).toEqual([50, 50, 50, 50, 50]);
  // A shard: the boards that its players entered, and the boards themselves.
  expect(pages.queries).toBeLessThanOrEqual(2 * SHARDS);
});

test('a hot store that loses everything between two reads changes no answer', async () => {
  const { game } = await boardOf([3, 2, 1]);
  const hot = createMemoryHotStore({ clock: world.clock });
  const other = await world.start(hot);
  const query =
    'query ($id: ID!) { leaderboard(id: $id) { entryCount top { nodes { rank score achievedAt player { id } } } } }';
  const before = await ask(other, null).run(query, { id: game.boardId });
  await hot.deleteRanks(`leaderboard:ranks:${game.boardId}`);
  expect(await ask(other, null).run(query, { id: game.boardId })).toEqual(before);
  await hot.deleteRanks(`leaderboard:ranks:${game.boardId}`);
  const late = world.player();
  const { data } = await submit(world, { player: late, game, score: 0, on: other });
  expect(data.submitScore.entry.rank).toBe(4);
  expect(await ask(other, late).run(query, { id: game.boardId })).toMatchObject({
    data: { leaderboard: { entryCount: 4 } },
  });
});
