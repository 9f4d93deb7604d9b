import type { DemoWorld } from '@playgraph/testkit/demo-world';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seedLeaderboard } from '../src/seed.ts';
import { ask, type BoardData, openWorld, submit, type World } from './world.ts';

const RANKING =
  'query ($id: ID!) { leaderboard(id: $id) { top(first: 100) { nodes { rank score player { id } } } friends { rank } } }';

let world: World;
beforeAll(async () => {
  world = await openWorld('seed');
});
afterAll(() => world.close());

function demoWorld(players: readonly { id: string }[], games: readonly { id: string }[]): DemoWorld {
  const scores = games.flatMap((game) =>
    players.flatMap((player, i) =>
      [i, i + 1].map((score) => ({
        id: world.ids.make('score'),
        gameId: game.id,
        playerId: player.id,
        playSessionId: world.ids.make('play'),
        score,
        at: world.clock.now(),
      })),
    ),
  );
  const [requester, addressee] = players;
  const friendships =
    requester && addressee
      ? [
          {
            id: world.ids.make('friendship'),
            requesterId: requester.id,
            addresseeId: addressee.id,
            acceptedAt: world.clock.now(),
          },
        ]
      : [];
  return { players: [], deposits: [], orders: [], conversations: [], friendships, scores };
}

async function rows() {
  return world.shards.scatter(async (db) => [
    await db.leaderboard.findMany(),
    await db.score.findMany(),
    await db.playerBoard.findMany(),
    await db.friendLink.findMany(),
  ]);
}

test('a seeded world is whole, seeding it again changes nothing, and play goes on from there', async () => {
  const players = Array.from({ length: 30 }, world.player);
  const published = await world.game();
  const games = [published, ...Array.from({ length: 40 }, () => ({ id: world.ids.make('game') }))];
  const demo = demoWorld(players, games);
  await seedLeaderboard(world.shards, demo, { clock: world.clock });
  const before = await rows();
  await seedLeaderboard(world.shards, demo, { clock: world.clock });
  expect(await rows()).toEqual(before);

  const [ann, bob] = players;
  if (!ann || !bob) throw new Error('players');
  const { data } = await ask(world.subgraph, ann).run<BoardData>(RANKING, { id: published.boardId });
  expect(data.leaderboard.top.nodes).toEqual(
    [...players].reverse().map(({ id }, i) => ({ rank: i + 1, score: 30 - i, player: { id } })),
  );
  expect(data.leaderboard.friends).toEqual([{ rank: 29 }]);

  const late = world.player();
  await submit(world, { player: ann, game: published, score: 100 });
  await submit(world, { player: late, game: published, score: 99 });
  await seedLeaderboard(world.shards, demo, { clock: world.clock });
  const after = await ask(await world.start(), null).run<BoardData>(RANKING, { id: published.boardId });
  expect(after.data.leaderboard.top.nodes.slice(0, 3)).toMatchObject([
    { score: 100, player: { id: ann.id } },
    { score: 99, player: { id: late.id } },
    { score: 30 },
  ]);
});

test('a seed that was cut short is completed', async () => {
  const players = Array.from({ length: 3 }, world.player);
  const demo = demoWorld(players, [{ id: world.ids.make('game') }]);
  await seedLeaderboard(
    world.shards,
    { ...demo, scores: demo.scores.slice(0, 2), friendships: [] },
    { clock: world.clock },
  );
  await world.shards.scatter((db) => db.playerBoard.deleteMany({ where: { playerId: players[0]?.id ?? '' } }));
  await seedLeaderboard(world.shards, demo, { clock: world.clock });
  const count = async (id: string) =>
    (await world.shards.forId(id).playerBoard.findMany({ where: { playerId: id } })).length;
  expect(await Promise.all(players.map(({ id }) => count(id)))).toEqual([1, 1, 1]);
});
