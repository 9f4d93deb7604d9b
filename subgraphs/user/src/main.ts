import { loadOrCreateSigningKey } from '@playgraph/auth/signing-key';
import { runSubgraph } from '@playgraph/server/run-subgraph';
import { loadConfig } from './config.ts';
import { openStore } from './store.ts';
import { createSubgraph } from './subgraph.ts';

await runSubgraph({
  name: 'user',
  loadConfig,
  openStore,
  create: (deps, { signingKeyFile, tokenIssuer, settings }) =>
    createSubgraph({ ...deps, signingKey: loadOrCreateSigningKey(signingKeyFile), tokenIssuer, settings }),
});
