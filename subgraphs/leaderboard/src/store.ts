import { groupBy } from '@playgraph/kernel/collections';
import type { TimePage } from '@playgraph/kernel/time-page';
import { beyondKeyset, orderByKeyset } from '@playgraph/sharding/keyset';
import { openShards } from '@playgraph/sharding/open-shards';
import { isUniqueViolation } from '@playgraph/sharding/prisma-errors';
import type { Shards } from '@playgraph/sharding/shards';
import { OvertakenError, TRANSACTION_OPTIONS } from '@playgraph/sharding/transact';
import { BOARDS_PER_GAME_MAX, type Board, type PlayerBoard, type ScoreRow, SEQ_BEFORE_ALL } from './domain.ts';
import { type Prisma, PrismaClient } from './generated/sqlite/client.ts';

export type Db = PrismaClient;
export type Tx = Prisma.TransactionClient;

/** A place to read scores of: one player's on one board. */
export type ScoreKey = { readonly leaderboardId: string; readonly playerId: string };

/** How many boards of several players are read together before each player is read alone. */
const PLAYER_BOARDS_TOGETHER_MAX = 2000;

const migrationsDir = new URL('../../../prisma/leaderboard/migrations/sqlite/', import.meta.url);

/** Opens, migrates and checks the shards. */
export function openStore(urls: readonly string[]): Promise<Shards<Db>> {
  return openShards<Db>({
    urls,
    migrationsDir,
    openClient: (adapter) => new PrismaClient({ adapter, transactionOptions: TRANSACTION_OPTIONS }),
  });
}

export type Store = ReturnType<typeof createStore>;

/** Every query of this subgraph, by name. A batch costs one query a shard that owns some of it. */
export function createStore(shards: Shards<Db>) {
  return {
    /** One transaction on the shard that owns `id`. */
    transact: <Result>(id: string, work: (tx: Tx) => Promise<Result>) => shards.forId(id).$transaction(work),
    dbOf: (id: string): Db => shards.forId(id),
    checkReady: async () => void (await shards.scatter((db) => db.leaderboard.findFirst({ select: { id: true } }))),

    findBoards: (ids: readonly string[]): Promise<Board[]> =>
      shards.mapIds(ids, (db, some) => db.leaderboard.findMany({ where: { id: { in: some } } })),
    findBoardsOfGames: (gameIds: readonly string[]): Promise<Board[]> =>
      shards.mapIds(gameIds, (db, some) => {
        const take = some.length * BOARDS_PER_GAME_MAX;
        return db.leaderboard.findMany({ where: { gameId: { in: some } }, orderBy: { id: 'asc' }, take });
      }),
    createBoard: (board: Board, createdAt: Date) =>
      onceOnly(() => shards.forId(board.id).leaderboard.createMany({ data: [{ ...board, createdAt }] })),

    findScores: (keys: readonly ScoreKey[]) => findScores(shards, keys),
    findScoresAfter: (applied: ReadonlyMap<string, number>, limit: number) => findScoresAfter(shards, applied, limit),

    /** The last sequence number of each board's stream; a board without events has none. */
    findStreamHeads: (boardIds: readonly string[]): Promise<{ stream: string; seq: number }[]> =>
      shards.mapIds(boardIds, (db, some) => db.streamHead.findMany({ where: { stream: { in: some } } })),

    findPlayerBoards: (playerIds: readonly string[], page: TimePage) => findPlayerBoards(shards, playerIds, page),
    enterBoard: (row: PlayerBoard) =>
      onceOnly(() => shards.forId(row.playerId).playerBoard.createMany({ data: [row] })),

    findFriendIds: async (userId: string, limit: number): Promise<string[]> => {
      const query = { where: { userId }, orderBy: { friendshipId: 'asc' }, take: limit } as const;
      const links = await shards.forId(userId).friendLink.findMany(query);
      return [...new Set(links.map((link) => link.friendId))];
    },
  };
}

export async function findBestScore(tx: Tx, key: ScoreKey): Promise<number | null> {
  const row = await tx.score.findUnique({ where: { leaderboardId_playerId: key }, select: { score: true } });
  return row?.score ?? null;
}

/** Writes a better score over `best` (null: the first). @throws what `isOvertaken` knows when `best` is not the best. */
export async function putBestScore(tx: Tx, row: ScoreRow, best: number | null): Promise<void> {
  if (best === null) return void (await tx.score.createMany({ data: [row] }));
  const { leaderboardId, playerId, ...values } = row;
  const { count } = await tx.score.updateMany({ where: { leaderboardId, playerId, score: best }, data: values });
  if (count !== 1) throw new OvertakenError(`${playerId} on ${leaderboardId}`);
}

/** Puts or removes one direction of a friendship. */
export async function setFriendLink(
  tx: Tx,
  link: { userId: string; friendId: string; friendshipId: string },
  isFriend: boolean,
): Promise<void> {
  const { userId, friendshipId } = link;
  await tx.friendLink.deleteMany({ where: { userId, friendshipId } });
  if (isFriend) await tx.friendLink.createMany({ data: [link] });
}

function findScores(shards: Shards<Db>, keys: readonly ScoreKey[]): Promise<ScoreRow[]> {
  const byBoard = groupBy(keys, (key) => key.leaderboardId);
  return shards.mapIds([...byBoard.keys()], (db, boardIds) => {
    const OR = boardIds.map((leaderboardId) => {
      const players = byBoard.get(leaderboardId) ?? [];
      return { leaderboardId, playerId: { in: players.map((key) => key.playerId) } };
    });
    return db.score.findMany({ where: { OR } });
  });
}

function findScoresAfter(shards: Shards<Db>, applied: ReadonlyMap<string, number>, limit: number): Promise<ScoreRow[]> {
  return shards.mapIds([...applied.keys()], (db, boardIds) => {
    const OR = boardIds.map((leaderboardId) => ({
      leaderboardId,
      seq: { gt: applied.get(leaderboardId) ?? SEQ_BEFORE_ALL },
    }));
    return db.score.findMany({ where: { OR }, orderBy: [{ leaderboardId: 'asc' }, { seq: 'asc' }], take: limit });
  });
}

/** Of each player the page's boards and one more, in reading order. */
async function findPlayerBoards(
  shards: Shards<Db>,
  playerIds: readonly string[],
  page: TimePage,
): Promise<PlayerBoard[]> {
  const order = { key: 'enteredAt', id: 'leaderboardId', isUpwards: page.direction === 'backward' };
  const orderBy = [{ playerId: 'asc' as const }, ...orderByKeyset(order)];
  const beyond = page.place ? beyondKeyset(order, page.place.at, page.place.id) : {};
  const read = (db: Db, ids: string[], take: number): Promise<PlayerBoard[]> =>
    db.playerBoard.findMany({ where: { playerId: { in: ids }, ...beyond }, orderBy, take });
  return shards.mapIds(playerIds, async (db, ids) => {
    if (ids.length === 1) return read(db, ids, page.limit + 1);
    const rows = await read(db, ids, PLAYER_BOARDS_TOGETHER_MAX);
    if (rows.length < PLAYER_BOARDS_TOGETHER_MAX) return rows;
    return (await Promise.all(ids.map((id) => read(db, [id], page.limit + 1)))).flat();
  });
}

/** Runs a `createMany` of rows that may be there already. */
async function onceOnly(create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
  }
}
