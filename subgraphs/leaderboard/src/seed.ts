import type { Clock } from '@playgraph/kernel/clock';
import { chunksOf, groupBy } from '@playgraph/kernel/collections';
import type { Shards } from '@playgraph/sharding/shards';
import type { DemoScore, DemoWorld } from '@playgraph/testkit/demo-world';
import { boardIdOf } from './board-id.ts';
import { DEFAULT_BOARD_KEY, DEFAULT_BOARD_NAME } from './domain.ts';
import type { Db } from './store.ts';

/** How many rows one statement looks for or writes. */
const BATCH_ROWS = 500;

type Deps = { readonly clock: Clock };

type Link = { readonly userId: string; readonly friendId: string; readonly friendshipId: string };

/**
 * Writes the demo world's boards, scores and friendships past the events, in bulk. Running it again adds only what is
 * not there. A server that runs meanwhile shows added scores once its copy of a ranking is renewed.
 */
export async function seedLeaderboard(shards: Shards<Db>, world: DemoWorld, deps: Deps): Promise<void> {
  const best = bestScores(world.scores);
  await seedBoards(shards, [...new Set(best.map((score) => score.gameId))], deps.clock.now());
  await seedScores(shards, best);
  await seedPlayerBoards(shards, best);
  await seedFriends(shards, world);
}

type BoardScore = DemoScore & { readonly leaderboardId: string };

/** A board keeps a player's best score; of equal ones the earlier. */
function bestScores(scores: readonly DemoScore[]): BoardScore[] {
  const best = new Map<string, BoardScore>();
  for (const score of scores) {
    const leaderboardId = boardIdOf(score.gameId, DEFAULT_BOARD_KEY);
    const key = `${leaderboardId}/${score.playerId}`;
    const known = best.get(key);
    const isBetter = !known || score.score > known.score || (score.score === known.score && score.at < known.at);
    if (isBetter) best.set(key, { ...score, leaderboardId });
  }
  return [...best.values()];
}

async function seedBoards(shards: Shards<Db>, gameIds: readonly string[], createdAt: Date): Promise<void> {
  for (const [db, some] of byShard(shards, gameIds, (gameId) => gameId)) {
    const there = await db.leaderboard.findMany({ where: { gameId: { in: some }, key: DEFAULT_BOARD_KEY } });
    const known = new Set(there.map((board) => board.gameId));
    const data = some
      .filter((gameId) => !known.has(gameId))
      .map((gameId) => ({
        id: boardIdOf(gameId, DEFAULT_BOARD_KEY),
        gameId,
        key: DEFAULT_BOARD_KEY,
        name: DEFAULT_BOARD_NAME,
        createdAt,
      }));
    if (data.length > 0) await db.leaderboard.createMany({ data });
  }
}

/** Seeded scores have no event: their sequence numbers count down from -1, below those of all events. */
async function seedScores(shards: Shards<Db>, scores: readonly BoardScore[]): Promise<void> {
  for (const [db, some] of byShard(shards, scores, (score) => score.leaderboardId)) {
    const byBoard = groupBy(some, (score) => score.leaderboardId);
    const OR = [...byBoard].map(([leaderboardId, ofBoard]) => ({
      leaderboardId,
      playerId: { in: ofBoard.map((score) => score.playerId) },
    }));
    const there = await db.score.findMany({ where: { OR }, select: { leaderboardId: true, playerId: true } });
    const known = new Set(there.map((row) => `${row.leaderboardId}/${row.playerId}`));
    const lowest = await db.score.groupBy({
      by: ['leaderboardId'],
      where: { leaderboardId: { in: [...byBoard.keys()] } },
      _min: { seq: true },
    });
    const next = new Map(lowest.map((board) => [board.leaderboardId, Math.min(board._min.seq ?? 0, 0) - 1]));
    const data = some
      .filter((score) => !known.has(`${score.leaderboardId}/${score.playerId}`))
      .map(({ leaderboardId, playerId, playSessionId, score, at }) => {
        const seq = next.get(leaderboardId) ?? -1;
        next.set(leaderboardId, seq - 1);
        return { leaderboardId, playerId, playSessionId, score, achievedAt: at, seq };
      });
    if (data.length > 0) await db.score.createMany({ data });
  }
}

async function seedPlayerBoards(shards: Shards<Db>, scores: readonly BoardScore[]): Promise<void> {
  for (const [db, some] of byShard(shards, scores, (score) => score.playerId)) {
    const OR = [...groupBy(some, (score) => score.playerId)].map(([playerId, ofPlayer]) => ({
      playerId,
      leaderboardId: { in: ofPlayer.map((score) => score.leaderboardId) },
    }));
    const there = await db.playerBoard.findMany({ where: { OR } });
    const known = new Set(there.map((row) => `${row.playerId}/${row.leaderboardId}`));
    const data = some
      .filter((score) => !known.has(`${score.playerId}/${score.leaderboardId}`))
      .map(({ playerId, leaderboardId, at }) => ({ playerId, leaderboardId, enteredAt: at }));
    if (data.length > 0) await db.playerBoard.createMany({ data });
  }
}

async function seedFriends(shards: Shards<Db>, { friendships }: DemoWorld): Promise<void> {
  const links = friendships.flatMap(({ id: friendshipId, requesterId, addresseeId }): Link[] => [
    { userId: requesterId, friendId: addresseeId, friendshipId },
    { userId: addresseeId, friendId: requesterId, friendshipId },
  ]);
  for (const [db, some] of byShard(shards, links, (link) => link.userId)) {
    const ids = [...new Set(some.map((link) => link.friendshipId))];
    const there = await db.friendLink.findMany({
      where: { friendshipId: { in: ids }, userId: { in: some.map((link) => link.userId) } },
    });
    const known = new Set(there.map((row) => `${row.userId}/${row.friendshipId}`));
    const data = some.filter((link) => !known.has(`${link.userId}/${link.friendshipId}`));
    if (data.length > 0) await db.friendLink.createMany({ data });
  }
}

/** Items in batches of one owning shard each. */
function byShard<Item>(shards: Shards<Db>, items: readonly Item[], idOf: (item: Item) => string): [Db, Item[]][] {
  const groups = groupBy(items, (item) => shards.forId(idOf(item)));
  return [...groups].flatMap(([db, all]) => chunksOf(all, BATCH_ROWS).map((some): [Db, Item[]] => [db, some]));
}
