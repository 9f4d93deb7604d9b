import { runSubgraph } from '@playgraph/server/run-subgraph';
import { loadConfig } from './config.ts';
import { createSandboxProvider } from './sandbox-provider.ts';
import { openStore } from './store.ts';
import { createSubgraph } from './subgraph.ts';

await runSubgraph({
  name: 'payment',
  loadConfig,
  openStore,
  create: (deps) => createSubgraph({ ...deps, provider: createSandboxProvider() }),
});
