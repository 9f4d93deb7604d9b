/** What the name of each of the gateway's metrics begins with. */
export const METRIC_PREFIX = 'playgraph_gateway_';

/** Upper bounds of durations, in seconds: from an answer out of memory to one that met a deadline. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Upper bounds of how many calls one operation makes. */
export const CALLS_BUCKETS = [0, 1, 2, 3, 5, 7, 10, 15, 25, 50];

const MS_PER_SECOND = 1_000;

export function toSeconds(durationMs: number): number {
  return durationMs / MS_PER_SECOND;
}
