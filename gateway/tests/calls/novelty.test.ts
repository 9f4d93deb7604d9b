import { expect, test } from 'vitest';
import { createNovelty } from '../../src/calls/novelty.ts';

/** How often a new key of an operation is worth remembering, over so many executions that never repeat one. */
function countRemembered(novelty: ReturnType<typeof createNovelty>, executions: number): number {
  return Array.from({ length: executions }, (_, i) => novelty.note('op', `key ${i}`, false)).filter(Boolean).length;
}

test('an operation whose variables never come again is remembered a few times and then no more', () => {
  expect(countRemembered(createNovelty(), 100)).toBeLessThan(10);
});

test('a key that comes a second time is remembered then', () => {
  const novelty = createNovelty();
  countRemembered(novelty, 100);
  expect(novelty.note('op', 'again', false)).toBe(false);
  expect(novelty.note('op', 'again', false)).toBe(true);
});

test('an operation whose variables repeat is remembered at once, also for new ones', () => {
  const novelty = createNovelty();
  for (let i = 0; i < 20; i++) novelty.note('op', 'the same', i > 0);
  expect(novelty.note('op', 'new', false)).toBe(true);
});

test('what one operation does says nothing of another', () => {
  const novelty = createNovelty();
  countRemembered(novelty, 100);
  expect(novelty.note('other', 'key 1000', false)).toBe(true);
});

test('an operation that there was nothing to remember of is known until it teaches something', () => {
  const novelty = createNovelty();
  const seen = [null, false, true].map((hasTaught) => {
    novelty.note('op', 'key', false);
    if (hasTaught !== null) novelty.noteTaught('op', hasTaught);
    return novelty.mayTeach('op');
  });
  expect(seen).toEqual([true, false, true]);
  novelty.noteTaught('op', false);
  novelty.clear();
  expect(novelty.mayTeach('op')).toBe(true);
});
