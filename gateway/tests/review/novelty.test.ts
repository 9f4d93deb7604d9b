import { expect, test } from 'vitest';
import { createNovelty } from '../../src/calls/novelty.ts';

/** An operation of which enough has been seen to know that its variables hardly ever come again. */
function createWary() {
  const novelty = createNovelty();
  for (let i = 0; i < 10; i++) novelty.note('operation', `key ${i}`, false);
  return novelty;
}

test('what comes again is worth remembering, though its operation is always new', () => {
  const novelty = createWary();
  expect([novelty.note('operation', 'again', false), novelty.note('operation', 'again', false)]).toEqual([false, true]);
});

test('keys with long variables take a bounded part of memory', () => {
  const novelty = createWary();
  const keys = Array.from({ length: 10 }, (_, i) => `${i}`.padEnd(1024 * 1024));
  for (const key of keys) expect(novelty.note('operation', key, false)).toBe(false);
  expect(keys.map((key) => novelty.note('operation', key, false))).toContain(false);
});
