import { silentLogger } from '@playgraph/kernel/logger';
import { startSweeper } from '@playgraph/kernel/sweeper';
import { createGate } from '@playgraph/testkit/gate';
import { expect, onTestFinished, test } from 'vitest';

const EVERY_MS = 1;

/** Resolves when another sweeper with the same interval has run `count` times. */
async function neighbourRan(count: number): Promise<void> {
  const ran = createGate();
  let runs = 0;
  const neighbour = startSweeper({
    name: 'neighbour',
    everyMs: EVERY_MS,
    logger: silentLogger,
    async run() {
      runs += 1;
      if (runs === count) ran.open();
    },
  });
  await ran.opened;
  await neighbour.close();
}

test('runs come one after the other, however long one takes', async () => {
  const thirdBegan = createGate();
  let [runs, atOnce, atOnceMax] = [0, 0, 0];
  const sweeper = startSweeper({
    name: 'slow',
    everyMs: EVERY_MS,
    logger: silentLogger,
    async run() {
      runs += 1;
      atOnce += 1;
      atOnceMax = Math.max(atOnceMax, atOnce);
      if (runs === 3) thirdBegan.open();
      await neighbourRan(3);
      atOnce -= 1;
    },
  });
  onTestFinished(() => sweeper.close());
  await thirdBegan.opened;
  expect(atOnceMax).toBe(1);
});

const failures: [string, () => Promise<never>][] = [
  ['rejects', () => Promise.reject(new Error('no store'))],
  [
    'throws before it gives a promise',
    () => {
      throw new Error('no store');
    },
  ],
];

test.each(failures)('a run that %s is logged, and the next one comes all the same', async (_how, fail) => {
  const second = createGate();
  const logged: unknown[] = [];
  let runs = 0;
  const sweeper = startSweeper({
    name: 'sweep-things',
    everyMs: EVERY_MS,
    logger: { ...silentLogger, error: (fields, message) => logged.push([fields, message]) },
    run() {
      runs += 1;
      if (runs === 1) return fail();
      second.open();
      return Promise.resolve();
    },
  });
  onTestFinished(() => sweeper.close());
  await second.opened;
  expect(logged).toEqual([
    [{ err: expect.objectContaining({ message: 'no store' }), sweeper: 'sweep-things' }, 'a sweep failed'],
  ]);
});

test('closing waits for the run under way and starts no other', async () => {
  const [began, mayEnd] = [createGate(), createGate()];
  let [begun, ended] = [0, 0];
  const sweeper = startSweeper({
    name: 'last',
    everyMs: EVERY_MS,
    logger: silentLogger,
    async run() {
      begun += 1;
      began.open();
      await mayEnd.opened;
      ended += 1;
    },
  });
  await began.opened;
  const endedAtClose = sweeper.close().then(() => ended);
  mayEnd.open();
  expect(await endedAtClose).toBe(1);
  await neighbourRan(2);
  expect(begun).toBe(1);
});

test('a sweeper that is closed before its first run never runs', async () => {
  let runs = 0;
  const sweeper = startSweeper({
    name: 'never',
    everyMs: EVERY_MS,
    logger: silentLogger,
    async run() {
      runs += 1;
    },
  });
  await sweeper.close();
  await neighbourRan(2);
  expect(runs).toBe(0);
});
