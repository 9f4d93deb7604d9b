import type { Env } from '@playgraph/server/run-main';
import { parseSubgraphConfig, type SubgraphConfig } from '@playgraph/server/subgraph-config';
import { z } from 'zod';
import { defaultSettings, type SocialSettings } from './deps.ts';

/** How the social subgraph runs as its own process. */
export type Config = SubgraphConfig & { readonly settings: SocialSettings };

const variables = {
  SOCIAL_MESSAGE_BURST: z.coerce.number().int().positive().default(defaultSettings.messageBurst),
  SOCIAL_MESSAGES_PER_SECOND: z.coerce.number().positive().default(defaultSettings.messagesPerSecond),
  SOCIAL_NEW_PLAYER_WAIT_MS: z.coerce.number().int().nonnegative().default(defaultSettings.newPlayerWaitMs),
};

/** @throws ConfigError with every bad variable. */
export function loadConfig(env: Env): Config {
  const { base, own } = parseSubgraphConfig({ name: 'social', port: 4005, own: variables }, env);
  return {
    ...base,
    settings: {
      messageBurst: own.SOCIAL_MESSAGE_BURST,
      messagesPerSecond: own.SOCIAL_MESSAGES_PER_SECOND,
      newPlayerWaitMs: own.SOCIAL_NEW_PLAYER_WAIT_MS,
    },
  };
}
