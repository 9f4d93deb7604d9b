import { expect, test } from 'vitest';
import { runDifferential } from './run-differential.ts';

/**
 * More on demand, and one seed again:
 * `DIFFERENTIAL_SEED=x DIFFERENTIAL_GRAPHS=500 DIFFERENTIAL_OPERATIONS=200 npx vitest run --project unit gateway/tests/differential`
 * `DIFFERENTIAL_ONLY=x-17 DIFFERENTIAL_OPERATIONS=200 npx vitest ...`
 */
const { DIFFERENTIAL_SEED, DIFFERENTIAL_GRAPHS, DIFFERENTIAL_OPERATIONS, DIFFERENTIAL_ONLY, DIFFERENTIAL_CHAINS } =
  process.env;
/** Among its few graphs are those that are hard to come by: interface objects that require of two subgraphs. */
const SEED = DIFFERENTIAL_SEED ?? 'ci-t';
const GRAPHS = Number(DIFFERENTIAL_GRAPHS ?? 16);
const OPERATIONS = Number(DIFFERENTIAL_OPERATIONS ?? 25);
const SEEDS =
  DIFFERENTIAL_ONLY === undefined ? Array.from({ length: GRAPHS }, (_, i) => `${SEED}-${i}`) : [DIFFERENTIAL_ONLY];

/** Planning costs some 10 ms an operation; composing and planning have no other limit here. */
const MS_PER_OPERATION_MAX = 500;
const TIMEOUT_MS = 60_000 + SEEDS.length * OPERATIONS * MS_PER_OPERATION_MAX;
/** Graphs compose by construction, save for a few corners of the composition around interface objects. */
const REJECTED_PERCENT_MAX = 10;
/** The generator may now and then write an operation that contradicts itself, but not often. */
const INVALID_PERCENT_MAX = 30;
/** Two requirements in a row are hard on the planner: see `a chain of requirements` in `corners/requires.test.ts`. */
const CHAINS = DIFFERENTIAL_CHAINS !== 'off';
/** How many failures are shown, and enough to stop at. */
const FAILURES_MAX = 5;

test('a federated graph answers as one schema over the same data would', { timeout: TIMEOUT_MS }, async () => {
  const failures: string[] = [];
  const rejections: string[] = [];
  let compared = 0;
  for (const seed of SEEDS) {
    const options = { seed, operations: OPERATIONS, shadows: true, conflicts: true, chains: CHAINS };
    const report = await runDifferential(options);
    compared += report.compared;
    failures.push(...report.failures);
    if (report.rejection !== null) rejections.push(report.rejection);
    if (failures.length >= FAILURES_MAX) break;
  }
  expect(failures.slice(0, FAILURES_MAX).join('\n\n')).toBe('');
  expect(rejections.slice(Math.ceil((SEEDS.length * REJECTED_PERCENT_MAX) / 100))).toEqual([]);
  const possible = (SEEDS.length - rejections.length) * OPERATIONS;
  expect(compared).toBeGreaterThanOrEqual((possible * (100 - INVALID_PERCENT_MAX)) / 100);
});
