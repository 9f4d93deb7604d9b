import { abortOnReturn, createBoundedStream } from '@playgraph/server/bounded-stream';
import { createGate } from '@playgraph/testkit/gate';
import { expect, test } from 'vitest';

const limits = { itemsMax: 3, bytesMax: 10 };

async function readAll<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('what was pushed is read in order, before the end', async () => {
  const stream = createBoundedStream<number>({ limits });
  for (const item of [1, 2, 3]) expect(stream.push(item, 1)).toBe(true);
  stream.end();
  expect(stream.push(4, 1)).toBe(false);
  expect(await readAll(stream.items)).toEqual([1, 2, 3]);
  expect((await stream.items.next()).done).toBe(true);
});

test('no more waits than the limits say, by number and by bytes', () => {
  const byNumber = createBoundedStream<number>({ limits });
  expect([1, 2, 3, 4].map((item) => byNumber.push(item, 0))).toEqual([true, true, true, false]);
  const byBytes = createBoundedStream<number>({ limits });
  expect([9, 9, 1].map((bytes) => byBytes.push(1, bytes))).toEqual([true, true, false]);
  expect(byBytes.waiting()).toEqual({ items: 2, bytes: 18 });
  byBytes.clear();
  expect(byBytes.waiting()).toEqual({ items: 0, bytes: 0 });
  expect(byBytes.push(1, 100)).toBe(true);
});

test('a reader that waits gets the item at once, and one that took makes room', async () => {
  let taken = 0;
  const stream = createBoundedStream<number>({ limits, onTaken: () => taken++ });
  const waiting = [stream.items.next(), stream.items.next()];
  for (const item of [1, 2, 3, 4, 5]) expect(stream.push(item, 1)).toBe(true);
  expect(stream.push(6, 1)).toBe(false);
  expect((await Promise.all(waiting)).map(({ value }) => value)).toEqual([1, 2]);
  expect(taken).toBe(0);
  expect((await stream.items.next()).value).toBe(3);
  expect(taken).toBe(1);
  expect(stream.push(6, 1)).toBe(true);
});

test('an error comes after what waited, once, and then there is only the end', async () => {
  const stream = createBoundedStream<number>({ limits });
  stream.push(1, 1);
  stream.end(new Error('broken'));
  expect((await stream.items.next()).value).toBe(1);
  await expect(stream.items.next()).rejects.toThrow('broken');
  expect((await stream.items.next()).done).toBe(true);
});

test('readers who wait when it ends learn of it, the first one also why', async () => {
  const stream = createBoundedStream<number>({ limits });
  const [first, second] = [stream.items.next(), stream.items.next()];
  stream.end(new Error('broken'));
  await expect(first).rejects.toThrow('broken');
  expect((await second).done).toBe(true);
});

test('leaving ends it at once, also while an item is awaited, and is told once', async () => {
  let left = 0;
  const stream = createBoundedStream<number>({ limits, onReturn: () => left++ });
  const next = stream.items.next();
  await stream.items.return();
  await stream.items.return();
  expect((await next).done).toBe(true);
  expect(stream.push(1, 1)).toBe(false);
  await expect(stream.items.throw(new Error('thrown'))).rejects.toThrow('thrown');
  expect(left).toBe(1);
});

test.each(['return', 'signal'])('a generator that waits for its source ends with the reader: %s', async (way) => {
  const ended = createGate();
  const leaving = new AbortController();
  async function* wait(signal: AbortSignal) {
    try {
      yield 1;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    } finally {
      ended.open();
    }
  }
  const items = abortOnReturn(wait, leaving.signal);
  expect((await items.next()).value).toBe(1);
  const next = items.next();
  if (way === 'return') await items.return();
  else leaving.abort();
  expect((await next).done).toBe(true);
  await ended.opened;
});
