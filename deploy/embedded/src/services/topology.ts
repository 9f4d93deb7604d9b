import { topicOf } from '@playgraph/events/event-log';
import { SUBGRAPH_NAMES, type SubgraphName } from '../config.ts';

/** Who listens to whose events; a subgraph that listens to itself needs no peer for that. */
export const CONSUMERS: Readonly<Record<SubgraphName, readonly SubgraphName[]>> = {
  user: ['social'],
  game: ['order', 'social', 'leaderboard'],
  order: ['payment', 'game'],
  payment: ['order'],
  social: ['leaderboard'],
  leaderboard: [],
};

/** The ports of the six subgraphs, one after the other from `firstPort`. */
export function portsFrom(firstPort: number): ReadonlyMap<SubgraphName, number> {
  return new Map(SUBGRAPH_NAMES.map((name, i) => [name, firstPort + i]));
}

/** Where one subgraph sends its events: its topic, and the base addresses of the processes that consume it. */
export function eventPeersOf(name: SubgraphName, urlOf: (name: SubgraphName) => string): Record<string, string[]> {
  return { [topicOf(name)]: CONSUMERS[name].map(urlOf) };
}
