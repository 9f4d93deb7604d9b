import type { Env } from '@playgraph/server/run-main';
import {
  parseSubgraphConfig,
  type SubgraphConfig,
  secretVariable,
  waitVariable,
} from '@playgraph/server/subgraph-config';
import { z } from 'zod';
import { DOWNLOAD_TICKET_TTL_MS, SEARCH_REFRESH_MS } from './subgraph.ts';

/** How the game subgraph runs as its own process. */
export type Config = SubgraphConfig & {
  /** Shared with leaderboard: download addresses and score tickets are signed with it. */
  readonly ticketSecret: string;
  /** The folder of build files. */
  readonly buildsDir: string;
  /** What download addresses begin with; null: where this process listens. */
  readonly publicUrl: string | null;
  readonly downloadTicketTtlMs: number;
  readonly searchRefreshMs: number;
};

const variables = {
  TICKET_SECRET: secretVariable,
  GAME_BUILDS_DIR: z.string().default('.data/game/builds'),
  GAME_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  GAME_DOWNLOAD_TICKET_TTL_MS: waitVariable(DOWNLOAD_TICKET_TTL_MS),
  GAME_SEARCH_REFRESH_MS: waitVariable(SEARCH_REFRESH_MS),
};

/** @throws ConfigError with every bad variable. */
export function loadConfig(env: Env): Config {
  const { base, own } = parseSubgraphConfig({ name: 'game', port: 4002, own: variables }, env);
  return {
    ...base,
    ticketSecret: own.TICKET_SECRET,
    buildsDir: own.GAME_BUILDS_DIR,
    publicUrl: own.GAME_PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    downloadTicketTtlMs: own.GAME_DOWNLOAD_TICKET_TTL_MS,
    searchRefreshMs: own.GAME_SEARCH_REFRESH_MS,
  };
}
