import type { Env } from '@playgraph/server/run-main';
import { parseSubgraphConfig, type SubgraphConfig, waitVariable } from '@playgraph/server/subgraph-config';
import { z } from 'zod';
import { ACCESS_TTL_MS_MAX, defaultSettings, type UserSettings } from './settings.ts';

/** How the user subgraph runs as its own process. */
export type Config = SubgraphConfig & {
  /** The private key of access tokens; made when it is not there. */
  readonly signingKeyFile: string;
  /** The `iss` of access tokens; the gateway takes no other. */
  readonly tokenIssuer: string;
  readonly settings: UserSettings;
};

/** What bcrypt takes; below 10 a guess is cheap, above 16 a sign-in takes seconds. */
const PASSWORD_COST = { min: 10, max: 16 };
const passwordCost = z.coerce.number().int().min(PASSWORD_COST.min).max(PASSWORD_COST.max);

const variables = {
  USER_SIGNING_KEY_FILE: z.string().default('.data/user/signing-key.pem'),
  TOKEN_ISSUER: z.string().default('playgraph'),
  USER_PASSWORD_COST: passwordCost.default(defaultSettings.passwordCost),
  USER_ACCESS_TTL_MS: waitVariable(defaultSettings.accessTtlMs).refine((ms) => ms <= ACCESS_TTL_MS_MAX, {
    message: `at most ${ACCESS_TTL_MS_MAX}`,
  }),
  USER_REFRESH_TTL_MS: waitVariable(defaultSettings.refreshTtlMs),
  USER_REFRESH_GRACE_MS: waitVariable(defaultSettings.refreshGraceMs),
};

/** @throws ConfigError with every bad variable. */
export function loadConfig(env: Env): Config {
  const { base, own } = parseSubgraphConfig({ name: 'user', port: 4001, own: variables }, env);
  return {
    ...base,
    signingKeyFile: own.USER_SIGNING_KEY_FILE,
    tokenIssuer: own.TOKEN_ISSUER,
    settings: {
      ...defaultSettings,
      passwordCost: own.USER_PASSWORD_COST,
      accessTtlMs: own.USER_ACCESS_TTL_MS,
      refreshTtlMs: own.USER_REFRESH_TTL_MS,
      refreshGraceMs: own.USER_REFRESH_GRACE_MS,
    },
  };
}
