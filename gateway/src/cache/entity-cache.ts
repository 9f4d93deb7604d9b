import type { HotStore } from '@playgraph/cache/hot-store';
import type { Clock } from '@playgraph/kernel/clock';
import { DomainError } from '@playgraph/kernel/errors';
import { parseExact } from '@playgraph/kernel/exact-json';
import type { Logger } from '@playgraph/kernel/logger';
import type { Random } from '@playgraph/kernel/random';
import type { GraphQLSchema } from 'graphql';
import type { ClientInfo } from '../client-request.ts';
import { type CacheObserver, silentCacheObserver } from './cache-observer.ts';
import type { CacheParts } from './cache-parts.ts';
import { clientScopeOf } from './client-scope.ts';
import { createEntitySession, type EntityCacheSession } from './entity-session.ts';
import { createEntityTypes, type EntityTypes } from './entity-types.ts';
import { createGenerations } from './generations.ts';
import { type Invalidation, parseInvalidations, raisedKeysOf } from './invalidation.ts';
import { createFactsOfLoads, type FactsOfLoads, hashOf } from './load-facts.ts';
import { createStoreGuard, READ_MS_MAX, WRITE_MS_MAX, within } from './store-guard.ts';

/** Entities that subgraphs allow to be kept (`cache-control`), by what was asked of them. */
export type EntityCache = {
  /** The supergraph in force. To be called before the first session, and whenever the supergraph changes. */
  useGraph(graph: CachedGraph): void;
  /**
   * Calls `listener` when something was invalidated: from then on nobody may join what is under way, for it was asked
   * before (`CallRunner.seal`). This goes for invalidations here, for those that other gateways announce, and when a read
   * meets one that nobody has announced yet.
   */
  onInvalidated(listener: () => void): void;
  /** For one execution of a query; for a client that wants an answer of its own nothing is looked up or kept. */
  openSession(client: ClientInfo, options?: { readonly tracksEntities?: boolean }): EntityCacheSession;
  /**
   * To be called after the commit of a change. No query that begins after this has resolved, at any gateway on the same
   * store, is told anything kept from before, even while fetches that began earlier are under way.
   * Rejects with DomainError BAD_USER_INPUT for what names nothing, and when the store cannot be told within a bounded
   * time: then repeat it.
   */
  invalidate(what: readonly Invalidation[]): Promise<void>;
  /** Calls `listener` with the generations that each invalidation has ended; `invalidate` waits for it. */
  onRaised(listener: (keys: readonly string[]) => Promise<void>): void;
  /** For `createAnswerCache`, which the same invalidations reach. */
  readonly parts: CacheParts;
  /** Resolves when what was to be kept is kept. */
  settled(): Promise<void>;
  /** Stops listening. The store is its opener's to close. */
  close(): Promise<void>;
};

export type CachedGraph = { readonly supergraphSchema: GraphQLSchema; readonly supergraphSdl: string };

export type EntityCacheDeps = {
  readonly hot: Pick<HotStore, 'mget' | 'mset' | 'setIfAbsent' | 'publish' | 'subscribe'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer?: CacheObserver;
  /** The longest that anything is kept, whatever a subgraph says. */
  readonly ttlSecondsMax?: number;
  readonly readMsMax?: number;
  readonly writeMsMax?: number;
  /** Gateways with the same one share what they keep. */
  readonly namespace?: string;
};

const TTL_SECONDS_MAX = 3_600;
const NAMESPACE = 'gateway:cache';

/** Opens the cache on a hot store; hears invalidations that others publish on `<namespace>:invalidate`, as JSON. */
export async function createEntityCache(deps: EntityCacheDeps): Promise<EntityCache> {
  const { hot, logger, writeMsMax = WRITE_MS_MAX } = deps;
  const listeners: (() => void)[] = [];
  const raiseListeners: ((keys: readonly string[]) => Promise<void>)[] = [];
  const announce = () => {
    for (const hear of listeners) hear();
  };
  const parts = createParts(deps, announce);
  const { namespace, observer, generations } = parts;

  const invalidate = async (what: readonly Invalidation[]): Promise<void> => {
    const keys = raisedKeysOf(what, parts.types());
    if (keys.length === 0) return;
    await within(() => generations.raise(keys), writeMsMax);
    observer({ cache: 'ENTITY', kind: 'INVALIDATION', count: what.length });
    await Promise.all(raiseListeners.map((hear) => hear(keys)));
    // A hint, so that others need not wait until they meet the new generations; without it they still do.
    await within(() => hot.publish(`${namespace}:raised`, ''), writeMsMax).catch(() => undefined);
  };
  const hearInvalidations = (message: string): void => {
    applyPublished(message, invalidate).catch((error: unknown) => {
      observer({ cache: 'ENTITY', kind: 'ERROR', count: 1 });
      logger.warn({ err: error }, 'a published invalidation was not applied');
    });
  };
  const stops = [
    await hot.subscribe(`${namespace}:raised`, announce),
    await hot.subscribe(`${namespace}:invalidate`, hearInvalidations),
  ];
  return {
    parts,
    useGraph: parts.useGraph,
    openSession: (client, { tracksEntities = false } = {}) =>
      createEntitySession(parts, { scope: clientScopeOf(client), isOpen: client.allowsSharing, tracksEntities }),
    invalidate,
    onInvalidated: (listener) => void listeners.push(listener),
    onRaised: (listener) => void raiseListeners.push(listener),
    settled: parts.guard.settled,
    async close() {
      await Promise.all(stops.map((stop) => within(stop, writeMsMax).catch(() => undefined)));
      await parts.guard.settled();
    },
  };
}

function createParts(deps: EntityCacheDeps, announce: () => void): CacheParts & Pick<EntityCache, 'useGraph'> {
  const { hot, clock, random, logger, observer = silentCacheObserver } = deps;
  const { namespace = NAMESPACE, ttlSecondsMax = TTL_SECONDS_MAX } = deps;
  const { readMsMax = READ_MS_MAX, writeMsMax = WRITE_MS_MAX } = deps;
  let graph: { readonly id: string; readonly types: EntityTypes; readonly facts: FactsOfLoads } | null = null;
  const inForce = () => {
    if (!graph) throw new DomainError('UNAVAILABLE', 'The supergraph is not loaded yet.');
    return graph;
  };
  return {
    ...{ hot, clock, observer, namespace, ttlSecondsMax },
    guard: createStoreGuard({ cache: 'ENTITY', clock, logger, observer, readMsMax, writeMsMax }),
    generations: createGenerations({ hot, random, namespace, onRaised: announce }),
    graphId: () => inForce().id,
    types: () => inForce().types,
    facts: () => inForce().facts,
    useGraph({ supergraphSchema, supergraphSdl }) {
      const types = createEntityTypes(supergraphSchema);
      graph = { id: hashOf(supergraphSdl), types, facts: createFactsOfLoads(types, supergraphSchema) };
    },
  };
}

async function applyPublished(
  message: string,
  invalidate: (what: readonly Invalidation[]) => Promise<void>,
): Promise<void> {
  await invalidate(parseInvalidations(parseExact(message)));
}
