import { randomBytes } from 'node:crypto';
import { parseConfig } from '@playgraph/kernel/config';
import { z } from 'zod';

const SECRET_CHARS_MIN = 32;
const SUBGRAPH_URL_PREFIX = 'SUBGRAPH_URL_';

const schema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(4000),
  SUPERGRAPH: z.string().default('gateway/supergraph.graphql'),
  JWKS_URL: z.url().optional(),
  TOKEN_ISSUER: z.string().default('playgraph'),
  IDENTITY_SECRET: z.string().min(SECRET_CHARS_MIN, `needs at least ${SECRET_CHARS_MIN} characters`).optional(),
  OPERATIONS_DIR: z.string().optional(),
  CORS_ORIGINS: z.string().optional(),
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
  /** Shared with the subgraphs: signs who is asking. One of its own when none is given: for subgraphs that do not check it. */
  readonly identitySecret: string;
  readonly operationsDir: string | null;
  /** Browser origins that may call: any in development, none in production unless said otherwise. */
  readonly corsOrigins: '*' | readonly string[];
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
    identitySecret: values.IDENTITY_SECRET ?? randomBytes(SECRET_CHARS_MIN).toString('base64url'),
    operationsDir: values.OPERATIONS_DIR ?? null,
    corsOrigins: parseCorsOrigins(values.CORS_ORIGINS, values.NODE_ENV !== 'production'),
    subgraphUrls: new Map(
      Object.entries(env).flatMap(([name, url]) =>
        name.startsWith(SUBGRAPH_URL_PREFIX) && url ? [[name.slice(SUBGRAPH_URL_PREFIX.length), url]] : [],
      ),
    ),
  };
}

/** A comma list of origins, or `*`. */
export function parseCorsOrigins(list: string | undefined, isDevelopment: boolean): '*' | readonly string[] {
  if (list === undefined) return isDevelopment ? '*' : [];
  const origins = list.split(',').map((origin) => origin.trim());
  return origins.includes('*') ? '*' : origins;
}
