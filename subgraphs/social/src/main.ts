import { runSubgraph } from '@playgraph/server/run-subgraph';
import { loadConfig } from './config.ts';
import { openStore } from './store.ts';
import { createSubgraph } from './subgraph.ts';

await runSubgraph({
  name: 'social',
  loadConfig,
  openStore,
  create: (deps, { settings }) => createSubgraph({ ...deps, settings }),
});
