import { Counter, type Registry } from 'prom-client';
import type { CacheObserver } from '../cache/cache-observer.ts';
import { METRIC_PREFIX } from './metric-names.ts';

/** Counts what the caches tell of. */
export function createCacheMetrics(registry: Registry): CacheObserver {
  const events = new Counter({
    name: `${METRIC_PREFIX}cache_total`,
    help: 'What was found in a cache (hit) or not (miss), kept (store), dropped (invalidation); error: the store failed.',
    labelNames: ['cache', 'kind'],
    registers: [registry],
  });
  return ({ cache, kind, count }) => events.inc({ cache: cache.toLowerCase(), kind: kind.toLowerCase() }, count);
}
