import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from '@playgraph/kernel/logger';

/** How many operations are warmed at most. */
export const WARM_OPERATIONS_MAX = 2_000;
/** How long requests may have to wait for warming; one operation is never interrupted. */
const SLICE_MS = 4;

export type WarmUpReport = {
  readonly warmed: number;
  /** Those that could not be: they are no longer valid, or have no plan. */
  readonly failed: number;
  /** Whether it was broken off. */
  readonly isAborted: boolean;
};

export type WarmUpDeps<Item> = {
  /** Makes what the first request would have to wait for; false, or what it throws, is a failure of this one alone. */
  readonly warm: (item: Item) => boolean;
  readonly signal: AbortSignal;
  readonly logger: Logger;
};

/** Warms `items` in their order, at most WARM_OPERATIONS_MAX, in slices: requests come in between. Never rejects. */
export async function warmUp<Item>(items: Iterable<Item>, deps: WarmUpDeps<Item>): Promise<WarmUpReport> {
  let [warmed, failed] = [0, 0];
  let sliceEndMs = performance.now() + SLICE_MS;
  for (const item of items) {
    if (warmed + failed >= WARM_OPERATIONS_MAX) break;
    if (performance.now() >= sliceEndMs) {
      await nextTurn();
      sliceEndMs = performance.now() + SLICE_MS;
    }
    if (deps.signal.aborted) return { warmed, failed, isAborted: true };
    if (warmOne(item, deps)) warmed += 1;
    else failed += 1;
  }
  return { warmed, failed, isAborted: false };
}

function warmOne<Item>(item: Item, { warm, logger }: WarmUpDeps<Item>): boolean {
  try {
    return warm(item);
  } catch (error) {
    logger.debug({ error: String(error) }, 'an operation cannot be warmed');
    return false;
  }
}
