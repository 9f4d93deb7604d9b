import { createManualClock } from '@playgraph/kernel/clock';
import type { DomainError } from '@playgraph/kernel/errors';
import { BUCKET_COUNT, bucketOf, bucketOfName, createIds, isId, parseId } from '@playgraph/kernel/ids';
import { createSeededRandom } from '@playgraph/kernel/random';
import { expect, test } from 'vitest';

const START_MS = Date.UTC(2026, 10, 21);

function createTestIds(seed = 'ids') {
  const clock = createManualClock(START_MS);
  return { clock, ids: createIds({ clock, random: createSeededRandom(seed) }) };
}

test('an id carries every bucket that it is made with', () => {
  const { ids } = createTestIds();
  for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
    expect(bucketOf(ids.make('order', bucket))).toBe(bucket);
  }
});

test('ids of one bucket increase, within a millisecond and when the clock goes back', () => {
  const { clock, ids } = createTestIds();
  const made: string[] = [];
  for (let i = 0; i < 1_000; i++) {
    if (i === 500) clock.advance(-60_000);
    made.push(ids.make('event', 7));
  }
  expect([...made].sort()).toEqual(made);
  expect(new Set(made).size).toBe(made.length);
});

test('drawn buckets cover the whole range evenly enough', () => {
  const { ids } = createTestIds();
  const counts = new Array<number>(4).fill(0);
  for (let i = 0; i < 4_000; i++) {
    const quarter = Math.floor(bucketOf(ids.make('user')) / (BUCKET_COUNT / 4));
    counts[quarter] = (counts[quarter] ?? 0) + 1;
  }
  for (const count of counts) expect(count).toBeGreaterThan(850);
});

test('an id of another kind or shape is refused with the field that it came in', () => {
  const { ids } = createTestIds();
  const orderId = ids.make('order');
  expect(parseId('order', orderId, 'input.orderId')).toBe(orderId);
  for (const bad of [
    '',
    'order_',
    ids.make('game'),
    orderId.toLowerCase(),
    `${orderId}0`,
    'order_01J',
    `x${orderId}`,
  ]) {
    expect(isId('order', bad)).toBe(false);
    expect(() => parseId('order', bad, 'input.orderId')).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', details: { field: 'input.orderId' } }) as DomainError,
    );
  }
});

test('a name has the same bucket in any case', () => {
  expect(bucketOfName('Ada@Example.org')).toBe(bucketOfName('ada@example.org'));
  expect(bucketOfName('ada')).not.toBe(bucketOfName('grace'));
});
