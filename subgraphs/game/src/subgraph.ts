import { createTicketSigner } from '@playgraph/auth/ticket';
import { announceToNobody } from '@playgraph/cache/entity-changes';
import { createEventStore } from '@playgraph/events/event-store';
import { buildSchema } from '@playgraph/server/build-schema';
import type { DrainableSubgraph, SubgraphDeps } from '@playgraph/server/subgraph';
import type { Shards } from '@playgraph/sharding/shards';
import { createBuilds } from './builds.ts';
import type { Context, Services } from './context.ts';
import { consumeEvents } from './events.ts';
import { createGameSearch } from './game-search.ts';
import { createCaches, createLoaders } from './loaders.ts';
import { resolvers } from './resolvers.ts';
import { SCORE_TICKET_PURPOSE } from './score-tickets.ts';
import { createDownloadServer, DOWNLOAD_TICKET_PURPOSE } from './serve-downloads.ts';
import { createStore, type Db } from './store.ts';

export type Deps = SubgraphDeps<Shards<Db>> & {
  /** Download addresses and score tickets are signed with it; the leaderboards know it too. */
  readonly ticketSecret: string;
  /** The folder of build files; made when it is not there. */
  readonly buildsDir: string;
  /** What download addresses begin with: an origin such as `https://play.example`, or nothing (the default). */
  readonly publicUrl?: string;
  /** How long a download address works. */
  readonly downloadTicketTtlMs?: number;
  /** How often to look for games that another process changed without telling. */
  readonly searchRefreshMs?: number;
};

export const DOWNLOAD_TICKET_TTL_MS = 15 * 60_000;
export const SEARCH_REFRESH_MS = 5_000;

/** The game subgraph as it runs; `searchBuilt` resolves when every game can be found. */
export type GameSubgraph = DrainableSubgraph & { searchBuilt(): Promise<void> };

/** The game subgraph, consuming events from the moment that the promise resolves. Closes what it opened itself. */
export async function createSubgraph(deps: Deps): Promise<GameSubgraph> {
  const { shards, hot, clock, ids, logger } = deps;
  const store = createStore(shards);
  const caches = createCaches(hot);
  const announce = deps.announce ?? announceToNobody;
  // Last of all: who hears of a change asks at once, and must not be told the old.
  const tell = (gameIds: readonly string[]) =>
    announce([
      ...gameIds.map((id) => ({ typename: 'Game', key: { id } })),
      // A game may bring a kind of game that there was not.
      { subgraph: 'game', typename: 'Genre' },
    ]);
  const search = createGameSearch({
    store,
    clock,
    logger,
    refreshMs: deps.searchRefreshMs ?? SEARCH_REFRESH_MS,
    onChanged: async (gameIds) => {
      await caches.games.invalidate(gameIds);
      await tell(gameIds);
    },
  });
  const builds = createBuilds({ store, dir: deps.buildsDir, clock });
  const downloadTickets = createTicketSigner({ secret: deps.ticketSecret, purpose: DOWNLOAD_TICKET_PURPOSE, clock });
  const scoreTickets = createTicketSigner({ secret: deps.ticketSecret, purpose: SCORE_TICKET_PURPOSE, clock });
  const downloads = createDownloadServer({ builds, tickets: downloadTickets, logger });
  const events = createEventStore({ ...deps, subgraph: 'game' });
  const refreshGames = async (gameIds: readonly string[]): Promise<void> => {
    await caches.games.invalidate(gameIds);
    await search.refresh(gameIds);
    await tell(gameIds);
  };
  await consumeEvents({ store, events, ids, refreshGames });

  const ticketTtlMs = deps.downloadTicketTtlMs ?? DOWNLOAD_TICKET_TTL_MS;
  const publicUrl = deps.publicUrl ?? '';
  const services: Services = {
    store,
    search,
    builds,
    downloadTickets,
    scoreTickets,
    ticketTtlMs,
    publicUrl,
    clock,
    ids,
  };
  return {
    name: 'game',
    logger,
    schema: buildSchema({ typeDefs: new URL('../schema.graphql', import.meta.url), resolvers }),
    createContext: (request): Context => ({
      ...request,
      loaders: createLoaders({ store, caches, identity: request.identity }),
      services,
    }),
    routes: [downloads.route],
    checkReady: store.checkReady,
    searchBuilt: search.built,
    drained: () => events.drained(),
    close: async () => {
      await Promise.all([downloads.close(), search.close(), events.close()]);
    },
  };
}
