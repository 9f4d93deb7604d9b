import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHttpAnnouncer } from '@playgraph/cache/http-announcer';
import { systemClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { systemRandom } from '@playgraph/kernel/random';
import { buildSchema } from '@playgraph/server/build-schema';
import { serveSubgraph } from '@playgraph/server/serve-subgraph';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { startGateway } from '../../src/start-gateway.ts';
import { composeGraph } from './world.ts';

const HOST = '127.0.0.1';
const IDENTITY_SECRET = 'i'.repeat(32);
const INVALIDATE_SECRET = 'c'.repeat(32);
const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';
/** Offers may be kept for minutes. */
const ORDER = `
  directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
  enum CacheControlScope { PUBLIC PRIVATE }
  type Query { featured: Offer @cacheControl(maxAge: 600) }
  type Offer @key(fields: "id") @cacheControl(maxAge: 600) { id: ID! price: Int! }`;
const QUERY = '{ featured { price } }';
/** As often as it takes until an answer is kept and found. */
const READS = 2;

/** A subgraph that sells one thing, served over HTTP. */
async function openOrderSubgraph() {
  const state = { price: 100, asked: 0 };
  const featured = () => {
    state.asked += 1;
    return { id: '1', price: state.price };
  };
  const { url, close } = await serveSubgraph({
    subgraph: {
      name: 'order',
      schema: buildSchema({ typeDefs: `${LINK} ${ORDER}`, resolvers: { Query: { featured } } }),
      createContext: (info) => info,
      logger: silentLogger,
      routes: [],
      checkReady: async () => undefined,
      close: async () => undefined,
    },
    host: HOST,
    port: 0,
    identitySecret: IDENTITY_SECRET,
    logger: silentLogger,
  });
  onTestFinished(close);
  return { state, url };
}

/** A gateway as its operator starts it. */
async function openGateway(subgraphUrl: string) {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-told-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const SUPERGRAPH = join(folder, 'supergraph.graphql');
  await writeFile(SUPERGRAPH, composeGraph({ order: ORDER }).supergraphSdl);
  const env = {
    SUPERGRAPH,
    PORT: '0',
    LOG_LEVEL: 'silent',
    IDENTITY_SECRET,
    SUBGRAPH_URL_ORDER: `${subgraphUrl}/graphql`,
    GATEWAY_CACHE_INVALIDATE_SECRET: INVALIDATE_SECRET,
  };
  const { url, close } = await startGateway(loadConfig({ env }));
  onTestFinished(close);
  const ask = async () => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query: QUERY }) });
    return (await response.json()) as unknown;
  };
  return { url: `${url}/cache/invalidate`, ask };
}

const announcerTo = (...urls: readonly string[]) =>
  createHttpAnnouncer({
    ...{ subgraph: 'order', urls, secret: INVALIDATE_SECRET },
    ...{ clock: systemClock, random: systemRandom, logger: silentLogger },
  });
const priced = (price: number) => ({ data: { featured: { price } } });

test('an offer that has changed is fresh at every gateway, though it may be kept for minutes', async () => {
  const { state, url } = await openOrderSubgraph();
  const gateways = [await openGateway(url), await openGateway(url)];
  for (const { ask } of gateways) for (let i = 0; i < READS; i++) expect(await ask()).toEqual(priced(100));
  const { asked } = state;
  state.price = 90;
  for (const { ask } of gateways) expect(await ask()).toEqual(priced(100));
  // Both answers were kept.
  expect(state.asked).toBe(asked);
  const announcer = announcerTo(...gateways.map((gateway) => gateway.url));
  await announcer.announce([{ typename: 'Offer', key: { id: '1' } }]);
  await announcer.settled();
  for (const { ask } of gateways) expect(await ask()).toEqual(priced(90));
  await announcer.close();
});

test('a subgraph that starts anew has everything of it asked for again', async () => {
  const { state, url } = await openOrderSubgraph();
  const { ask, url: invalidateUrl } = await openGateway(url);
  for (let i = 0; i < READS; i++) await ask();
  state.price = 90;
  expect(await ask()).toEqual(priced(100));
  const announcer = announcerTo(invalidateUrl);
  announcer.announceEverything();
  await announcer.settled();
  expect(await ask()).toEqual(priced(90));
  await announcer.close();
});

test('what the graph does not know drops everything of its subgraph', async () => {
  const { state, url } = await openOrderSubgraph();
  const { ask, url: invalidateUrl } = await openGateway(url);
  for (let i = 0; i < READS; i++) await ask();
  state.price = 90;
  const announcer = announcerTo(invalidateUrl);
  await announcer.announce([{ typename: 'Voucher', key: { id: '1' } }]);
  await announcer.settled();
  expect(await ask()).toEqual(priced(90));
  await announcer.close();
});
