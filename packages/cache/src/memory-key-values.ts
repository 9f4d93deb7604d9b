import type { Clock } from '@playgraph/kernel/clock';
import { createExpiringMap } from './expiring-map.ts';
import type { KeyValues } from './hot-store.ts';

/** How many plain keys a memory hot store holds when nobody says otherwise. */
export const KEYS_MAX = 100_000;
/** How many characters they hold together, keys included: one or two bytes each. */
export const CHARS_MAX = 64 * 1024 * 1024;

export type MemoryKeyValuesDeps = { readonly clock: Clock; readonly keysMax: number; readonly charsMax?: number };

/**
 * Strings in this process. Past `keysMax` or `charsMax` the expired go first, then those set longest ago; a value that is
 * longer than `charsMax` is lost at once.
 */
export function createMemoryKeyValues(deps: MemoryKeyValuesDeps): KeyValues & { clear(): void } {
  const values = createExpiringMap<string>({
    clock: deps.clock,
    entriesMax: deps.keysMax,
    weigh: (value, key) => value.length + key.length,
    weightMax: deps.charsMax ?? CHARS_MAX,
  });
  const expiryOf = (ttlMs: number): number => {
    if (!(ttlMs > 0)) throw new RangeError('ttlMs must be positive');
    return deps.clock.nowMs() + ttlMs;
  };
  return {
    mget: async (keys) => keys.map((key) => values.get(key) ?? null),
    async mset(entries, ttlMs) {
      const expiresAtMs = expiryOf(ttlMs);
      for (const [key, value] of entries) values.set(key, value, expiresAtMs);
    },
    async setIfAbsent(key, value, ttlMs) {
      const expiresAtMs = expiryOf(ttlMs);
      if (values.get(key) !== undefined) return false;
      values.set(key, value, expiresAtMs);
      return true;
    },
    async delete(keys) {
      for (const key of keys) values.delete(key);
    },
    clear: () => values.clear(),
  };
}
