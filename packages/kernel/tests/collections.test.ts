import { chunksOf, groupBy, keyBy } from '@playgraph/kernel/collections';
import { expect, test } from 'vitest';

test('groups come in the order of their first item, and items keep theirs', () => {
  const groups = groupBy([3, 1, 4, 1, 5, 9], (digit) => digit % 2 === 0);
  expect([...groups]).toEqual([
    [false, [3, 1, 1, 5, 9]],
    [true, [4]],
  ]);
});

test('of items with the same key the last one counts', () => {
  expect(keyBy(['ann', 'bob', 'abe'], (name) => name[0])).toEqual(
    new Map([
      ['a', 'abe'],
      ['b', 'bob'],
    ]),
  );
});

test('chunks hold every item once, in order, and only the last one is shorter', () => {
  expect(chunksOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(chunksOf([1, 2], 2)).toEqual([[1, 2]]);
  expect(chunksOf([], 2)).toEqual([]);
  expect(() => chunksOf([1], 0)).toThrow(RangeError);
});
