import { runSubgraph } from '@playgraph/server/run-subgraph';
import { loadConfig } from './config.ts';
import { openStore } from './store.ts';
import { createSubgraph } from './subgraph.ts';

await runSubgraph({
  name: 'game',
  loadConfig,
  openStore,
  create: (deps, { ticketSecret, buildsDir, downloadTicketTtlMs, searchRefreshMs, ...config }) => {
    const own = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`;
    const publicUrl = config.publicUrl ?? own;
    return createSubgraph({ ...deps, ticketSecret, buildsDir, downloadTicketTtlMs, searchRefreshMs, publicUrl });
  },
});
