import { runMain } from '@playgraph/server/run-main';
import { loadConfig } from './config.ts';
import { startServices } from './services/start-services.ts';

await runMain('services', async (env) => {
  const { dataDir, host, port, shardUrls } = loadConfig(env);
  const store = await startServices({
    env,
    dataDir,
    host,
    port,
    shardUrls,
    onStep: (step) => console.log(`  ${step}`),
  });
  console.log(`\nPlaygraph answers at ${store.url}/graphql: a gateway and six subgraphs, each its own process.`);
  return store;
});
