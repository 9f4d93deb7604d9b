import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import { settlesWithin } from '@playgraph/kernel/bounded-wait';
import type { Clock } from '@playgraph/kernel/clock';
import { chunksOf } from '@playgraph/kernel/collections';
import type { Logger } from '@playgraph/kernel/logger';
import { gameErrors } from './errors.ts';
import { createSearchIndex, type Matches, type SearchIndex } from './search-index.ts';
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
  readonly store: Pick<Store, 'scanGames' | 'listChanges' | 'findGames'>;
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
  const index = createSearchIndex();
  const closing = new AbortController();
  const own = { ...deps, index, signal: closing.signal };
  const startedMs = deps.clock.nowMs();
  const built = buildUntilDone(own);
  const watching = built.then(() => watchChanges(own, startedMs));

  return {
    async search(query, weights) {
      if (!(await settlesWithin(built, BUILD_WAIT_MS_MAX))) throw gameErrors.searchStarting();
      return index.search(query, weights);
    },
    refresh: (gameIds) => refresh(own, gameIds),
    built: () => built,
    close: async () => {
      closing.abort();
      await watching;
    },
  };
}

type Own = GameSearchDeps & { readonly index: SearchIndex; readonly signal: AbortSignal };

async function buildUntilDone(own: Own): Promise<void> {
  const { logger, signal } = own;
  while (!signal.aborted) {
    try {
      return await build(own);
    } catch (error) {
      logger.warn({ err: error }, 'search index not built, trying again');
      await delay(BUILD_RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function build({ store, index, signal, logger }: Own): Promise<void> {
  let count = 0;
  for await (const games of store.scanGames()) {
    for (const slice of chunksOf(games, PUT_SLICE)) {
      if (signal.aborted) return;
      index.put(slice);
      await setImmediate();
    }
    count += games.length;
  }
  logger.info({ games: count }, 'search index built');
}

/** Looks again and again for what changed since `startedMs`, until it is told to stop. */
async function watchChanges(own: Own, startedMs: number): Promise<void> {
  const { clock, logger, signal } = own;
  let sinceMs = startedMs - CHANGES_OVERLAP_MS;
  while (!signal.aborted) {
    const nowMs = clock.nowMs();
    try {
      await catchUp(own, sinceMs);
      sinceMs = nowMs - CHANGES_OVERLAP_MS;
    } catch (error) {
      logger.warn({ err: error }, 'changed games not read, trying again');
    }
    await delay(own.refreshMs, undefined, { signal }).catch(() => undefined);
  }
}

async function catchUp(own: Own, sinceMs: number): Promise<void> {
  const changes = await own.store.listChanges(new Date(sinceMs));
  const news = changes.filter((change) => !own.index.has(change)).map((change) => change.id);
  for (const slice of chunksOf(news, REFRESH_SLICE)) {
    if (own.signal.aborted) return;
    await refresh(own, slice);
    await own.onChanged(slice);
  }
}

async function refresh({ index, store }: Own, gameIds: readonly string[]): Promise<void> {
  index.put(await store.findGames(gameIds));
}
