import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Identity } from '@playgraph/auth/identity';
import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { topicOf } from '@playgraph/events/event-log';
import { createEventStore } from '@playgraph/events/event-store';
import { createLocalEventLog } from '@playgraph/events/local-event-log';
import { createManualClock } from '@playgraph/kernel/clock';
import { createIds } from '@playgraph/kernel/ids';
import { createLogger } from '@playgraph/kernel/logger';
import { createSeededRandom } from '@playgraph/kernel/random';
import { executeLocal } from '@playgraph/server/execute-local';
import type { LaunchOffer } from '../src/domain.ts';
import { type ImportReport, importGames } from '../src/import-games.ts';
import { openStore } from '../src/store.ts';
import { createSubgraph, type Deps } from '../src/subgraph.ts';

// Nothing in these tests is expected to fail inside.
const logger = createLogger({ name: 'game tests', level: 'warn' });
const START_MS = Date.UTC(2026, 10, 21, 8);
export const TICKET_SECRET = 'tests only: downloads and play sessions';
export const IDENTITY_SECRET = 'tests only: who is asking this subgraph';

export type World = Awaited<ReturnType<typeof createWorld>>;
export type Player = { readonly id: string };
export type Answer<Data> = {
  readonly data: Data;
  readonly errors?: readonly { message: string; extensions: { code: string; field?: string } }[];
};

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
export async function createWorld(settings: Partial<Deps> = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'playgraph-game-'));
  const clock = createManualClock(START_MS);
  const random = createSeededRandom('game');
  const ids = createIds({ clock, random });
  const urls = [0, 1].map((shard) => `file:${path.join(folder, `${shard}.db`)}`);
  const shards = await openStore(urls);
  const hot = createMemoryHotStore({ clock });
  const log = createLocalEventLog({ logger });
  const buildsDir = path.join(folder, 'builds');
  const deps: Deps = {
    shards,
    hot,
    log,
    clock,
    ids,
    random,
    logger,
    buildsDir,
    ticketSecret: TICKET_SECRET,
    ...settings,
  };
  const subgraph = await createSubgraph(deps);
  const importer = createEventStore({ ...deps, subgraph: 'game' });
  let seq = 0;

  const world = {
    clock,
    ids,
    shards,
    urls,
    log,
    logger,
    buildsDir,
    subgraph,
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

    tell(origin: string, event: { stream: string; type: string; data: object }) {
      const facts = { id: ids.make('event'), seq: ++seq, at: clock.now().toISOString() };
      const whole = { ...facts, ...event };
      return { event: whole, heard: log.publish(topicOf(origin), [whole]) };
    },

    /** The player pays an order for these games. */
    async pay(player: Player, slugs: readonly string[]): Promise<string> {
      const gameIds = await Promise.all(slugs.map(world.gameIdOf));
      const orderId = ids.make('order');
      const data = { orderId, buyerId: player.id, state: 'PAID', totalMinor: '0', currency: 'EUR', gameIds };
      await world.tell('order', { stream: orderId, type: 'order.paid', data }).heard;
      return orderId;
    },

    async ask<Data>(query: string, viewer: Player | null = null, variables: object = {}): Promise<Answer<Data>> {
      const identity = viewer && world.identityOf(viewer);
      const info = { identity, correlationId: 'test', signal: new AbortController().signal };
      return (await executeLocal(
        subgraph,
        { query, variables: variables as Record<string, unknown> },
        info,
      )) as unknown as Answer<Data>;
    },

    /** Every row of every shard, but for what only notes progress. */
    async everything() {
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
    },

    async eventsOf(type: string) {
      const events = await shards.scatter((db) => db.outboxEvent.findMany({ where: { type }, orderBy: { id: 'asc' } }));
      return events.flat().map((event) => ({ stream: event.stream, seq: event.seq, data: JSON.parse(event.data) }));
    },

    async close() {
      await importer.close();
      await subgraph.close();
      await log.close();
      await hot.close();
      await shards.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return world;
}
