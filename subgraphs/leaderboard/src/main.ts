import { runSubgraph } from '@playgraph/server/run-subgraph';
import { loadConfig } from './config.ts';
import { openStore } from './store.ts';
import { createSubgraph } from './subgraph.ts';

await runSubgraph({
  name: 'leaderboard',
  loadConfig,
  openStore,
  create: (deps, { ticketSecret }) => createSubgraph({ ...deps, ticketSecret }),
});
