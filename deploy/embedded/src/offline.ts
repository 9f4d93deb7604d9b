import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { createLocalEventLog } from '@playgraph/events/local-event-log';
import { systemClock as clock } from '@playgraph/kernel/clock';
import { createIds } from '@playgraph/kernel/ids';
import { createLogger } from '@playgraph/kernel/logger';
import { systemRandom as random } from '@playgraph/kernel/random';
import { loadConfig } from './config.ts';
import { closeAll, openStores, type Platform, type Stores } from './subgraphs.ts';

/** Runs a tool over the store's shards, beside a running store or without one. Starts no subgraph and delivers no event. */
export async function withStores<Result>(
  env: Readonly<Record<string, string | undefined>>,
  work: (world: { stores: Stores; platform: Platform }) => Promise<Result>,
): Promise<Result> {
  const config = loadConfig(env);
  const logger = createLogger({ name: 'playgraph', level: config.logLevel });
  const hot = createMemoryHotStore({ clock });
  const log = createLocalEventLog({ logger });
  const stores = await openStores(config);
  try {
    return await work({ stores, platform: { clock, random, ids: createIds({ clock, random }), hot, log, logger } });
  } finally {
    await closeAll(stores);
    await log.close();
    await hot.close();
  }
}
