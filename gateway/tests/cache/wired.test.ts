import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { createMemoryPageCache } from '@playgraph/cache/memory-page-cache';
import { createManualClock, systemClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { createSeededRandom } from '@playgraph/kernel/random';
import { buildSchema } from '@playgraph/server/build-schema';
import { createHttpTransport } from '@playgraph/server/http-transport';
import { serveSubgraph } from '@playgraph/server/serve-subgraph';
import { expect, onTestFinished, test } from 'vitest';
import { createAnswerCache } from '../../src/cache/answer-cache.ts';
import { readCacheControl } from '../../src/cache/cache-control.ts';
import { createEntityCache } from '../../src/cache/entity-cache.ts';
import { createCallRunner } from '../../src/calls/call-runner.ts';
import { createExecutor } from '../../src/executor.ts';
import { createGraph } from '../../src/graph.ts';
import { PROTECTION_DEFAULTS } from '../../src/protection/protect-operation.ts';
import { composeGraph, createClient } from './world.ts';

const HINT = `directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
enum CacheControlScope { PUBLIC PRIVATE }`;
const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';
const parts = {
  a: `${HINT} type Query { products: [Product!]! @cacheControl(maxAge: 30) fresh: [Product!]! } type Product @key(fields: "id") { id: ID! }`,
  b: `${HINT} type Product @key(fields: "id") @cacheControl(maxAge: 60) { id: ID! name: String! }`,
};
let names = 'one';
const resolvers: Record<string, object> = {
  a: { Query: { products: () => [{ id: '1' }, { id: '2' }], fresh: () => [{ id: '1' }, { id: '2' }] } },
  b: { Product: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `${names} ${id}` }) } },
};

test.each([[false], [true]])('wired, prediction %s', async (prediction) => {
  names = 'one';
  const { planner, supergraphSdl, supergraphSchema } = composeGraph(parts);
  const seen: string[] = [];
  const transports = new Map();
  for (const [name, typeDefs] of Object.entries(parts)) {
    const subgraph = {
      name,
      schema: buildSchema({ typeDefs: `${LINK} ${typeDefs}`, resolvers: resolvers[name] ?? {} }),
      createContext: (i: object) => i,
      logger: silentLogger,
      routes: [],
      checkReady: async () => undefined,
      close: async () => undefined,
    };
    const identitySecret = 'x'.repeat(32);
    const served = await serveSubgraph({
      subgraph,
      host: '127.0.0.1',
      port: 0,
      identitySecret,
      logger: silentLogger,
    } as never);
    const transport = createHttpTransport({
      name,
      url: `${served.url}/graphql`,
      identitySecret,
      clock: systemClock,
      logger: silentLogger,
    });
    onTestFinished(async () => {
      await transport.close();
      await served.close();
    });
    transports.set(name, {
      ...transport,
      execute: (r: never, i: never) => {
        seen.push(name);
        return transport.execute(r, i);
      },
    });
  }
  const graph = createGraph(planner, supergraphSdl, {
    transports,
    options: {
      protection: PROTECTION_DEFAULTS,
      documentTokensMax: 20000,
      subgraphErrors: 'pass',
      isDevelopment: false,
      logger: silentLogger,
    } as never,
  });
  const clock = createManualClock(0);
  const cache = await createEntityCache({
    hot: createMemoryHotStore({ clock }),
    clock,
    random: createSeededRandom('x'),
    logger: silentLogger,
  });
  cache.useGraph({ supergraphSchema, supergraphSdl });
  const answers = createAnswerCache({ pages: createMemoryPageCache({ clock }), entities: cache, logger: silentLogger });
  const runner = createCallRunner({
    transports: () => transports,
    sharing: true,
    prediction,
    isKept: ({ purpose, answer }) => purpose !== undefined && readCacheControl(answer?.cacheControl ?? null) !== null,
  });
  cache.onInvalidated(() => runner.seal());
  let listed = false;
  const executor = createExecutor({
    graph: () => graph,
    runner,
    logger: silentLogger,
    prediction,
    entities: cache,
    answers,
    isListed: () => listed,
  } as never);
  const run = async (query: string) => {
    seen.length = 0;
    const operation = graph.catalogue.prepare(query, undefined);
    if ('errors' in operation) throw new Error(JSON.stringify(operation));
    const answer = (await executor.execute(operation, {}, createClient())) as {
      body: Buffer;
      cacheControl: string | null;
    };
    await cache.settled();
    for (let i = 0; i < 20; i++) await Promise.resolve();
    return [answer.body.toString().match(/(one|two)/)?.[0], answer.cacheControl, seen.join('')];
  };
  const P = '{ products { name } }';
  for (let i = 0; i < 3; i++) expect((await run(P))[0]).toBe('one');
  names = 'two';
  expect(await run(P)).toEqual(['one', 'max-age=30, public', 'a']);
  await cache.invalidate([{ typename: 'Product', key: { id: '1' } }]);
  expect(await run(P)).toEqual(['two', 'max-age=30, public', 'ab']);
  expect(await run(P)).toEqual(['two', 'max-age=30, public', 'a']);
  expect(await run('{ fresh { name } }')).toEqual(['two', null, 'a']);
  listed = true;
  expect(await run(P)).toEqual(['two', 'max-age=30, public', 'a']);
  expect(await run(P)).toEqual(['two', 'max-age=30, public', '']);
  await cache.invalidate([{ subgraph: 'b' }]);
  expect((await run(P))[2]).toBe('ab');
});
