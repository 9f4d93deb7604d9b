import { createFifoLock } from '@playgraph/sharding/fifo-lock';
import { expect, test } from 'vitest';

const LIMITS = { waitMsMax: 10_000, waitersMax: 100 };

test('whoever asks first gets the lock first, one at a time', async () => {
  const lock = createFifoLock(LIMITS);
  const order: number[] = [];
  let holders = 0;
  const hold = async (who: number): Promise<void> => {
    const release = await lock.acquire();
    holders += 1;
    expect(holders).toBe(1);
    order.push(who);
    await Promise.resolve();
    holders -= 1;
    release();
  };
  await Promise.all([0, 1, 2, 3, 4].map(hold));
  expect(order).toEqual([0, 1, 2, 3, 4]);
});

test('the event loop gets its turn between two holders', async () => {
  const lock = createFifoLock(LIMITS);
  const happened: string[] = [];
  const hold = async (who: string): Promise<void> => {
    const release = await lock.acquire();
    happened.push(who);
    release();
  };
  const first = hold('first');
  const others = [hold('second'), hold('third')];
  setImmediate(() => happened.push('network'));
  await Promise.all([first, ...others]);
  expect(happened.indexOf('network')).toBeLessThan(happened.indexOf('third'));
});

test('giving the lock back twice does not take it from the next holder', async () => {
  const lock = createFifoLock({ ...LIMITS, waitMsMax: 5 });
  const release = await lock.acquire();
  const second = lock.acquire();
  release();
  release();
  await second;
  await expect(lock.acquire()).rejects.toMatchObject({ reason: 'TIMEOUT' });
});

test('whoever waited too long is refused, and those behind still get their turn', async () => {
  const lock = createFifoLock({ ...LIMITS, waitMsMax: 20 });
  const release = await lock.acquire();
  const refused = lock.acquire();
  await expect(refused).rejects.toMatchObject({ name: 'LockError', reason: 'TIMEOUT' });
  const next = lock.acquire();
  release();
  (await next)();
  (await lock.acquire())();
});

test('the queue is bounded', async () => {
  const lock = createFifoLock({ ...LIMITS, waitersMax: 1 });
  const release = await lock.acquire();
  const waiting = lock.acquire();
  await expect(lock.acquire()).rejects.toMatchObject({ reason: 'FULL' });
  release();
  (await waiting)();
});

test('closing refuses those who wait and those who come', async () => {
  const lock = createFifoLock(LIMITS);
  await lock.acquire();
  const waiting = lock.acquire();
  lock.close();
  await expect(waiting).rejects.toMatchObject({ reason: 'CLOSED' });
  await expect(lock.acquire()).rejects.toMatchObject({ reason: 'CLOSED' });
});
