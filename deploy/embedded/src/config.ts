import { parseCorsOrigins } from '@playgraph/gateway/config';
import { parseConfig } from '@playgraph/kernel/config';
import { z } from 'zod';

/** The subgraphs of the store, in the order of `supergraph.yaml`. */
export const SUBGRAPH_NAMES = ['user', 'game', 'order', 'payment', 'social', 'leaderboard'] as const;
export type SubgraphName = (typeof SUBGRAPH_NAMES)[number];

/** How many shards a subgraph has when nothing else is said. */
const SHARDS_DEFAULT = 2;

const shardUrls = z.string().transform((urls) => urls.split(',').map((url) => url.trim()));
const schema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('warn'),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(4000),
  DATA_DIR: z.string().default('.data'),
  DEMO_WORLD: z.enum(['on', 'off']).default('on'),
  CORS_ORIGINS: z.string().optional(),
  USER_SHARDS: shardUrls.optional(),
  GAME_SHARDS: shardUrls.optional(),
  ORDER_SHARDS: shardUrls.optional(),
  PAYMENT_SHARDS: shardUrls.optional(),
  SOCIAL_SHARDS: shardUrls.optional(),
  LEADERBOARD_SHARDS: shardUrls.optional(),
});

/** How the all-in-one runs. */
export type EmbeddedConfig = {
  readonly isDevelopment: boolean;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly host: string;
  readonly port: number;
  /** Browser origins that may call the endpoint: any in development, none in production unless said otherwise. */
  readonly corsOrigins: '*' | readonly string[];
  /** Everything that outlives the process: shards, builds, keys. */
  readonly dataDir: string;
  /** Whether a new data folder starts as the demo world. */
  readonly hasDemoWorld: boolean;
  readonly shardUrls: Readonly<Record<SubgraphName, readonly string[]>>;
};

/** Reads the environment. @throws ConfigError with every bad variable. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): EmbeddedConfig {
  const values = parseConfig(schema, env);
  const urlsOf = (name: SubgraphName, urls: string[] | undefined) => urls ?? defaultShardUrls(values.DATA_DIR, name);
  return {
    isDevelopment: values.NODE_ENV !== 'production',
    logLevel: values.LOG_LEVEL,
    host: values.HOST,
    port: values.PORT,
    dataDir: values.DATA_DIR,
    hasDemoWorld: values.DEMO_WORLD === 'on',
    corsOrigins: parseCorsOrigins(values.CORS_ORIGINS, values.NODE_ENV !== 'production'),
    shardUrls: {
      user: urlsOf('user', values.USER_SHARDS),
      game: urlsOf('game', values.GAME_SHARDS),
      order: urlsOf('order', values.ORDER_SHARDS),
      payment: urlsOf('payment', values.PAYMENT_SHARDS),
      social: urlsOf('social', values.SOCIAL_SHARDS),
      leaderboard: urlsOf('leaderboard', values.LEADERBOARD_SHARDS),
    },
  };
}

/** SQLite files below the data folder. */
export function defaultShardUrls(dataDir: string, name: SubgraphName): string[] {
  return Array.from({ length: SHARDS_DEFAULT }, (_, shard) => `file:${dataDir}/${name}/${shard}.db`);
}
