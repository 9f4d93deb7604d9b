import { AsyncLocalStorage } from 'node:async_hooks';

type Count = { queries: number };

const counts = new AsyncLocalStorage<Count>();

/** Called by a store's adapter for each statement that reads or writes rows; BEGIN, COMMIT and the like do not count. */
export function recordStoreQuery(): void {
  const count = counts.getStore();
  if (count) count.queries += 1;
}

/**
 * Runs `work` and says how many store queries it and everything it started sent, on all shards together.
 * A batch that several metered callers share counts for the one that started it.
 */
export async function meterStoreQueries<T>(work: () => Promise<T>): Promise<{ result: T; queries: number }> {
  const outer = counts.getStore();
  const count: Count = { queries: 0 };
  try {
    // Prisma's promises start when they are awaited: that has to be in here.
    const result = await counts.run(count, async () => await work());
    return { result, queries: count.queries };
  } finally {
    if (outer) outer.queries += count.queries;
  }
}
