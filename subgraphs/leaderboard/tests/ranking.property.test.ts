import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { createSeededRandom } from '@playgraph/kernel/random';
import type { Answer } from '@playgraph/testkit/subgraph-client';
import { afterEach, expect, test } from 'vitest';
import { ask, type BoardData, openWorld, type Row, submit, type World } from './world.ts';

const RUNS = 6;
const PLAYERS = 12;
const SUBMISSIONS = 60;
/** Few different scores, so that ties and repetitions are the rule. */
const DISTINCT_SCORES = 8;

let world: World;
afterEach(() => world.close());

const RANKING = `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  leaderboard(id: $id) {
    entryCount
    top(first: $first, after: $after, last: $last, before: $before) {
      nodes { rank score player { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}`;

/** The same rule, written the other way: sort everything, count from one. */
function reference(best: ReadonlyMap<string, number>): Row[] {
  return [...best]
    .sort(([leftId, left], [rightId, right]) => right - left || (leftId < rightId ? -1 : 1))
    .map(([id, score], i) => ({ rank: i + 1, score, player: { id } }));
}

async function readAll(subgraph: World['subgraph'], id: string, size: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (let after: string | null = null, more = true; more; ) {
    const { data }: Answer<BoardData> = await ask(subgraph, null).run<BoardData>(RANKING, { id, first: size, after });
    rows.push(...data.leaderboard.top.nodes);
    more = data.leaderboard.top.pageInfo.hasNextPage;
    after = data.leaderboard.top.pageInfo.endCursor;
  }
  return rows;
}

async function readAllBackwards(subgraph: World['subgraph'], id: string, size: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (let before: string | null = null, more = true; more; ) {
    const { data }: Answer<BoardData> = await ask(subgraph, null).run<BoardData>(RANKING, { id, last: size, before });
    rows.unshift(...data.leaderboard.top.nodes);
    more = data.leaderboard.top.pageInfo.hasPreviousPage;
    before = data.leaderboard.top.pageInfo.startCursor;
  }
  return rows;
}

for (let run = 0; run < RUNS; run++) {
  test(`ranks equal a sorted reference, with ties and repetitions, in every way to read them (seed ${run})`, async () => {
    world = await openWorld(`ranking-${run}`);
    const random = createSeededRandom(`ranking-plays-${run}`);
    const game = await world.game();
    const players = Array.from({ length: PLAYERS }, world.player);
    const best = new Map<string, number>();
    for (let i = 0; i < SUBMISSIONS; i++) {
      const player = players[random.int(PLAYERS)] ?? world.player();
      const score = random.int(DISTINCT_SCORES);
      const before = best.get(player.id) ?? null;
      const previous = reference(best).find((row) => row.player.id === player.id)?.rank ?? null;
      if (before === null || score > before) best.set(player.id, score);
      const now = reference(best).find((row) => row.player.id === player.id);
      const { data } = await submit(world, { player, game, score });
      expect(data.submitScore).toMatchObject({
        isPersonalBest: before === null || score > before,
        previousRank: previous,
        entry: { rank: now?.rank, score: now?.score },
      });
    }
    const expected = reference(best);
    for (const size of [1, 3, 100]) {
      expect(await readAll(world.subgraph, game.boardId, size)).toEqual(expected);
      expect(await readAllBackwards(world.subgraph, game.boardId, size)).toEqual(expected);
    }

    const fresh = await world.start(createMemoryHotStore({ clock: world.clock }));
    expect(await readAll(fresh, game.boardId, 100)).toEqual(expected);

    const events = await world.shards.forId(game.boardId).outboxEvent.findMany({ where: { stream: game.boardId } });
    const replayed = new Map<string, number>();
    for (const event of events.sort((left, right) => left.seq - right.seq)) {
      const { userId, score, rank, previousRank } = JSON.parse(event.data);
      expect(previousRank).toBe(reference(replayed).find((row) => row.player.id === userId)?.rank ?? null);
      replayed.set(userId, score);
      expect(rank).toBe(reference(replayed).find((row) => row.player.id === userId)?.rank);
    }
    expect(replayed).toEqual(best);
  });
}

test('a page goes on where it was although the player of its cursor has moved up', async () => {
  world = await openWorld('moving');
  const game = await world.game();
  const [ann, bob, cid, dan] = [world.player(), world.player(), world.player(), world.player()];
  for (const [player, score] of [
    [ann, 40],
    [bob, 30],
    [cid, 20],
    [dan, 10],
  ] as const)
    await submit(world, { player, game, score });
  const page = async (args: object) =>
    (await ask(world.subgraph, null).run<BoardData>(RANKING, { id: game.boardId, ...args })).data.leaderboard.top;
  const first = await page({ first: 2 });
  await submit(world, { player: bob, game, score: 50 });
  const second = await page({ first: 2, after: first.pageInfo.endCursor });
  expect(second.nodes.map((row) => [row.rank, row.player.id])).toEqual([
    [3, cid.id],
    [4, dan.id],
  ]);
  expect(await page({ first: 2, after: second.pageInfo.endCursor })).toMatchObject({
    nodes: [],
    pageInfo: { hasNextPage: false },
  });
});
