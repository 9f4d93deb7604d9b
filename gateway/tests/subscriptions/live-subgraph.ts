import { silentLogger } from '@playgraph/kernel/logger';
import { buildSchema } from '@playgraph/server/build-schema';
import { serveSubgraph } from '@playgraph/server/serve-subgraph';
import type { RequestInfo } from '@playgraph/server/subgraph';
import { onTestFinished } from 'vitest';
import { createLiveParts } from './live-graph.ts';

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated"])';

/** The live subgraph on a port of its own, what its streams are reached by, and the rest of its graph. */
export async function serveLiveSubgraph(identitySecret: string) {
  const { live, ...parts } = createLiveParts();
  const subgraph = {
    name: 'live',
    logger: silentLogger,
    schema: buildSchema({ typeDefs: `${LINK}\n${live.typeDefs}`, resolvers: live.resolvers }),
    createContext: (info: RequestInfo) => info,
    routes: [],
    checkReady: async () => undefined,
    close: async () => undefined,
  };
  const options = { host: '127.0.0.1', port: 0, identitySecret, logger: silentLogger };
  const served = await serveSubgraph({ ...options, subgraph });
  onTestFinished(() => served.close());
  const way = { name: 'live', url: `${served.url}/graphql`, identitySecret, logger: silentLogger };
  return { parts, way, stop: served.close };
}
