import { LRUCache } from 'lru-cache';

/** The counter's range: four bits. */
export const CONFIDENCE_MAX = 15;
/** From here on an operation's requests are guessed. An operation that nothing is known of stands here. */
export const CONFIDENCE_TO_PREDICT = 8;
/** Below that, one run in so many is guessed all the same: whether guessing pays again shows best when it is done. */
export const RUNS_PER_TRY = 32;
/** A wrong guess weighs as much as this many right ones, so that guessing pays only where most guesses are right. */
const WRONG_COST = 3;
/** A try that went right weighs as much as a wrong guess did: tries are rare. */
const RIGHT_TRY_GAIN = 3;
/** A guess is right while at most one in this many of its requests was not needed. */
const RIGHT_REQUESTS_PER_WASTED_MIN = 4;
/** How many operations have a counter of their own; the least recently used start anew. */
const OPERATIONS_MAX = 10_000;

/** How a guess turned out, in requests. */
export type Guess = {
  readonly guessed: number;
  readonly claimed: number;
  /** Whether the requests were sent ahead, or only compared with those that were asked for step by step. */
  readonly isPredicted: boolean;
};

/** How well an operation's requests could be foreseen lately: one saturating counter an operation, as in a branch predictor. */
export type Confidence = {
  /** In [0, CONFIDENCE_MAX]. */
  of(operationId: string): number;
  /** Whether the next run of the operation shall be guessed. Each asking counts as a run. */
  decide(operationId: string): boolean;
  note(operationId: string, guess: Guess): void;
  clear(): void;
};

type Counter = { level: number; runsSinceTry: number };

export function createConfidence(operationsMax = OPERATIONS_MAX): Confidence {
  const counters = new LRUCache<string, Counter>({ max: operationsMax });
  const counterOf = (operationId: string): Counter => {
    const known = counters.get(operationId);
    if (known) return known;
    const counter = { level: CONFIDENCE_TO_PREDICT, runsSinceTry: 0 };
    counters.set(operationId, counter);
    return counter;
  };
  return {
    of: (operationId) => counters.get(operationId)?.level ?? CONFIDENCE_TO_PREDICT,
    decide(operationId) {
      const counter = counterOf(operationId);
      if (counter.level >= CONFIDENCE_TO_PREDICT) return true;
      counter.runsSinceTry += 1;
      if (counter.runsSinceTry < RUNS_PER_TRY) return false;
      counter.runsSinceTry = 0;
      return true;
    },
    note(operationId, guess) {
      const counter = counterOf(operationId);
      const level = counter.level + changeOf(guess, counter.level);
      counter.level = Math.max(0, Math.min(CONFIDENCE_MAX, level));
    },
    clear: () => counters.clear(),
  };
}

function changeOf({ guessed, claimed, isPredicted }: Guess, level: number): number {
  const isRight = (guessed - claimed) * RIGHT_REQUESTS_PER_WASTED_MIN <= guessed;
  // Nothing was wasted, and step by step an executor may put its requests together in other ways.
  if (!isPredicted) return isRight ? 1 : 0;
  if (!isRight) return -WRONG_COST;
  return level < CONFIDENCE_TO_PREDICT ? RIGHT_TRY_GAIN : 1;
}
