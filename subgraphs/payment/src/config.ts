import type { Env } from '@playgraph/server/run-main';
import { parseSubgraphConfig, type SubgraphConfig } from '@playgraph/server/subgraph-config';

/** @throws ConfigError with every bad variable. */
export function loadConfig(env: Env): SubgraphConfig {
  return parseSubgraphConfig({ name: 'payment', port: 4004, own: {} }, env).base;
}
