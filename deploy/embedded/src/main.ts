import { createLogger } from '@playgraph/kernel/logger';
import { runMain } from '@playgraph/server/run-main';
import { loadConfig } from './config.ts';
import { DEMO_PASSWORD } from './demo.ts';
import { startEmbedded } from './embedded.ts';

/** What a newcomer is shown, and what shows that the store answers. */
const FIRST_QUERY = '{ games(first: 1) { totalCount nodes { title offer { price { amountMinor } } } } }';

await runMain('playgraph', async (env) => {
  const config = loadConfig(env);
  const logger = createLogger({ name: 'playgraph', level: config.logLevel });
  const store = await startEmbedded({ config, logger, onStep: (step) => console.log(`  seeding ${step}`) });
  const games = await countGames(store.url);
  const seconds = (Date.now() - Number(env.PLAYGRAPH_STARTED_AT ?? Date.now())) / 1000;
  console.log(`
Playgraph sells ${games} games at ${store.url}/graphql (first query answered ${seconds.toFixed(1)} s after the start)

  ${store.url}/graphql    the endpoint; in a browser, Apollo Sandbox
  ${store.url}/explorer   an explorer that needs no network, with operations to try
  demo players          ada, grace; password ${DEMO_PASSWORD} (all players, prices and stock are invented)
  try first             npm run tour, in another terminal
  stop                  Ctrl+C; the data stays in ${config.dataDir}
`);
  return store;
});

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
