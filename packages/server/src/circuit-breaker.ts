import type { Clock } from '@playgraph/kernel/clock';

/** Over how long failures are counted. */
export const BREAKER_WINDOW_MS = 10_000;
/** The fewest calls within the window that say anything about a subgraph. */
export const BREAKER_CALLS_MIN = 20;
/** The part of those calls whose failure opens the breaker. */
export const BREAKER_FAILURE_RATIO_MIN = 0.5;
/** How long an open breaker refuses before it lets one call try. */
export const BREAKER_OPEN_MS = 5_000;
/** The steps in which the window rolls on. */
const WINDOW_STEPS = 10;

/** CLOSED lets all through, OPEN none, HALF_OPEN one call that decides. */
export type BreakerState = 'CLOSED' | 'OPEN' | 'HALF_OPEN';

/** When a breaker opens, and for how long. */
export type BreakerLimits = {
  /** BREAKER_WINDOW_MS when absent. */
  readonly windowMs?: number;
  /** BREAKER_CALLS_MIN when absent. */
  readonly callsMin?: number;
  /** BREAKER_FAILURE_RATIO_MIN when absent; in (0, 1]. */
  readonly failureRatioMin?: number;
  /** BREAKER_OPEN_MS when absent. */
  readonly openMs?: number;
};

/** Leave for one call; it names the period in which it was given. */
export type BreakerPermit = number;

/** Keeps calls away from a subgraph that fails most of them, so that neither side drowns in waiting. */
export type CircuitBreaker = {
  /** Leave for one call, or null when it must not be made. Each permit is settled once. */
  admit(): BreakerPermit | null;
  /** How the call went. UNKNOWN (its caller went away, it never left) counts for nothing, and frees a probe's place. */
  settle(permit: BreakerPermit, result: 'SUCCESS' | 'FAILURE' | 'UNKNOWN'): void;
  state(): BreakerState;
};

/** Counts in memory only: each process learns for itself what its own calls meet. */
export function createCircuitBreaker(options: {
  readonly clock: Clock;
  readonly limits?: BreakerLimits;
  /** Called once for each change. */
  readonly onStateChange?: (from: BreakerState, to: BreakerState) => void;
}): CircuitBreaker {
  const { clock, limits: { callsMin = BREAKER_CALLS_MIN, openMs = BREAKER_OPEN_MS, ...rest } = {} } = options;
  const ratioMin = rest.failureRatioMin ?? BREAKER_FAILURE_RATIO_MIN;
  let state: BreakerState = 'CLOSED';
  // A call that began in an earlier period must not decide for this one.
  let period = 0;
  let openedAtMs = 0;
  let isProbing = false;
  let counts = createRollingCounts(rest.windowMs ?? BREAKER_WINDOW_MS);

  const enter = (next: BreakerState): void => {
    const previous = state;
    state = next;
    period++;
    isProbing = false;
    if (next === 'OPEN') openedAtMs = clock.nowMs();
    if (next === 'CLOSED') counts = createRollingCounts(rest.windowMs ?? BREAKER_WINDOW_MS);
    options.onStateChange?.(previous, next);
  };
  const count = (isFailure: boolean): void => {
    const { calls, failures } = counts.add(clock.nowMs(), isFailure);
    if (isFailure && calls >= callsMin && failures >= calls * ratioMin) enter('OPEN');
  };
  const admitProbe = (): BreakerPermit | null => {
    if (isProbing) return null;
    isProbing = true;
    return period;
  };
  return {
    admit() {
      if (state === 'CLOSED') return period;
      const sinceMs = clock.nowMs() - openedAtMs;
      // A clock that was set back must not keep it open for as long.
      if (state === 'OPEN' && (sinceMs >= openMs || sinceMs < 0)) enter('HALF_OPEN');
      return state === 'HALF_OPEN' ? admitProbe() : null;
    },
    settle(permit, result) {
      if (permit !== period) return;
      if (state === 'CLOSED') {
        if (result !== 'UNKNOWN') count(result === 'FAILURE');
      } else if (result === 'UNKNOWN') isProbing = false;
      else enter(result === 'SUCCESS' ? 'CLOSED' : 'OPEN');
    },
    state: () => state,
  };
}

/** Calls and failures of the last `windowMs`, forgotten in WINDOW_STEPS steps. */
function createRollingCounts(windowMs: number) {
  const steps = Array.from({ length: WINDOW_STEPS }, () => ({ number: -1, calls: 0, failures: 0 }));
  return {
    add(nowMs: number, isFailure: boolean): { calls: number; failures: number } {
      const number = Math.floor((nowMs * WINDOW_STEPS) / windowMs);
      const step = steps[number % WINDOW_STEPS];
      if (step) {
        if (step.number !== number) Object.assign(step, { number, calls: 0, failures: 0 });
        step.calls++;
        if (isFailure) step.failures++;
      }
      const total = { calls: 0, failures: 0 };
      // Only a failure makes anyone look at the sum.
      if (!isFailure) return total;
      for (const { number: counted, calls, failures } of steps) {
        if (counted <= number - WINDOW_STEPS || counted > number) continue;
        total.calls += calls;
        total.failures += failures;
      }
      return total;
    },
  };
}
