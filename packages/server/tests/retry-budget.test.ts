import { createSeededRandom } from '@playgraph/kernel/random';
import {
  createRetryBudget,
  RETRIES_SAVED_MAX,
  RETRY_RATIO_MAX,
  RETRY_WAIT_MS_FIRST,
  RETRY_WAIT_MS_MAX,
  retryWaitMs,
} from '@playgraph/server/retry-budget';
import { expect, test } from 'vitest';

test('an outage makes a named part more calls, and a named number on top', () => {
  const budget = createRetryBudget();
  const calls = 1_000;
  let retries = 0;
  for (let call = 0; call < calls; call++) {
    budget.deposit();
    while (budget.withdraw()) retries++;
  }
  const retriesMax = calls * RETRY_RATIO_MAX + RETRIES_SAVED_MAX;
  expect(retries).toBeLessThanOrEqual(retriesMax);
  expect(retries).toBeGreaterThan(retriesMax - 2);
});

test('good times save up no more than a named number of retries', () => {
  const budget = createRetryBudget();
  for (let call = 0; call < 100_000; call++) budget.deposit();
  const taken = Array.from({ length: 2 * RETRIES_SAVED_MAX }, () => budget.withdraw());
  expect(taken.filter(Boolean)).toHaveLength(RETRIES_SAVED_MAX);
});

test('waits spread from nothing to a bound that doubles up to the longest', () => {
  const random = createSeededRandom('retries');
  for (const [retry, bound] of [RETRY_WAIT_MS_FIRST, 2 * RETRY_WAIT_MS_FIRST, 4 * RETRY_WAIT_MS_FIRST].entries()) {
    const waits = Array.from({ length: 2_000 }, () => retryWaitMs(retry, random));
    expect([Math.min(...waits), Math.max(...waits)]).toEqual([0, bound]);
  }
  const latest = Array.from({ length: 5_000 }, () => retryWaitMs(60, random));
  expect(Math.max(...latest)).toBeLessThanOrEqual(RETRY_WAIT_MS_MAX);
  expect(Math.max(...latest)).toBeGreaterThan(RETRY_WAIT_MS_MAX / 2);
});
