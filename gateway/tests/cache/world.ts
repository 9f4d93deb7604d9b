import { composeServices } from '@apollo/composition';
import type { Identity } from '@playgraph/auth/identity';
import type { HotStore } from '@playgraph/cache/hot-store';
import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { createManualClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { createSeededRandom } from '@playgraph/kernel/random';
import { parse } from 'graphql';
import type { CacheEvent } from '../../src/cache/cache-observer.ts';
import { createEntityCache, type EntityCacheDeps } from '../../src/cache/entity-cache.ts';
import type { CacheableLoad } from '../../src/cache/entity-parts.ts';
import type { EntityCacheSession } from '../../src/cache/entity-session.ts';
import { createInFlight } from '../../src/calls/in-flight.ts';
import type { ClientInfo } from '../../src/client-request.ts';
import { createFetchOperation, type FetchOperation } from '../../src/execution/fetch-operation.ts';
import { createOperationPlanner } from '../../src/execution/plan-operation.ts';
import { createInfo } from '../test-graph.ts';

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@interfaceObject"])';

const SUBGRAPHS: Readonly<Record<string, string>> = {
  products: `
    type Query { product(id: ID!): Product products: [Product!]! topMedia: [Media!]! }
    type Product @key(fields: "id") @key(fields: "sku { code maker }") {
      id: ID! sku: Sku! name(language: String): String! price: Int! weight: Int! maker: Maker!
    }
    type Sku @shareable { code: String! maker: ID! }
    type Maker { name: String! }
    interface Media @key(fields: "id") { id: ID! title: String! }
    type Book implements Media @key(fields: "id") { id: ID! title: String! }
  `,
  reviews: `
    type Product @key(fields: "id") {
      id: ID! price: Int! @external reviews: [Review!]! shippingCost: Int! @requires(fields: "price")
    }
    type Review @key(fields: "id") { id: ID! text: String! about: Product! }
    type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int! }
  `,
};

/** A small supergraph: a type with two keys, one that is embedded, an interface that is an object elsewhere. */
export function composeGraph(subgraphs: Readonly<Record<string, string>> = SUBGRAPHS) {
  const services = Object.entries(subgraphs).map(([name, typeDefs]) => ({
    name,
    url: `http://${name}.invalid/graphql`,
    typeDefs: parse(`${LINK}\n${typeDefs}`),
  }));
  const { errors, supergraphSdl = '' } = composeServices(services);
  if (errors) throw new Error(errors.join('\n'));
  const planner = createOperationPlanner(supergraphSdl);
  return { planner, supergraphSdl, supergraphSchema: planner.supergraphSchema };
}

export const graph = composeGraph();

export function createClient(given: Partial<ClientInfo> = {}): ClientInfo {
  return { ...createInfo(), ...given };
}

export function identityOf(name: string): Identity {
  return { userId: `user_${name}`, sessionId: `session_${name}`, scopes: [] };
}

export function productLoad(ids: readonly string[], given: Partial<CacheableLoad> = {}): CacheableLoad {
  const texts = ids.map((id) => JSON.stringify({ __typename: 'Product', id }));
  return { subgraph: 'products', selectionText: '{ ... on Product { name } }', variablesText: '', texts, ...given };
}

/** A fetch of root fields of `products`, as a plan would have it. */
export function rootFetch(query: string): FetchOperation {
  const { node } = graph.planner.plan(parse(query), { operationName: undefined, defers: false });
  if (node?.kind !== 'Fetch') throw new TypeError('that takes more than one fetch');
  return createFetchOperation(node);
}

/** What a subgraph answers: an entity for each representation, and its `cache-control`. */
export type Answer = { readonly entities: readonly (object | null)[]; readonly cacheControl: string | null };
export type Fetch = (load: CacheableLoad, client: ClientInfo) => Promise<Answer>;

export type RootAnswer = { readonly data: Readonly<Record<string, unknown>>; readonly cacheControl: string };
type RootOptions = {
  readonly fetch: (client: ClientInfo) => Promise<RootAnswer>;
  readonly client?: ClientInfo;
  readonly variablesText?: string;
};

type Given = Partial<EntityCacheDeps> & { readonly store?: HotStore };

let worlds = 0;

/** A gateway's cache over a store of its own, or over that of another one, and what it did. */
export async function openWorld(given: Given = {}) {
  const clock = createManualClock(1_000_000);
  const hot = given.store ?? createMemoryHotStore({ clock });
  const events: CacheEvent[] = [];
  const cache = await createEntityCache({
    hot,
    clock,
    random: createSeededRandom(`gateway ${worlds++}`),
    logger: silentLogger,
    observer: (event) => void events.push(event),
    ...given,
  });
  cache.useGraph(graph);
  const inFlight = createInFlight<Answer>();
  const inFlightRoots = createInFlight<RootAnswer>();
  cache.onInvalidated(() => {
    inFlight.seal();
    inFlightRoots.seal();
  });
  const countOf = (kind: CacheEvent['kind'], of: CacheEvent['cache'] = 'ENTITY') =>
    events.filter((event) => event.kind === kind && event.cache === of).reduce((sum, { count }) => sum + count, 0);

  /** What an execution does for one load: looks, asks for what is missing, keeps that. */
  const load = async (
    asked: CacheableLoad,
    options: { fetch: Fetch; client?: ClientInfo; session?: EntityCacheSession },
  ) => {
    const { fetch, client = createClient() } = options;
    const session = options.session ?? cache.openSession(client);
    const found = (await session.read(asked)) ?? asked.texts.map(() => undefined);
    const missing = { ...asked, texts: asked.texts.filter((_text, i) => !found[i]) };
    const fetched = missing.texts.length > 0 ? await fetchShared(missing, { client, fetch }) : null;
    if (fetched) {
      const entities = missing.texts.map((text, i) => ({ text, entity: fetched.entities[i] ?? null }));
      session.write(missing, () => entities, fetched.cacheControl);
    }
    let next = 0;
    const entities = asked.texts.map((_text, i) => found[i]?.entity ?? (found[i] ? null : fetched?.entities[next++]));
    return { entities, fetched: missing.texts.length, session };
  };
  /** What an execution does for a fetch of root fields: looks, asks when there is nothing, keeps that. */
  const loadRoot = async (
    ask: FetchOperation,
    { fetch, client = createClient(), variablesText = '' }: RootOptions,
  ): Promise<{ data: Readonly<Record<string, unknown>> | null; isKept: boolean }> => {
    const session = cache.openSession(client);
    const found = await session.readRoot({ ask, variablesText });
    if (found) return { data: found.entity, isKept: true };
    const key = JSON.stringify([ask.query, variablesText, client.identity, client.headers]);
    const { data, cacheControl } = await inFlightRoots.join(key, () => fetch(client)).value;
    session.writeRoot({ ask, variablesText }, data, cacheControl);
    return { data, isKept: false };
  };
  const fetchShared = (missing: CacheableLoad, { client, fetch }: { client: ClientInfo; fetch: Fetch }) => {
    const key = JSON.stringify([missing, client.identity, client.headers]);
    return inFlight.join(key, () => fetch(missing, client)).value;
  };
  return { clock, hot, cache, events, countOf, load, loadRoot, inFlight };
}

/** Answers every representation with the same fields, and says how long that holds. */
export function answering(fields: object | null, cacheControl: string | null = 'max-age=60, public'): Fetch {
  return async ({ texts }) => ({ entities: texts.map(() => fields), cacheControl });
}

/** A world in which it is known that this load can be kept. */
export async function learn(world: Awaited<ReturnType<typeof openWorld>>, load: CacheableLoad, cacheControl?: string) {
  await world.load(
    { ...load, texts: ['{"__typename":"Product","id":"learnt"}'] },
    {
      fetch: answering({ name: 'learnt' }, cacheControl),
      client: createClient({ identity: identityOf('learner') }),
    },
  );
}
