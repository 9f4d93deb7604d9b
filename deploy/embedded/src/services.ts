import { runMain } from '@playgraph/server/run-main';
import { loadConfig } from './config.ts';
import { requireDataDir } from './data-dir.ts';
import { lacksDemoWorld, makeDemoWorldApart } from './demo-world.ts';
import { startServices } from './services/start-services.ts';

await runMain('services', async (env, logger) => {
  const config = loadConfig(env);
  requireDataDir(config);
  if (lacksDemoWorld(config)) await makeDemoWorldApart(env);
  const store = await startServices({ ...config, env, onStep: (step) => console.log(`  ${step}`) });
  console.log(`\nPlaygraph answers at ${store.url}/graphql: a gateway and six subgraphs, each its own process.`);
  void store.failed.then(async (name) => {
    logger.error({ service: name }, 'a service has ended; the others are closed');
    await store.close();
    process.exit(1);
  });
  return store;
});
