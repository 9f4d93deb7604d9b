import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { createMemoryPageCache } from '@playgraph/cache/memory-page-cache';
import { createManualClock, systemClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { createSeededRandom } from '@playgraph/kernel/random';
import { buildSchema } from '@playgraph/server/build-schema';
import { createHttpTransport } from '@playgraph/server/http-transport';
import { serveSubgraph } from '@playgraph/server/serve-subgraph';
import type { RequestInfo } from '@playgraph/server/subgraph';
import type { Transport } from '@playgraph/server/transport';
import { onTestFinished } from 'vitest';
import { createAnswerCache } from '../../src/cache/answer-cache.ts';
import { readCacheControl } from '../../src/cache/cache-control.ts';
import type { CacheEvent } from '../../src/cache/cache-observer.ts';
import { createEntityCache } from '../../src/cache/entity-cache.ts';
import { createCallRunner } from '../../src/calls/call-runner.ts';
import type { ClientInfo } from '../../src/client-request.ts';
import { createExecutor } from '../../src/executor.ts';
import { createGraph, type GraphOptions } from '../../src/graph.ts';
import { PROTECTION_DEFAULTS } from '../../src/protection/protect-operation.ts';
import { composeGraph, createClient } from './world.ts';

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';
const HINT = `directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
enum CacheControlScope { PUBLIC PRIVATE }`;
const IDENTITY_SECRET = 'x'.repeat(32);
const OPTIONS: GraphOptions = {
  protection: PROTECTION_DEFAULTS,
  documentTokensMax: 20_000,
  subgraphErrors: 'pass',
  isDevelopment: false,
  logger: silentLogger,
};

export type Parts = Readonly<Record<string, { readonly typeDefs: string; readonly resolvers: object }>>;
export type Ran = { readonly data: unknown; readonly cacheControl: string | null; readonly asked: string };

/**
 * Real subgraphs over HTTP whose schemas have `@cacheControl` hints, and an executor with all caches before them. `asked`:
 * the first letters of the subgraphs that were asked, in that order.
 */
export async function openCachedGraph(parts: Parts, { prediction = false } = {}) {
  const schemas = Object.fromEntries(
    Object.entries(parts).map(([name, { typeDefs }]) => [name, `${HINT} ${typeDefs}`]),
  );
  const { planner, supergraphSdl, supergraphSchema } = composeGraph(schemas);
  const seen: string[] = [];
  const transports = new Map<string, Transport>();
  for (const [name, { resolvers }] of Object.entries(parts)) {
    const transport = await serve(name, `${LINK} ${schemas[name]}`, resolvers);
    const execute: Transport['execute'] = (request, info) => {
      seen.push(name.slice(0, 1));
      return transport.execute(request, info);
    };
    transports.set(name, { ...transport, execute });
  }
  const graph = createGraph(planner, supergraphSdl, { transports, options: OPTIONS });
  const clock = createManualClock(0);
  const memory = createMemoryHotStore({ clock });
  const stored = { reads: 0, keys: 0 };
  const hot = {
    ...memory,
    mget: (keys: readonly string[]) => {
      stored.reads += 1;
      stored.keys += keys.length;
      return memory.mget(keys);
    },
  };
  const events: CacheEvent[] = [];
  const random = createSeededRandom('cached graph');
  const observer = (event: CacheEvent) => void events.push(event);
  const cache = await createEntityCache({ hot, clock, random, logger: silentLogger, observer });
  cache.useGraph({ supergraphSchema, supergraphSdl });
  const runner = createCallRunner({
    transports: () => transports,
    sharing: true,
    prediction,
    isKept: ({ purpose, answer }) => purpose !== undefined && readCacheControl(answer?.cacheControl ?? null) !== null,
  });
  cache.onInvalidated(() => runner.seal());
  const listed = new Set<string>();
  const executor = createExecutor({
    graph: () => graph,
    runner,
    logger: silentLogger,
    prediction,
    entities: cache,
    answers: createAnswerCache({ pages: createMemoryPageCache({ clock }), entities: cache, logger: silentLogger }),
    isListed: ({ text }) => listed.has(text),
    prepareAgain: async (operation) => operation,
  });
  const operationOf = (query: string) => {
    const operation = graph.catalogue.prepare(query, undefined);
    if ('errors' in operation) throw new Error(JSON.stringify(operation.errors));
    return operation;
  };
  /** Until what was to be kept is kept, whole answers included: a turn of the memory stores is enough for those. */
  const settled = async () => {
    await cache.settled();
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  const run = async (query: string, variables = {}, client: Partial<ClientInfo> = {}): Promise<Ran> => {
    const from = seen.length;
    const answer = await executor.execute(operationOf(query), variables, createClient(client));
    await settled();
    const { data } = JSON.parse(answer.body.toString()) as { data: unknown };
    return { data, cacheControl: answer.cacheControl, asked: seen.slice(from).sort().join('') };
  };
  return { run, settled, cache, clock, graph, events, stored, listed, transports, operationOf, executor, seen, runner };
}

async function serve(name: string, typeDefs: string, resolvers: object): Promise<Transport> {
  const subgraph = {
    name,
    schema: buildSchema({ typeDefs, resolvers }),
    createContext: (info: RequestInfo) => info,
    logger: silentLogger,
    routes: [],
    checkReady: async () => undefined,
    close: async () => undefined,
  };
  const served = await serveSubgraph({
    subgraph,
    host: '127.0.0.1',
    port: 0,
    identitySecret: IDENTITY_SECRET,
    clock: systemClock,
    logger: silentLogger,
  });
  const transport = createHttpTransport({
    name,
    url: `${served.url}/graphql`,
    identitySecret: IDENTITY_SECRET,
    clock: systemClock,
    logger: silentLogger,
  });
  onTestFinished(async () => {
    await transport.close();
    await served.close();
  });
  return transport;
}
