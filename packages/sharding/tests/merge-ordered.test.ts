import { createSeededRandom } from '@playgraph/kernel/random';
import { mergeOrdered } from '@playgraph/sharding/merge-ordered';
import { expect, test } from 'vitest';

const CASES = 300;
const compare = (left: number, right: number): number => left - right;

test('a merge is the start of everything sorted, whatever the lists and the limit', () => {
  const random = createSeededRandom('merge');
  for (let i = 0; i < CASES; i++) {
    const lists = Array.from({ length: random.int(6) }, () =>
      Array.from({ length: random.int(20) }, () => random.int(30)).sort(compare),
    );
    const limit = random.int(40);
    expect(mergeOrdered(lists, { limit, compare })).toEqual(lists.flat().sort(compare).slice(0, limit));
  }
});

test('equal rows come in the order of their lists', () => {
  const lists = [
    [{ key: 1, from: 'a' }],
    [
      { key: 0, from: 'b' },
      { key: 1, from: 'b' },
    ],
    [{ key: 1, from: 'c' }],
  ];
  const merged = mergeOrdered(lists, { limit: 10, compare: (left, right) => left.key - right.key });
  expect(merged.map((row) => row.from)).toEqual(['b', 'a', 'b', 'c']);
});
