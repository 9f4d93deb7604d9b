import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRanks } from '../src/ranks.ts';
import { createStore } from '../src/store.ts';
import { openWorld, type World } from './world.ts';

/** More than one read takes over, on each of two boards. */
const PLAYERS = 4500;

let world: World;
beforeAll(async () => {
  world = await openWorld('ranks');
});
afterAll(() => world.close());

async function largeBoard() {
  const leaderboardId = world.ids.make('leaderboard');
  const achievedAt = world.clock.now();
  const data = Array.from({ length: PLAYERS }, (_, i) => {
    const row = { leaderboardId, playerId: world.player().id, playSessionId: 'play_1', achievedAt };
    return { ...row, score: i % 1000, seq: i - PLAYERS };
  });
  await world.shards.forId(leaderboardId).score.createMany({ data });
  return { leaderboardId, rows: data };
}

test('large boards are copied whole, alone or together, and what the copy lost comes back', async () => {
  const boards = [await largeBoard(), await largeBoard()];
  const ids = boards.map((board) => board.leaderboardId);
  const hot = createMemoryHotStore({ clock: world.clock });
  const ranks = createRanks({ hot, findScoresAfter: createStore(world.shards).findScoresAfter });
  await Promise.all([ranks.ensure(ids), ranks.ensure(ids.slice(1)), ranks.ensure(ids)]);
  for (const { leaderboardId, rows } of boards) {
    const expected = rows
      .toSorted((left, right) => right.score - left.score || (left.playerId < right.playerId ? -1 : 1))
      .map(({ playerId, score }, i) => ({ leaderboardId, playerId, score, rank: i + 1 }));
    expect(await ranks.range(leaderboardId, 1, PLAYERS + 1)).toEqual(expected);
    for (const entry of [expected[0], expected[1234], expected.at(-1)]) {
      expect(entry && (await ranks.rankFor(leaderboardId, entry))).toBe(entry?.rank);
    }
    expect(await ranks.rankFor(leaderboardId, { score: -1, playerId: 'user_' })).toBe(PLAYERS + 1);
  }

  const [id = ''] = ids;
  const [one] = boards[0]?.rows ?? [];
  await hot.deleteRanks(`leaderboard:ranks:${id}`);
  await hot.setScores(`leaderboard:ranks:${id}`, [{ member: one?.playerId ?? '', score: 5 }]);
  await ranks.ensure(ids);
  expect(await ranks.count(id)).toBe(PLAYERS);
});

test('a score that was put back by a slow writer gives way to the newer one at once', async () => {
  const { leaderboardId, rows } = await largeBoard();
  const [row] = rows;
  if (!row) throw new Error('a row');
  const hot = createMemoryHotStore({ clock: world.clock });
  const store = createStore(world.shards);
  let improve = async () => {
    improve = async () => undefined;
    await world.shards.forId(leaderboardId).score.updateMany({
      where: { leaderboardId, playerId: row.playerId },
      data: { score: 5000, seq: 1 },
    });
    await fast.refresh([leaderboardId]);
  };
  const fast = createRanks({ hot, findScoresAfter: store.findScoresAfter });
  const slow = createRanks({
    hot,
    async findScoresAfter(applied, limit) {
      const stale = await store.findScoresAfter(applied, limit);
      await improve();
      return stale;
    },
  });
  await slow.ensure([leaderboardId]);
  expect(await slow.places(leaderboardId, [row.playerId])).toMatchObject([{ rank: 1, score: 5000 }]);
});
