import { createEntityCache } from '@playgraph/cache/entity-cache';
import type { HotStore } from '@playgraph/cache/hot-store';
import { groupBy, keyBy } from '@playgraph/kernel/collections';
import type { TimePage } from '@playgraph/kernel/time-page';
import DataLoader from 'dataloader';
import { type Board, type Entry, FRIENDS_READ_MAX, type PlayerBoard, type ScoreRow } from './domain.ts';
import type { Ranks } from './ranks.ts';
import type { ScoreKey, Store } from './store.ts';

/** Boards do not change once they are there. */
const BOARD_TTL_MS = 10 * 60 * 1000;
const BATCH_MAX = 200;

export type BoardCaches = ReturnType<typeof createBoardCaches>;

/** What is shared between requests: public, hot, and dropped when a board is created. */
export function createBoardCaches(hot: HotStore) {
  return {
    byId: createEntityCache<Board>({ hot, namespace: 'leaderboard:board', ttlMs: BOARD_TTL_MS }),
    ofGame: createEntityCache<readonly Board[]>({ hot, namespace: 'leaderboard:boards-of-game', ttlMs: BOARD_TTL_MS }),
  };
}

type Deps = { readonly store: Store; readonly ranks: Ranks; readonly caches: BoardCaches };

export type Loaders = ReturnType<typeof createLoaders>;

/** One set a request. */
export function createLoaders({ store, ranks, caches }: Deps) {
  const options = { maxBatchSize: BATCH_MAX };
  const keyed = { ...options, cacheKeyFn: (key: ScoreKey) => `${key.leaderboardId}/${key.playerId}` };
  const ready = new DataLoader<string, true>(async (ids) => {
    await ranks.ensure(ids);
    return ids.map(() => true);
  }, options);
  return {
    board: new DataLoader<string, Board | null>(async (ids) => {
      const found = await caches.byId.readMany(ids, async (missing) =>
        keyBy(await store.findBoards(missing), (board) => board.id),
      );
      return ids.map((id) => found.get(id) ?? null);
    }, options),
    boardsOfGame: new DataLoader<string, readonly Board[]>(async (gameIds) => {
      const found = await caches.ofGame.readMany(gameIds, async (missing) => {
        const boards = groupBy(await store.findBoardsOfGames(missing), (board) => board.gameId);
        return new Map(missing.map((gameId) => [gameId, boards.get(gameId) ?? []]));
      });
      return gameIds.map((gameId) => found.get(gameId) ?? []);
    }, options),
    /** Resolves when the board's ranking can be read; boards of one page are made ready together. */
    ready,
    /** A player's place, one call of the hot store a board. */
    place: new DataLoader<ScoreKey, Entry | null, string>(async (keys) => {
      const byBoard = [...groupBy(keys, (key) => key.leaderboardId)];
      await ready.loadMany(byBoard.map(([id]) => id));
      const places = await Promise.all(
        byBoard.map(([id, players]) =>
          ranks.places(
            id,
            players.map((key) => key.playerId),
          ),
        ),
      );
      const found = keyBy(
        places.flat().filter((entry) => entry !== null),
        keyed.cacheKeyFn,
      );
      return keys.map((key) => found.get(keyed.cacheKeyFn(key)) ?? null);
    }, keyed),
    score: new DataLoader<ScoreKey, ScoreRow | null, string>(async (keys) => {
      const found = keyBy(await store.findScores(keys), keyed.cacheKeyFn);
      return keys.map((key) => found.get(keyed.cacheKeyFn(key)) ?? null);
    }, keyed),
    /** The last sequence number of a board's stream; 0 before the first event. */
    streamSeq: new DataLoader<string, number>(async (boardIds) => {
      const heads = keyBy(await store.findStreamHeads(boardIds), (head) => head.stream);
      return boardIds.map((id) => heads.get(id)?.seq ?? 0);
    }, options),
    friendIds: new DataLoader<string, readonly string[]>(
      (userIds) => Promise.all(userIds.map((userId) => store.findFriendIds(userId, FRIENDS_READ_MAX))),
      options,
    ),
    playerBoards: createPlayerBoards(store),
  };
}

/** What was read so far is read again when it is asked for. */
export function forgetLoaded(loaders: Loaders): void {
  for (const loader of Object.values(loaders)) loader.clearAll();
}

type PlayerBoardsKey = { readonly playerId: string; readonly page: TimePage };

/** A page of the boards of a player; the same page of several players is read together. */
function createPlayerBoards(store: Store) {
  return new DataLoader<PlayerBoardsKey, PlayerBoard[], string>(
    async (keys) => {
      const groups = [...groupBy(keys, (key) => JSON.stringify(key.page)).values()];
      const reads = groups.flatMap(([first, ...rest]) =>
        first
          ? [
              store.findPlayerBoards(
                [first, ...rest].map((key) => key.playerId),
                first.page,
              ),
            ]
          : [],
      );
      const pages = await Promise.all(reads);
      const found = new Map(
        groups.flatMap((group, i) => {
          const rows = groupBy(pages[i] ?? [], (row) => row.playerId);
          return group.map((key) => [key, (rows.get(key.playerId) ?? []).slice(0, key.page.limit + 1)] as const);
        }),
      );
      return keys.map((key) => found.get(key) ?? []);
    },
    { maxBatchSize: BATCH_MAX, cacheKeyFn: (key) => JSON.stringify(key) },
  );
}
