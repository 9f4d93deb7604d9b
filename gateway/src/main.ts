import { createTokenVerifier } from '@playgraph/auth/access-token';
import { createRemoteKeySet } from '@playgraph/auth/key-set';
import { systemClock } from '@playgraph/kernel/clock';
import { createHttpTransport } from '@playgraph/server/http-transport';
import { runMain } from '@playgraph/server/run-main';
import { loadConfig } from './config.ts';
import { createGateway } from './gateway.ts';
import { serveGateway } from './http/serve-gateway.ts';

/** How long a fetched key set is trusted before it is fetched again. */
const KEY_SET_TTL_MS = 10 * 60_000;

await runMain('gateway', async (env, logger) => {
  const config = loadConfig(env);
  const gateway = createGateway({
    source: { file: config.supergraphFile },
    createTransport: ({ name, url }) =>
      createHttpTransport({
        name,
        url: config.subgraphUrls.get(name.toUpperCase()) ?? url,
        identitySecret: config.identitySecret,
        clock: systemClock,
        logger,
      }),
    logger,
  });
  const verifier =
    config.jwksUrl === null
      ? null
      : createTokenVerifier({
          keySet: createRemoteKeySet({ url: config.jwksUrl, ttlMs: KEY_SET_TTL_MS }),
          issuer: config.tokenIssuer,
          clock: systemClock,
        });
  const served = await serveGateway({
    gateway,
    host: config.host,
    port: config.port,
    verifyToken: verifier && ((token) => verifier.verify(token)),
    isDevelopment: config.isDevelopment,
    corsOrigins: config.corsOrigins,
    operationsDir: config.operationsDir,
    routes: [],
    checkReady: () => gateway.checkReady(),
    logger,
  });
  logger.info({ url: `${served.url}/graphql` }, 'gateway listens');
  return served;
});
