import type { Env } from '@playgraph/server/run-main';
import { parseSubgraphConfig, type SubgraphConfig, waitVariable } from '@playgraph/server/subgraph-config';
import { defaultSettings, type OrderSettings } from './deps.ts';

/** How the order subgraph runs as its own process. */
export type Config = SubgraphConfig & { readonly settings: OrderSettings };

const variables = {
  ORDER_RESERVATION_TTL_MS: waitVariable(defaultSettings.reservationTtlMs),
  ORDER_PAYMENT_WAIT_MS: waitVariable(defaultSettings.paymentWaitMs),
  ORDER_RESUME_AFTER_MS: waitVariable(defaultSettings.resumeAfterMs),
  ORDER_EXPIRE_EVERY_MS: waitVariable(defaultSettings.expireEveryMs),
  ORDER_RESUME_EVERY_MS: waitVariable(defaultSettings.resumeEveryMs),
};

/** @throws ConfigError with every bad variable. */
export function loadConfig(env: Env): Config {
  const { base, own } = parseSubgraphConfig({ name: 'order', port: 4003, own: variables }, env);
  return {
    ...base,
    settings: {
      ...defaultSettings,
      reservationTtlMs: own.ORDER_RESERVATION_TTL_MS,
      paymentWaitMs: own.ORDER_PAYMENT_WAIT_MS,
      resumeAfterMs: own.ORDER_RESUME_AFTER_MS,
      expireEveryMs: own.ORDER_EXPIRE_EVERY_MS,
      resumeEveryMs: own.ORDER_RESUME_EVERY_MS,
    },
  };
}
