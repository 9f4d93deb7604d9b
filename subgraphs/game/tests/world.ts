import path from 'node:path';
import type { Identity } from '@playgraph/auth/identity';
import { createEventStore } from '@playgraph/events/event-store';
import type { Shards } from '@playgraph/sharding/shards';
import { createNeighbours, type NeighbourEvent } from '@playgraph/testkit/neighbours';
import { type Answer, createSubgraphClient } from '@playgraph/testkit/subgraph-client';
import { openSubgraphPorts } from '@playgraph/testkit/subgraph-ports';
import type { LaunchOffer } from '../src/domain.ts';
import { type ImportReport, importGames } from '../src/import-games.ts';
import { type Db, openStore } from '../src/store.ts';
import { createSubgraph, type Deps } from '../src/subgraph.ts';

export const TICKET_SECRET = 'tests only: downloads and play sessions';
export const IDENTITY_SECRET = 'tests only: who is asking this subgraph';

export type World = Awaited<ReturnType<typeof openWorld>>;
export type Player = { readonly id: string };
export type { Answer };

/** A line of an import file; what is not given is made up. */
export type Line = { readonly slug: string } & Partial<Record<string, unknown>>;

export function lineOf(line: Line): string {
  const made = {
    tagline: `The game of ${line.slug}`,
    description: 'A game.',
    version: '1.0',
    genres: ['puzzle'],
    features: ['interface::graphical'],
    sizeBytes: 1_000,
    installedKiB: 10,
    sha256: 'ab'.repeat(32),
  };
  return JSON.stringify({ ...made, ...line });
}

export async function* linesOf(lines: readonly (Line | string)[]): AsyncGenerator<string> {
  for (const line of lines) yield typeof line === 'string' ? line : lineOf(line);
}

/** A game subgraph on two fresh shards, and what the other subgraphs would tell it. */
export async function openWorld(settings: Partial<Deps> = {}) {
  const ports = await openSubgraphPorts({ name: 'game', openStore });
  const { clock, ids, shards, urls, log, logger } = ports;
  const buildsDir = path.join(ports.folder.path, 'builds');
  const deps: Deps = { ...ports, buildsDir, ticketSecret: TICKET_SECRET, ...settings };
  const subgraph = await createSubgraph(deps);
  const importer = createEventStore({ ...deps, subgraph: 'game' });
  const neighbours = createNeighbours({ log, ids, clock });

  const world = {
    ...{ clock, ids, shards, urls, log, logger, buildsDir, subgraph },
    player: (): Player => ({ id: ids.make('user') }),
    identityOf: (player: Player): Identity => ({ userId: player.id, sessionId: ids.make('session'), scopes: [] }),

    /** Imports lines as the command line does, and waits until the subgraph has heard of it. */
    async import(
      lines: readonly (Line | string)[],
      launchOfferOf: (slug: string) => LaunchOffer | null = () => null,
    ): Promise<ImportReport> {
      const report = await importGames({ lines: linesOf(lines), shards, events: importer, clock, ids, launchOfferOf });
      await subgraph.drained();
      return report;
    },

    async gameIdOf(slug: string): Promise<string> {
      const { data } = await world.ask<{ gameBySlug: { id: string } }>(`{ gameBySlug(slug: "${slug}") { id } }`);
      return data.gameBySlug.id;
    },

    tell(origin: string, draft: NeighbourEvent) {
      const event = neighbours.eventOf(draft);
      return { event, heard: neighbours.tell(origin, event) };
    },

    /** The player pays an order for these games. */
    async pay(player: Player, slugs: readonly string[]): Promise<string> {
      const gameIds = await Promise.all(slugs.map(world.gameIdOf));
      const orderId = ids.make('order');
      const data = { orderId, buyerId: player.id, state: 'PAID', totalMinor: '0', currency: 'EUR', gameIds };
      await world.tell('order', { stream: orderId, type: 'order.paid', data }).heard;
      return orderId;
    },

    ask: <Data>(query: string, viewer: Player | null = null, variables: object = {}): Promise<Answer<Data>> =>
      createSubgraphClient(subgraph, viewer && world.identityOf(viewer)).run<Data>(query, variables),

    everything: () => readEverything(shards),

    async eventsOf(type: string) {
      const events = await shards.scatter((db) => db.outboxEvent.findMany({ where: { type }, orderBy: { id: 'asc' } }));
      return events.flat().map((event) => ({ stream: event.stream, seq: event.seq, data: JSON.parse(event.data) }));
    },

    async close() {
      await importer.close();
      await subgraph.close();
      await ports.close();
    },
  };
  return world;
}

/** Every row of every shard, but for what only notes progress. */
async function readEverything(shards: Shards<Db>) {
  return shards.scatter(async (db) => ({
    games: await db.game.findMany({ orderBy: { id: 'asc' } }),
    genres: await db.gameGenre.findMany({ orderBy: [{ gameId: 'asc' }, { genre: 'asc' }] }),
    features: await db.gameFeature.findMany({ orderBy: [{ gameId: 'asc' }, { feature: 'asc' }] }),
    slugs: await db.gameSlug.findMany({ orderBy: { slug: 'asc' } }),
    genreNames: await db.genre.findMany({ orderBy: { id: 'asc' } }),
    builds: await db.build.findMany({ orderBy: { gameId: 'asc' } }),
    entitlements: await db.entitlement.findMany({ orderBy: { id: 'asc' } }),
    playSessions: await db.playSession.findMany({ orderBy: { id: 'asc' } }),
    events: await db.outboxEvent.findMany({ orderBy: { id: 'asc' }, omit: { publishedAt: true } }),
  }));
}
