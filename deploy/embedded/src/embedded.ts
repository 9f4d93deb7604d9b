import { fileURLToPath } from 'node:url';
import { createTokenVerifier } from '@playgraph/auth/access-token';
import { createStaticKeySet } from '@playgraph/auth/key-set';
import type { AnnounceChanges } from '@playgraph/cache/entity-changes';
import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { createLocalEventLog, type LocalEventLog } from '@playgraph/events/local-event-log';
import { type Caches, openCaches } from '@playgraph/gateway/cache/open-caches';
import { createGateway } from '@playgraph/gateway/gateway';
import { serveGateway } from '@playgraph/gateway/http/serve-gateway';
import { openOperationSources } from '@playgraph/gateway/operations/operation-sources';
import { PROTECTION_DEFAULTS } from '@playgraph/gateway/protection/protect-operation';
import { systemClock } from '@playgraph/kernel/clock';
import { createIds } from '@playgraph/kernel/ids';
import type { Logger } from '@playgraph/kernel/logger';
import { systemRandom } from '@playgraph/kernel/random';
import { createLocalTransport } from '@playgraph/server/local-transport';
import type { Subgraph } from '@playgraph/server/subgraph';
import type { EmbeddedConfig } from './config.ts';
import { PUBLIC_FIELDS } from './public-fields.ts';
import {
  closeAll,
  createSubgraphs,
  drainEvents,
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
  /** Held until all subgraphs consume; one of its own when absent. Closed with the store. */
  readonly log?: LocalEventLog;
};

export type EmbeddedStore = { readonly url: string; readonly stores: Stores; close(): Promise<void> };

const SUPERGRAPH_FILE = fileURLToPath(new URL('../../../gateway/supergraph.graphql', import.meta.url));
/** What the gateway keeps of the catalogue; the subgraphs' `@cacheControl` says for how long. */
const CACHE_SETTINGS = { enabled: true, entriesMax: 100_000, ttlSecondsMax: 3_600, invalidateSecret: null };
/** Operations that are known by id; whoever has the scope of a partner may send no others. */
const PERSISTED_OPERATIONS = {
  manifest: fileURLToPath(new URL('../generated/persisted-operations.json', import.meta.url)),
  mode: 'allow',
  requireForScopes: ['partner'],
  apq: true,
  apqTtlMs: 24 * 60 * 60_000,
} as const;
const OPERATIONS_DIR = fileURLToPath(new URL('../operations', import.meta.url));

/** The whole store in this process: shards, six subgraphs, gateway. */
export async function startEmbedded({ config, logger, log: given }: EmbeddedDeps): Promise<EmbeddedStore> {
  const [clock, random] = [systemClock, systemRandom];
  // Held until every subgraph consumes: an event that went out before would miss whoever comes later.
  const log = given ?? createLocalEventLog({ logger, isHeld: true });
  const hot = createMemoryHotStore({ clock });
  const caches = await openCaches({ cache: CACHE_SETTINGS }, { logger, hot, observer: undefined });
  const changes = createChangeDoor(caches);
  const ids = createIds({ clock, random });
  const platform: Platform = { clock, random, ids, log, hot, logger, announce: changes.announce };
  const stores = await openStores(config);
  const subgraphs = await createSubgraphs(stores, platform, config);
  log.release();
  await drainEvents(subgraphs);
  changes.open();
  const served = await serve(subgraphs, { config, logger, hot, caches });
  return {
    url: served.url,
    stores,
    close: async () => {
      await served.close();
      await caches?.close();
      await closeAll(subgraphs);
      await log.close();
      await hot.close();
      await closeAll(stores);
    },
  };
}

type ServeDeps = EmbeddedDeps & Pick<Platform, 'hot'> & { readonly caches: Caches | null };

async function serve(subgraphs: Subgraphs, { config, logger, hot, caches }: ServeDeps) {
  const byName = new Map<string, Subgraph>(Object.entries(subgraphs));
  const keySet = createStaticKeySet({ keys: [loadSigningKey(config.dataDir).publicJwk] });
  const verifier = createTokenVerifier({ keySet, issuer: TOKEN_ISSUER, clock: systemClock });
  const operations = await openOperationSources(PERSISTED_OPERATIONS, { clock: systemClock, logger, store: hot });
  return serveGateway({
    gateway: createGateway({
      source: { file: SUPERGRAPH_FILE },
      operations,
      publicFields: PUBLIC_FIELDS,
      entities: caches?.entities,
      answers: caches?.answers,
      graphOptions: {
        isDevelopment: config.isDevelopment,
        protection: { ...PROTECTION_DEFAULTS, introspection: config.isDevelopment ? 'allow' : 'deny' },
      },
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

/** Where subgraphs tell what has changed. Before anything is served nothing is kept, and nothing has to be dropped. */
function createChangeDoor(caches: Caches | null): { readonly announce: AnnounceChanges; open(): void } {
  let isOpen = false;
  return {
    announce: async (changes) => {
      if (isOpen && changes.length > 0) await caches?.entities.invalidate(changes);
    },
    open: () => {
      isOpen = true;
    },
  };
}
