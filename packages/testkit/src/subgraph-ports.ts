import type { HotStore } from '@playgraph/cache/hot-store';
import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { createLocalEventLog, type LocalEventLog } from '@playgraph/events/local-event-log';
import { createManualClock, type ManualClock } from '@playgraph/kernel/clock';
import { createIds, type Ids } from '@playgraph/kernel/ids';
import { createLogger, type Logger } from '@playgraph/kernel/logger';
import { createSeededRandom, type Random } from '@playgraph/kernel/random';
import { createTempFolder, type TempFolder } from './temp-folder.ts';

/** When the worlds of tests begin. */
export const START_MS = Date.UTC(2026, 10, 21, 8);
/** As an interval: background work runs when the test says so, no timer fires while one lasts. */
export const NEVER_MS = 2 ** 31 - 1;
/** Two: what depends on a shard shows, and no more of them need be opened. */
const SHARD_COUNT = 2;

/** What a subgraph is made of, all of it real and all of it the test's own. */
export type SubgraphPorts<Shards> = {
  readonly folder: TempFolder;
  readonly urls: readonly string[];
  readonly shards: Shards;
  readonly hot: HotStore;
  readonly log: LocalEventLog;
  readonly clock: ManualClock;
  readonly ids: Ids;
  readonly random: Random;
  readonly logger: Logger;
  /** Closes all, last opened first, and removes the shards' files. The subgraph must be closed before. */
  close(): Promise<void>;
};

/** Opens fresh SQLite shards with `openStore` and the in-process ports. Equal seeds give equal ids. */
export async function openSubgraphPorts<Shards extends { close(): Promise<void> }>(options: {
  readonly name: string;
  readonly openStore: (urls: readonly string[]) => Promise<Shards>;
  readonly seed?: string;
  /** Writes warnings when it is not given: a test that expects failures inside gives a silent one. */
  readonly logger?: Logger;
}): Promise<SubgraphPorts<Shards>> {
  const { name, openStore, seed = name } = options;
  const logger = options.logger ?? createLogger({ name: `${name} tests`, level: 'warn' });
  const folder = await createTempFolder(name);
  const urls = folder.shardUrls(SHARD_COUNT);
  const clock = createManualClock(START_MS);
  const random = createSeededRandom(seed);
  const shards = await openStore(urls);
  const hot = createMemoryHotStore({ clock });
  const log = createLocalEventLog({ logger });
  return {
    ...{ folder, urls, shards, hot, log, clock, ids: createIds({ clock, random }), random, logger },
    async close() {
      await log.close();
      await hot.close();
      await shards.close();
      await folder.remove();
    },
  };
}
