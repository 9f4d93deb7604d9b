import { announceToNobody } from '@playgraph/cache/entity-changes';
import { createEventStore } from '@playgraph/events/event-store';
import { startSweeper } from '@playgraph/kernel/sweeper';
import { buildSchema } from '@playgraph/server/build-schema';
import type { DrainableSubgraph, SubgraphDeps } from '@playgraph/server/subgraph';
import type { Shards } from '@playgraph/sharding/shards';
import type { Context } from './context.ts';
import { defaultSettings, type OrderDeps, type OrderSettings } from './deps.ts';
import { consumeEvents } from './events.ts';
import { expireOrders } from './expire-orders.ts';
import { createLoaders } from './loaders.ts';
import { createOffers } from './offers.ts';
import { resolvers } from './resolvers.ts';
import { resumePending } from './resume-pending.ts';
import { createStore, type Db } from './store.ts';
import { createTransact } from './transaction.ts';

export type Deps = SubgraphDeps<Shards<Db>> & {
  readonly settings?: Partial<OrderSettings>;
};

/** The subgraph, with what the use cases work with: for tests and tools. */
export type OrderSubgraph = DrainableSubgraph & { readonly deps: OrderDeps };

/** Builds the order subgraph and starts its relay, its consumers and its two sweepers; `close` stops them. */
export async function createSubgraph(given: Deps): Promise<OrderSubgraph> {
  const { shards, hot, clock, ids } = given;
  const logger = given.logger;
  const settings = { ...defaultSettings, ...given.settings };
  const store = createStore(shards);
  const events = createEventStore({ subgraph: 'order', shards, hot, log: given.log, clock, ids, logger });
  const deps: OrderDeps = {
    ...{ store, events, clock, ids, logger, settings },
    transact: createTransact({ store, events }),
    offers: createOffers({ store, hot, logger, announce: given.announce ?? announceToNobody }),
  };
  await consumeEvents(deps);
  const sweepers = [
    startSweeper({ name: 'expire', everyMs: settings.expireEveryMs, run: () => expireOrders(deps), logger }),
    startSweeper({ name: 'resume', everyMs: settings.resumeEveryMs, run: () => resumePending(deps), logger }),
  ];
  return {
    name: 'order',
    schema: buildSchema({ typeDefs: new URL('../schema.graphql', import.meta.url), resolvers }),
    logger,
    deps,
    createContext: (request): Context => ({ ...request, deps, loaders: createLoaders(deps, request.identity) }),
    routes: [],
    checkReady: () => store.checkReady(),
    drained: () => events.drained(),
    async close() {
      await Promise.all(sweepers.map((sweeper) => sweeper.close()));
      await events.close();
    },
  };
}
