import { parseConfig } from '@playgraph/kernel/config';
import { z } from 'zod';

const SUBGRAPH_URL_PREFIX = 'SUBGRAPH_URL_';

const schema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(4000),
  SUPERGRAPH: z.string().default('gateway/supergraph.graphql'),
  JWKS_URL: z.url().optional(),
  TOKEN_ISSUER: z.string().default('playgraph'),
  IDENTITY_SECRET: z.string().min(32).default('for-this-machine-only-never-in-production'),
  OPERATIONS_DIR: z.string().optional(),
});

export type GatewayConfig = {
  readonly isDevelopment: boolean;
  readonly host: string;
  readonly port: number;
  /** The supergraph's file. */
  readonly supergraphFile: string;
  /** Where the keys of access tokens are published; null when the gateway takes no tokens. */
  readonly jwksUrl: string | null;
  readonly tokenIssuer: string;
  /** Shared with the subgraphs: signs who is asking. */
  readonly identitySecret: string;
  readonly operationsDir: string | null;
  /** Subgraph name (upper case) -> address, instead of the supergraph's own. */
  readonly subgraphUrls: ReadonlyMap<string, string>;
};

/** Reads the environment. @throws ConfigError with every bad variable. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): GatewayConfig {
  const values = parseConfig(schema, env);
  return {
    isDevelopment: values.NODE_ENV !== 'production',
    host: values.HOST,
    port: values.PORT,
    supergraphFile: values.SUPERGRAPH,
    jwksUrl: values.JWKS_URL ?? null,
    tokenIssuer: values.TOKEN_ISSUER,
    identitySecret: values.IDENTITY_SECRET,
    operationsDir: values.OPERATIONS_DIR ?? null,
    subgraphUrls: new Map(
      Object.entries(env).flatMap(([name, url]) =>
        name.startsWith(SUBGRAPH_URL_PREFIX) && url ? [[name.slice(SUBGRAPH_URL_PREFIX.length), url]] : [],
      ),
    ),
  };
}
