import type { Env } from '@playgraph/server/run-main';
import { parseSubgraphConfig, type SubgraphConfig, secretVariable } from '@playgraph/server/subgraph-config';

/** How the leaderboard subgraph runs as its own process. */
export type Config = SubgraphConfig & {
  /** Shared with game: the tickets of play sessions are signed with it. */
  readonly ticketSecret: string;
};

/** @throws ConfigError with every bad variable. */
export function loadConfig(env: Env): Config {
  const own = { TICKET_SECRET: secretVariable };
  const parsed = parseSubgraphConfig({ name: 'leaderboard', port: 4006, own }, env);
  return { ...parsed.base, ticketSecret: parsed.own.TICKET_SECRET };
}
