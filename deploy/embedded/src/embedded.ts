import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTokenVerifier } from '@playgraph/auth/access-token';
import { createStaticKeySet } from '@playgraph/auth/key-set';
import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { createLocalEventLog } from '@playgraph/events/local-event-log';
import { createGateway } from '@playgraph/gateway/gateway';
import { serveGateway } from '@playgraph/gateway/http/serve-gateway';
import { systemClock } from '@playgraph/kernel/clock';
import { createIds } from '@playgraph/kernel/ids';
import type { Logger } from '@playgraph/kernel/logger';
import { systemRandom } from '@playgraph/kernel/random';
import { createLocalTransport } from '@playgraph/server/local-transport';
import type { Subgraph } from '@playgraph/server/subgraph';
import type { EmbeddedConfig } from './config.ts';
import { CATALOGUE_FILE, DEMO_SIZE, importCatalogue, seedWorld } from './demo.ts';
import {
  closeAll,
  createSubgraphs,
  loadSigningKey,
  openStores,
  type Platform,
  type Stores,
  type Subgraphs,
  TOKEN_ISSUER,
} from './subgraphs.ts';

export type EmbeddedDeps = {
  readonly config: EmbeddedConfig;
  readonly logger: Logger;
  /** Hears what a first start is at. */
  readonly onStep: (step: string) => void;
};

export type EmbeddedStore = { readonly url: string; readonly stores: Stores; close(): Promise<void> };

type DemoTarget = { readonly stores: Stores; readonly platform: Platform; readonly marker: string };

/** In the data folder: the demo world is whole. */
const DEMO_MARKER = 'demo-world.json';
const SUPERGRAPH_FILE = fileURLToPath(new URL('../../../gateway/supergraph.graphql', import.meta.url));
const OPERATIONS_DIR = fileURLToPath(new URL('../operations', import.meta.url));

/** The whole store in this process: shards, six subgraphs, gateway. A new data folder becomes the demo world first. */
export async function startEmbedded({ config, logger, onStep }: EmbeddedDeps): Promise<EmbeddedStore> {
  const [clock, random] = [systemClock, systemRandom];
  // Held until every subgraph consumes: an event that went out before would miss whoever comes later.
  const log = createLocalEventLog({ logger, isHeld: true });
  const hot = createMemoryHotStore({ clock });
  const platform: Platform = { clock, random, ids: createIds({ clock, random }), log, hot, logger };
  const stores = await openStores(config);
  if (config.hasDemoWorld) await ensureDemo({ stores, platform, marker: join(config.dataDir, DEMO_MARKER) }, onStep);
  const subgraphs = await createSubgraphs(stores, platform, config);
  log.release();
  await drain(subgraphs);
  const served = await serve(subgraphs, { config, logger, onStep });
  return {
    url: served.url,
    stores,
    close: async () => {
      await served.close();
      await closeAll(subgraphs);
      await log.close();
      await hot.close();
      await closeAll(stores);
    },
  };
}

/**
 * Writes the demo world unless that was done before. Every step adds only what is missing, so a start that was killed in
 * the middle is simply gone through again; the marker comes last.
 */
async function ensureDemo(world: DemoTarget, onStep: (step: string) => void): Promise<void> {
  if (existsSync(world.marker)) return;
  onStep('the catalogue');
  await importCatalogue(CATALOGUE_FILE, world, {
    onProgress: ({ lines }) => onStep(`the catalogue: ${lines} games`),
  });
  await seedWorld(world, DEMO_SIZE, onStep);
  writeFileSync(world.marker, `${JSON.stringify(DEMO_SIZE)}\n`);
}

/** Waits until what earlier runs left in the outboxes is dealt with, in the order in which one causes the next. */
async function drain({ game, order, payment, social, leaderboard, user }: Subgraphs): Promise<void> {
  for (const subgraph of [user, game, order, payment, game, order, social, leaderboard]) await subgraph.drained();
  await game.searchBuilt();
}

async function serve(subgraphs: Subgraphs, { config, logger }: EmbeddedDeps) {
  const byName = new Map<string, Subgraph>(Object.entries(subgraphs));
  const keySet = createStaticKeySet({ keys: [loadSigningKey(config.dataDir).publicJwk] });
  const verifier = createTokenVerifier({ keySet, issuer: TOKEN_ISSUER, clock: systemClock });
  return serveGateway({
    gateway: createGateway({
      source: { file: SUPERGRAPH_FILE },
      createTransport: ({ name }) => {
        const subgraph = byName.get(name);
        if (!subgraph) throw new TypeError(`the supergraph names ${name}, which is not part of this store`);
        return createLocalTransport(subgraph);
      },
      logger,
    }),
    host: config.host,
    port: config.port,
    verifyToken: (token) => verifier.verify(token),
    isDevelopment: config.isDevelopment,
    corsOrigins: config.corsOrigins,
    operationsDir: OPERATIONS_DIR,
    routes: [...byName.values()].flatMap((subgraph) => subgraph.routes),
    checkReady: async () => {
      await Promise.all([...byName.values()].map((subgraph) => subgraph.checkReady()));
    },
    logger,
  });
}
