import type { Clock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import type { CacheObserver } from './cache-observer.ts';

/** How long a client request waits for the store. Asking the subgraph costs about as much. */
export const READ_MS_MAX = 50;
/** How long a write may be under way, and how long who invalidates waits for each thing that the store is told. */
export const WRITE_MS_MAX = 1_000;
/** After a failure the store is left alone for this long, so that a dead one does not slow every request down. */
const REST_MS = 250;
/** A store that is down is worth one line in this time. */
const LOG_MS_MIN = 60_000;
/** How many writes may be under way. What comes on top is not kept: a slow store must not pile up values. */
const WRITES_MAX = 64;

/** Stands between requests and a store that may be slow or gone: whatever goes wrong there is "not there". */
export type StoreGuard = {
  /** Whether the store failed a moment ago, so that asking it is no use. */
  isResting(): boolean;
  /** What `work` resolves to; null when it fails or takes too long. */
  ask<Value>(work: () => Promise<Value>): Promise<Value | null>;
  /** Does `work` in the background, for a bounded time. */
  write(work: () => Promise<void>): void;
  /** Resolves when no write is under way. */
  settled(): Promise<void>;
};

export type StoreGuardDeps = {
  readonly cache: 'ENTITY' | 'ANSWER';
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: CacheObserver;
  readonly readMsMax: number;
  /** WRITE_MS_MAX when absent. */
  readonly writeMsMax?: number;
};

export function createStoreGuard(deps: StoreGuardDeps): StoreGuard {
  const { cache, clock, logger, observer, readMsMax, writeMsMax = WRITE_MS_MAX } = deps;
  const writes = new Set<Promise<void>>();
  let restsUntilMs = Number.NEGATIVE_INFINITY;
  let nextLogMs = Number.NEGATIVE_INFINITY;

  const noteFailure = (error: unknown): null => {
    const nowMs = clock.nowMs();
    restsUntilMs = nowMs + REST_MS;
    observer({ cache, kind: 'ERROR', count: 1 });
    if (nowMs >= nextLogMs) {
      nextLogMs = nowMs + LOG_MS_MIN;
      logger.warn({ err: error, cache }, 'the cache store does not answer; requests go on without it');
    }
    return null;
  };
  return {
    isResting: () => clock.nowMs() < restsUntilMs,
    ask: (work) => within(work, readMsMax).catch(noteFailure),
    write(work) {
      if (writes.size >= WRITES_MAX) return;
      // What never settles would take the place of another write for good.
      const write: Promise<void> = within(work, writeMsMax)
        .catch(noteFailure)
        .then(() => void writes.delete(write));
      writes.add(write);
    },
    settled: async () => void (await Promise.all(writes)),
  };
}

/** Rejects when `work` does, or takes longer than `msMax`. */
export async function within<Value>(work: () => Promise<Value>, msMax: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${msMax} ms`)), msMax);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
