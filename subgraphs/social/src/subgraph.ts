import type { HotStore } from '@playgraph/cache/hot-store';
import type { EventLog } from '@playgraph/events/event-log';
import { createEventStore } from '@playgraph/events/event-store';
import type { Clock } from '@playgraph/kernel/clock';
import type { Ids } from '@playgraph/kernel/ids';
import type { Logger } from '@playgraph/kernel/logger';
import { buildSchema } from '@playgraph/server/build-schema';
import type { Subgraph } from '@playgraph/server/subgraph';
import type { Shards } from '@playgraph/sharding/shards';
import { createContext } from './context.ts';
import { defaultSettings, type SocialDeps, type SocialSettings } from './deps.ts';
import { consumeEvents } from './events.ts';
import { resolvers } from './resolvers.ts';
import { createStore, type Db } from './store.ts';

export type Deps = {
  readonly shards: Shards<Db>;
  readonly hot: HotStore;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly settings?: Partial<SocialSettings>;
};

/** The social subgraph, consuming events from the moment that the promise resolves. Closes what it opened itself. */
export async function createSubgraph(deps: Deps): Promise<Subgraph & { drained(): Promise<void> }> {
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
