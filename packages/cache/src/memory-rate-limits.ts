import type { Clock } from '@playgraph/kernel/clock';
import { createExpiringMap } from './expiring-map.ts';
import type { RateLimits } from './hot-store.ts';

/** How many token buckets that are not full a memory hot store holds. Past that the oldest count as full again. */
export const TOKEN_BUCKETS_MAX = 100_000;

/** Milliseconds that rounding may be off by, so that waiting `retryAfterMs` is always enough. */
const ROUNDING_MS = 1e-6;

/**
 * Token buckets in this process. A bucket is one number, the instant at which it will be full; a bucket that is full
 * again is forgotten, for an absent one is full.
 */
export function createMemoryRateLimits(deps: { clock: Clock; bucketsMax: number }): RateLimits & { clear(): void } {
  const fullAtMs = createExpiringMap<number>({ clock: deps.clock, entriesMax: deps.bucketsMax });
  return {
    async takeTokens({ key, capacity, refillPerSecond, cost }) {
      if (!(capacity > 0 && refillPerSecond > 0 && cost >= 0 && cost <= capacity)) {
        throw new RangeError('a token bucket wants capacity > 0, refillPerSecond > 0 and 0 <= cost <= capacity');
      }
      const nowMs = deps.clock.nowMs();
      const msPerToken = 1000 / refillPerSecond;
      const emptyForMs = Math.max(0, (fullAtMs.get(key) ?? nowMs) - nowMs);
      const afterMs = emptyForMs + cost * msPerToken;
      const excessMs = afterMs - capacity * msPerToken;
      const isAllowed = excessMs <= ROUNDING_MS;
      if (isAllowed && cost > 0) fullAtMs.set(key, nowMs + afterMs, nowMs + afterMs);
      const left = capacity - (isAllowed ? afterMs : emptyForMs) / msPerToken;
      return {
        isAllowed,
        remaining: Math.max(0, Math.floor(left + ROUNDING_MS)),
        retryAfterMs: isAllowed ? 0 : Math.ceil(excessMs),
      };
    },
    clear: () => fullAtMs.clear(),
  };
}
