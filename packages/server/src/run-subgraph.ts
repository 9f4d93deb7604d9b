import { createHttpAnnouncer } from '@playgraph/cache/http-announcer';
import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { createHttpEventLog } from '@playgraph/events/http-event-log';
import { systemClock as clock } from '@playgraph/kernel/clock';
import { createIds } from '@playgraph/kernel/ids';
import { systemRandom as random } from '@playgraph/kernel/random';
import { type Env, runMain } from './run-main.ts';
import { serveSubgraph } from './serve-subgraph.ts';
import type { Subgraph, SubgraphDeps } from './subgraph.ts';
import type { SubgraphConfig } from './subgraph-config.ts';

/** How a subgraph comes up. */
export type SubgraphProcess<Config extends SubgraphConfig, Store> = {
  readonly name: string;
  /** @throws ConfigError */
  readonly loadConfig: (env: Env) => Config;
  readonly openStore: (urls: readonly string[]) => Promise<Store>;
  readonly create: (deps: SubgraphDeps<Store>, config: Config) => Promise<Subgraph>;
};

/**
 * Runs one subgraph as its own process: config, shards, hot store, events over HTTP, GraphQL; gateways are told over HTTP
 * what has changed, also that anything may have while this did not run. Closes in reverse. Events go out only when the
 * subgraph consumes, so that it misses none of its own.
 */
export function runSubgraph<Config extends SubgraphConfig, Store extends { close(): Promise<void> }>(
  subgraphProcess: SubgraphProcess<Config, Store>,
): Promise<void> {
  const { name, loadConfig, openStore, create } = subgraphProcess;
  return runMain(name, async (env, logger) => {
    const config = loadConfig(env);
    const { host, port, identitySecret } = config;
    const shards = await openStore(config.shardUrls);
    const hot = createMemoryHotStore({ clock });
    const log = createHttpEventLog({ ...config.events, logger, clock, isHeld: true });
    const ids = createIds({ clock, random });
    const announcer =
      config.invalidation && createHttpAnnouncer({ ...config.invalidation, subgraph: name, clock, random, logger });
    const subgraph = await create(
      { shards, hot, log, clock, ids, random, logger, ...(announcer && { announce: announcer.announce }) },
      config,
    );
    const routes = [...subgraph.routes, log.route];
    const server = await serveSubgraph({ subgraph: { ...subgraph, routes }, host, port, identitySecret, logger });
    log.release();
    announcer?.announceEverything();
    logger.info({ url: server.url }, `${name} is ready`);
    return {
      async close() {
        await server.close();
        await subgraph.close();
        await announcer?.close();
        await log.close();
        await hot.close();
        await shards.close();
      },
    };
  });
}
