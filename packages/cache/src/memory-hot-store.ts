import type { Clock } from '@playgraph/kernel/clock';
import type { HotStore } from './hot-store.ts';
import { CHARS_MAX, createMemoryKeyValues, KEYS_MAX } from './memory-key-values.ts';
import { createMemoryPubSub } from './memory-pub-sub.ts';
import { createMemoryRanks, RANKED_MEMBERS_MAX } from './memory-ranks.ts';
import { createMemoryRateLimits, TOKEN_BUCKETS_MAX } from './memory-rate-limits.ts';
import { COUNTERS_MAX, createMemoryReservations } from './memory-reservations.ts';

/** What a memory hot store needs; every limit has a default. */
export type MemoryHotStoreDeps = {
  readonly clock: Clock;
  readonly keysMax?: number;
  readonly charsMax?: number;
  readonly tokenBucketsMax?: number;
  readonly countersMax?: number;
  readonly rankedMembersMax?: number;
};

/** The `HotStore` of one process: every promise of the port, in bounded memory. `close()` forgets everything. */
export function createMemoryHotStore(deps: MemoryHotStoreDeps): HotStore {
  const { clear: clearValues, ...values } = createMemoryKeyValues({
    clock: deps.clock,
    keysMax: deps.keysMax ?? KEYS_MAX,
    charsMax: deps.charsMax ?? CHARS_MAX,
  });
  const { clear: clearLimits, ...limits } = createMemoryRateLimits({
    clock: deps.clock,
    bucketsMax: deps.tokenBucketsMax ?? TOKEN_BUCKETS_MAX,
  });
  const { clear: clearReservations, ...reservations } = createMemoryReservations({
    countersMax: deps.countersMax ?? COUNTERS_MAX,
  });
  const { clear: clearRanks, ...ranks } = createMemoryRanks({
    membersMax: deps.rankedMembersMax ?? RANKED_MEMBERS_MAX,
  });
  const { clear: clearPubSub, ...pubSub } = createMemoryPubSub();
  return {
    ...values,
    ...limits,
    ...reservations,
    ...ranks,
    ...pubSub,
    async close() {
      for (const clear of [clearValues, clearLimits, clearReservations, clearRanks, clearPubSub]) clear();
    },
  };
}
