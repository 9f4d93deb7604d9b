import type { HotStore } from '@playgraph/cache/hot-store';
import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { createMemoryPageCache } from '@playgraph/cache/memory-page-cache';
import { systemClock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import { systemRandom } from '@playgraph/kernel/random';
import type { HttpRoute } from '@playgraph/server/subgraph';
import type { GatewayConfig } from '../config.ts';
import { type AnswerCache, createAnswerCache } from './answer-cache.ts';
import type { CacheObserver } from './cache-observer.ts';
import { createEntityCache, type EntityCache } from './entity-cache.ts';
import { createInvalidateRoute } from './invalidate-route.ts';

/** What the gateway keeps of subgraphs' answers, and the door by which it is told what has changed. */
export type Caches = {
  readonly entities: EntityCache;
  readonly answers: AnswerCache;
  readonly routes: readonly HttpRoute[];
  close(): Promise<void>;
};

export type CachesDeps = {
  readonly logger: Logger;
  readonly observer: CacheObserver | undefined;
  /** Shared with others; this process's memory when absent. */
  readonly hot?: HotStore;
};

/** Opens the caches that the settings ask for; null when they ask for none. */
export async function openCaches(
  { cache: settings }: Pick<GatewayConfig, 'cache'>,
  { logger, observer, hot: shared }: CachesDeps,
): Promise<Caches | null> {
  if (!settings.enabled) return null;
  const [clock, random] = [systemClock, systemRandom];
  const hot = shared ?? createMemoryHotStore({ clock, keysMax: settings.entriesMax });
  const pages = createMemoryPageCache({ clock });
  const { ttlSecondsMax, invalidateSecret: secret } = settings;
  const entities = await createEntityCache({
    hot,
    clock,
    random,
    logger,
    ttlSecondsMax,
    ...(observer && { observer }),
  });
  return {
    entities,
    answers: createAnswerCache({ pages, entities, logger }),
    routes:
      secret === null
        ? []
        : [{ path: '/cache/invalidate', handle: createInvalidateRoute({ cache: entities, secret, logger }) }],
    close: async () => {
      await entities.close();
      await pages.close();
      if (!shared) await hot.close();
    },
  };
}
