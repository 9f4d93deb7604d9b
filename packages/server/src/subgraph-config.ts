import { parseConfig } from '@playgraph/kernel/config';
import { z } from 'zod';
import type { Env } from './run-main.ts';

/** What every subgraph needs to run as its own process. */
export type SubgraphConfig = {
  readonly host: string;
  readonly port: number;
  readonly shardUrls: readonly string[];
  /** Shared with the gateway: who is asking is signed with it. */
  readonly identitySecret: string;
  /** Events between processes: where each topic goes, and the secret that they are signed with. */
  readonly events: { readonly peers: Readonly<Record<string, string[]>>; readonly secret: string };
  /** Where gateways are told what has changed, and the secret that lets in; null where none is told. */
  readonly invalidation: { readonly urls: readonly string[]; readonly secret: string } | null;
};

const SECRET_CHARS_MIN = 32;

/** A variable that holds a shared secret. */
export const secretVariable = z.string().min(SECRET_CHARS_MIN, `needs at least ${SECRET_CHARS_MIN} characters`);

/** A variable that holds a duration in milliseconds. */
export const waitVariable = (defaultMs: number) => z.coerce.number().int().positive().default(defaultMs);

const eventPeers = z
  .string()
  .default('{}')
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'must be JSON such as {"playgraph.game.v1":["http://host:port"]}' });
      return z.NEVER;
    }
  })
  .pipe(z.record(z.string(), z.array(z.url())));

const invalidateUrls = z
  .string()
  .transform((text) => text.split(',').map((url) => url.trim()))
  .pipe(
    z.array(
      z
        .url({ protocol: /^https?$/, error: 'must be addresses such as http://host:port/cache/invalidate' })
        // `fetch` refuses such an address, and its error would bring the password into the log.
        .refine(holdsNoCredentials, 'must hold no user and no password: CACHE_INVALIDATE_SECRET is what lets in'),
    ),
  )
  .default([]);

/**
 * Reads HOST, PORT, `<NAME>_SHARDS`, IDENTITY_SECRET, EVENT_SECRET, EVENT_PEERS, CACHE_INVALIDATE_URLS,
 * CACHE_INVALIDATE_SECRET and the subgraph's `own` variables. Shards are two SQLite files below `.data/` when nothing is
 * said. @throws ConfigError with every bad variable.
 */
export function parseSubgraphConfig<Own extends z.ZodRawShape>(
  subgraph: { readonly name: string; readonly port: number; readonly own: Own },
  env: Env,
): { readonly base: SubgraphConfig; readonly own: z.output<z.ZodObject<Own>> } {
  const { name, port, own } = subgraph;
  const shardsVariable = `${name.toUpperCase()}_SHARDS`;
  const baseVariables = {
    HOST: z.string().default('127.0.0.1'),
    PORT: z.coerce.number().int().min(0).max(65_535).default(port),
    IDENTITY_SECRET: secretVariable,
    EVENT_SECRET: secretVariable,
    EVENT_PEERS: eventPeers,
    CACHE_INVALIDATE_URLS: invalidateUrls,
    // Without it nobody can be told.
    CACHE_INVALIDATE_SECRET: env.CACHE_INVALIDATE_URLS ? secretVariable : secretVariable.optional(),
  };
  const shards = z.string().default(`file:.data/${name}/0.db,file:.data/${name}/1.db`);
  const parsed = parseConfig(z.object({ ...baseVariables, [shardsVariable]: shards, ...own }), env);
  const values = parsed as z.output<z.ZodObject<typeof baseVariables>> & Record<string, unknown>;
  return {
    own: parsed as z.output<z.ZodObject<Own>>,
    base: {
      host: values.HOST,
      port: values.PORT,
      shardUrls: String(values[shardsVariable])
        .split(',')
        .map((url) => url.trim()),
      identitySecret: values.IDENTITY_SECRET,
      events: { peers: values.EVENT_PEERS, secret: values.EVENT_SECRET },
      invalidation: toInvalidation(values),
    },
  };
}

/** True of what is no address as well: that is said elsewhere. */
function holdsNoCredentials(address: string): boolean {
  if (!URL.canParse(address)) return true;
  const { username, password } = new URL(address);
  return username === '' && password === '';
}

function toInvalidation({
  CACHE_INVALIDATE_URLS: urls,
  CACHE_INVALIDATE_SECRET: secret,
}: {
  readonly CACHE_INVALIDATE_URLS: readonly string[];
  readonly CACHE_INVALIDATE_SECRET?: string | undefined;
}): SubgraphConfig['invalidation'] {
  return urls.length === 0 || secret === undefined ? null : { urls, secret };
}
