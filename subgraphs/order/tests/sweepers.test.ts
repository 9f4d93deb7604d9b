import { silentLogger } from '@playgraph/kernel/logger';
import { startSweeper } from '@playgraph/kernel/sweeper';
import { freshKey } from '@playgraph/testkit/idempotency-keys';
import { expect, test } from 'vitest';
import { writePendingOrder } from '../src/place-order.ts';
import { openWorld, type World } from './world.ts';

const OFTEN_MS = 5;

/** Resolves with the type of the order's next event after `afterSeq`. */
async function nextEvent(world: World, orderId: string, afterSeq: number): Promise<string | undefined> {
  const db = world.shards.forId(orderId);
  const { signal } = new AbortController();
  for await (const event of world.deps.events.follow({ stream: orderId, afterSeq, db, signal })) return event.type;
  return undefined;
}

test('an unpaid order expires by itself', async () => {
  const world = await openWorld({ expireEveryMs: OFTEN_MS });
  const order = await world.reservedOrder(world.player(), [await world.game()]);
  world.clock.advance(world.deps.settings.reservationTtlMs);
  expect(await nextEvent(world, order.id, order.seq)).toBe('order.expired');
});

test('an order that a crash left pending is taken on by itself', async () => {
  const world = await openWorld({ resumeEveryMs: OFTEN_MS });
  const input = { gameIds: [await world.game()], idempotencyKey: freshKey() };
  const order = await writePendingOrder(world.deps, world.player(), input);
  if ('__typename' in order) throw new Error('refused');
  world.clock.advance(world.deps.settings.resumeAfterMs);
  expect(await nextEvent(world, order.id, order.seq)).toBe('order.reserved');
});

test('a sweep that fails is followed by another one, and none starts after closing', async () => {
  let runs = 0;
  let seenTwice = (): void => undefined;
  const twice = new Promise<void>((resolve) => {
    seenTwice = resolve;
  });
  const run = async (): Promise<void> => {
    runs += 1;
    if (runs === 2) seenTwice();
    throw new Error('the store does not answer');
  };
  const sweeper = startSweeper({ name: 'test', everyMs: 1, run, logger: silentLogger });
  await twice;
  await sweeper.close();
  const runsAtClose = runs;
  await new Promise((resolve) => setImmediate(resolve));
  expect(runs).toBe(runsAtClose);
});

test('closing waits for the sweep under way', async () => {
  let finish = (): void => undefined;
  let isFinished = false;
  let start = (): void => undefined;
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  const run = (): Promise<void> =>
    new Promise((resolve) => {
      finish = () => {
        isFinished = true;
        resolve();
      };
      start();
    });
  const sweeper = startSweeper({ name: 'test', everyMs: 1, run, logger: silentLogger });
  await started;
  const closing = sweeper.close();
  finish();
  await closing;
  expect(isFinished).toBe(true);
});
