import { createTicketSigner } from '@playgraph/auth/ticket';
import { announceToNobody } from '@playgraph/cache/entity-changes';
import { createEventStore } from '@playgraph/events/event-store';
import { buildSchema } from '@playgraph/server/build-schema';
import type { DrainableSubgraph, SubgraphDeps } from '@playgraph/server/subgraph';
import type { Shards } from '@playgraph/sharding/shards';
import type { Context, Services } from './context.ts';
import { consumeEvents } from './events.ts';
import { createBoardCaches, createLoaders } from './loaders.ts';
import { createRanks } from './ranks.ts';
import { resolvers } from './resolvers.ts';
import { createStore, type Db } from './store.ts';
import { createSubmitScore } from './submit-score.ts';

/** The purpose of the tickets that game gives out for play sessions. */
const TICKET_PURPOSE = 'play-session';

export type Deps = SubgraphDeps<Shards<Db>> & {
  /** Shared with game, which signs the tickets of play sessions. */
  readonly ticketSecret: string;
};

/** The leaderboard subgraph, consuming events from the moment that the promise resolves. Closes what it opened itself. */
export async function createSubgraph(deps: Deps): Promise<DrainableSubgraph> {
  const { shards, hot, clock } = deps;
  const store = createStore(shards);
  const events = createEventStore({ subgraph: 'leaderboard', ...deps });
  const ranks = createRanks({ hot, findScoresAfter: store.findScoresAfter });
  const caches = createBoardCaches(hot);
  const tickets = createTicketSigner({ secret: deps.ticketSecret, purpose: TICKET_PURPOSE, clock });
  const newLoaders = () => createLoaders({ store, ranks, caches });
  const findBoard = (id: string) => newLoaders().board.load(id);
  const submitScore = createSubmitScore({ store, ranks, events, tickets, clock, findBoard });
  const services: Services = { store, ranks, events, submitScore };
  await consumeEvents({ events, store, ranks, caches, announce: deps.announce ?? announceToNobody });
  return {
    name: 'leaderboard',
    logger: deps.logger,
    schema: buildSchema({ typeDefs: new URL('../schema.graphql', import.meta.url), resolvers }),
    createContext: (request): Context => ({ ...request, loaders: newLoaders(), services }),
    routes: [],
    checkReady: store.checkReady,
    drained: () => events.drained(),
    close: () => events.close(),
  };
}
