import { createServer } from 'node:http';
import { createLogger } from '@playgraph/kernel/logger';
import { drain, listen } from '@playgraph/server/http-listener';
import { runMain } from '@playgraph/server/run-main';
import { type EmbeddedConfig, loadConfig } from './config.ts';
import { requireDataDir } from './data-dir.ts';
import { DEMO_PASSWORD } from './demo.ts';
import { lacksDemoWorld, makeDemoWorldApart } from './demo-world.ts';
import { startEmbedded } from './embedded.ts';

/** What shows that the store answers. */
const FIRST_QUERY = '{ games(first: 1) { totalCount nodes { title offer { price { amountMinor } } } } }';

await runMain('playgraph', async (env) => {
  const config = loadConfig(env);
  requireDataDir(config);
  const logger = createLogger({ name: 'playgraph', level: config.logLevel });
  if (lacksDemoWorld(config)) {
    await requireFreePort(config);
    await makeDemoWorldApart(env);
  }
  const store = await startEmbedded({ config, logger });
  const games = await countGames(store.url);
  const seconds = (Date.now() - Number(env.PLAYGRAPH_STARTED_AT ?? Date.now())) / 1000;
  const { port } = new URL(store.url);
  console.log(`
Playgraph sells ${games} games at ${store.url}/graphql (first query answered ${seconds.toFixed(1)} s after the start)

  ${store.url}/graphql    the endpoint; in a browser, Apollo Sandbox
  ${store.url}/explorer   an explorer that needs no network, with operations to try
  demo players          ada, grace; password ${DEMO_PASSWORD} (all players, prices and stock are invented)
  try first             ${port === '4000' ? 'npm run tour' : `npm run tour -- --url ${store.url}`}, in another terminal
  stop                  Ctrl+C; the data stays in ${config.dataDir}
`);
  return store;
});

/** A port in use is better known before the world is made than after. */
async function requireFreePort(config: EmbeddedConfig): Promise<void> {
  const server = createServer();
  await listen(server, config);
  await drain(server);
}

async function countGames(url: string): Promise<number> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: FIRST_QUERY }),
  });
  const { data } = (await response.json()) as { data?: { games: { totalCount: number } } | null };
  if (!data) throw new Error('the store does not answer its first query');
  return data.games.totalCount;
}
