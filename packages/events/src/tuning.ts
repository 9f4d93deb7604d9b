import type { BackOff } from './back-off.ts';

/** The waits and limits of an event store. `defaultTuning` suits production; tests shorten what they wait for. */
export type EventTuning = {
  /** How often a relay looks for rows that nobody told it about: written by a process that died, or by another one. */
  readonly pollMs: number;
  /** How often a follower reads again although no hint came. */
  readonly rereadMs: number;
  /** The waits of one stream whose publishing fails. */
  readonly publishRetry: BackOff;
  /** Rows in one read of a relay or follower, and events in one publish. */
  readonly batchMax: number;
  /** Streams of one shard that are published at the same time. */
  readonly streamsAtOnceMax: number;
  /** Failing streams of one shard that are set aside. With more, the log itself is taken to be down and nothing else starts. */
  readonly failingStreamsMax: number;
  /** How long `close()` waits for publishes and handlers that have begun. */
  readonly closeWaitMs: number;
};

/** The waits and limits in force unless said otherwise. */
export const defaultTuning: EventTuning = {
  pollMs: 2_000,
  rereadMs: 3_000,
  publishRetry: { firstMs: 100, maxMs: 30_000 },
  batchMax: 100,
  streamsAtOnceMax: 16,
  failingStreamsMax: 100,
  closeWaitMs: 5_000,
};
