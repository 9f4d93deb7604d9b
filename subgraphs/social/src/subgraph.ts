import { createEventStore } from '@playgraph/events/event-store';
import { buildSchema } from '@playgraph/server/build-schema';
import type { DrainableSubgraph, SubgraphDeps } from '@playgraph/server/subgraph';
import type { Shards } from '@playgraph/sharding/shards';
import { createContext } from './context.ts';
import { defaultSettings, type SocialDeps, type SocialSettings } from './deps.ts';
import { consumeEvents } from './events.ts';
import { resolvers } from './resolvers.ts';
import { createStore, type Db } from './store.ts';

export type Deps = SubgraphDeps<Shards<Db>> & {
  readonly settings?: Partial<SocialSettings>;
};

/** The social subgraph, consuming events from the moment that the promise resolves. Closes what it opened itself. */
export async function createSubgraph(deps: Deps): Promise<DrainableSubgraph> {
  const { hot, clock, ids, logger } = deps;
  const store = createStore(deps.shards);
  const events = createEventStore({ subgraph: 'social', ...deps });
  const settings = { ...defaultSettings, ...deps.settings };
  const social: SocialDeps = { store, events, hot, clock, ids, logger, settings };
  await consumeEvents(social);
  return {
    name: 'social',
    logger,
    schema: buildSchema({ typeDefs: new URL('../schema.graphql', import.meta.url), resolvers }),
    createContext: (request) => createContext(social, request),
    routes: [],
    checkReady: store.checkReady,
    drained: () => events.drained(),
    close: () => events.close(),
  };
}
