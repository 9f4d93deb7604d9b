import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import type { Clock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import { gameErrors } from './errors.ts';
import { createSearchIndex, type Matches } from './search-index.ts';
import type { Store } from './store.ts';

/** The search over all games of the store, kept up to date. */
export type GameSearch = {
  /** As `SearchIndex.search`. @throws DomainError UNAVAILABLE when the index is still being built after a while. */
  search(query: string, weights: readonly number[] | null): Promise<Matches | null>;
  /** Reads games anew: to be called when one was published or changed. */
  refresh(gameIds: readonly string[]): Promise<void>;
  /** Resolves when every game that was there at the start can be found. */
  built(): Promise<void>;
  close(): Promise<void>;
};

export type GameSearchDeps = {
  readonly store: Pick<Store, 'scanGames' | 'listChanges' | 'readGames'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How often to look for games that another process changed without this one hearing of it. */
  readonly refreshMs: number;
  /** Called with games that were changed elsewhere, once they can be found. */
  readonly onChanged: (gameIds: readonly string[]) => Promise<void>;
};

/** How long a search waits for the index to be built. */
const BUILD_WAIT_MS_MAX = 3_000;
const BUILD_RETRY_MS = 1_000;
/** How many games are put into the index before other work gets its turn. */
const PUT_SLICE = 50;
/** How many changed games are read at a time. */
const REFRESH_SLICE = 200;
/** How far back a look for changes goes: clocks of writers may differ, and a transaction commits after its time. */
const CHANGES_OVERLAP_MS = 60_000;

/** Starts building the index at once, in the background. */
export function createGameSearch(deps: GameSearchDeps): GameSearch {
  const { store, clock, logger } = deps;
  const index = createSearchIndex();
  const closing = new AbortController();
  const { signal } = closing;

  const refresh = async (gameIds: readonly string[]): Promise<void> => index.put(await store.readGames(gameIds));

  const build = async (): Promise<void> => {
    let count = 0;
    for await (const games of store.scanGames()) {
      for (let i = 0; i < games.length && !signal.aborted; i += PUT_SLICE) {
        index.put(games.slice(i, i + PUT_SLICE));
        await setImmediate();
      }
      if (signal.aborted) return;
      count += games.length;
    }
    logger.info({ games: count }, 'search index built');
  };

  const buildUntilDone = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        return await build();
      } catch (error) {
        logger.warn({ err: error }, 'search index not built, trying again');
        await delay(BUILD_RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  };

  const catchUp = async (sinceMs: number): Promise<void> => {
    const changes = await store.listChanges(new Date(sinceMs));
    const news = changes.filter((change) => !index.has(change)).map((change) => change.id);
    for (let i = 0; i < news.length && !signal.aborted; i += REFRESH_SLICE) {
      const slice = news.slice(i, i + REFRESH_SLICE);
      await refresh(slice);
      await deps.onChanged(slice);
    }
  };

  const startedMs = clock.nowMs();
  const built = buildUntilDone();

  const watch = async (): Promise<void> => {
    let sinceMs = startedMs - CHANGES_OVERLAP_MS;
    await built;
    while (!signal.aborted) {
      const nowMs = clock.nowMs();
      try {
        await catchUp(sinceMs);
        sinceMs = nowMs - CHANGES_OVERLAP_MS;
      } catch (error) {
        logger.warn({ err: error }, 'changed games not read, trying again');
      }
      await delay(deps.refreshMs, undefined, { signal }).catch(() => undefined);
    }
  };
  const watching = watch();

  return {
    async search(query, weights) {
      if (!(await isDoneWithin(built, BUILD_WAIT_MS_MAX))) throw gameErrors.searchStarting();
      return index.search(query, weights);
    },
    refresh,
    built: () => built,
    close: async () => {
      closing.abort();
      await watching;
    },
  };
}

async function isDoneWithin(work: Promise<void>, timeoutMs: number): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      work.then(() => true),
      delay(timeoutMs, false, { signal: timer.signal }).catch(() => false),
    ]);
  } finally {
    timer.abort();
  }
}
