import type { Random } from '@playgraph/kernel/random';

/** How often one call is tried again when nothing else is said. */
export const RETRIES_MAX = 2;
/** The part of its calls that a subgraph may get a second time: an outage is met by few more calls, not by thrice as many. */
export const RETRY_RATIO_MAX = 0.2;
/** How many retries may be saved up, and are there at the start, so that a quiet gateway can retry as well. */
export const RETRIES_SAVED_MAX = 10;
/** The longest wait before the first retry; it doubles with each one. */
export const RETRY_WAIT_MS_FIRST = 50;
/** The longest wait before any retry. */
export const RETRY_WAIT_MS_MAX = 500;

/** What keeps retries a small part of all calls to one subgraph. */
export type RetryBudget = {
  /** To be told of every call: RETRY_RATIO_MAX of them may be sent again. */
  deposit(): void;
  /** Whether there is a retry left; takes it. */
  withdraw(): boolean;
};

/** A budget with RETRIES_SAVED_MAX retries in it. */
export function createRetryBudget(): RetryBudget {
  // In hundredths: sums of 0.2 would drift.
  const price = 100;
  const income = RETRY_RATIO_MAX * price;
  const savedMax = RETRIES_SAVED_MAX * price;
  let saved = savedMax;
  return {
    deposit() {
      saved = Math.min(savedMax, saved + income);
    },
    withdraw() {
      if (saved < price) return false;
      saved -= price;
      return true;
    },
  };
}

/** Milliseconds to wait before retry number `retry` (from 0): anything up to a bound that doubles (full jitter). */
export function retryWaitMs(retry: number, random: Random): number {
  return random.int(Math.min(RETRY_WAIT_MS_MAX, RETRY_WAIT_MS_FIRST * 2 ** retry) + 1);
}
