import { expect, test } from 'vitest';
import { CONFIDENCE_MAX, CONFIDENCE_TO_PREDICT, createConfidence, RUNS_PER_TRY } from '../../src/calls/confidence.ts';

const RIGHT = { guessed: 4, claimed: 4, isPredicted: true };
const WRONG = { guessed: 4, claimed: 0, isPredicted: true };

test('an operation that nothing is known of is given a try', () => {
  expect(createConfidence().decide('new')).toBe(true);
});

test('one wrong guess in four is borne, more is not', () => {
  const confidence = createConfidence();
  for (let i = 0; i < CONFIDENCE_MAX; i += 1) for (const id of ['borne', 'not borne']) confidence.note(id, RIGHT);
  for (let i = 0; i < 20; i += 1) {
    for (const guess of [WRONG, RIGHT, RIGHT, RIGHT]) confidence.note('borne', guess);
  }
  for (let i = 0; confidence.of('not borne') >= CONFIDENCE_TO_PREDICT; i += 1) {
    expect(i).toBeLessThan(20);
    for (const guess of [RIGHT, RIGHT, WRONG]) confidence.note('not borne', guess);
  }
  expect(confidence.decide('borne')).toBe(true);
});

test('a guess is right while at most one of four requests was for nothing', () => {
  const confidence = createConfidence();
  confidence.note('a', { ...RIGHT, claimed: 3 });
  confidence.note('b', { ...RIGHT, claimed: 2 });
  expect(confidence.of('a')).toBe(CONFIDENCE_TO_PREDICT + 1);
  expect(confidence.of('b')).toBeLessThan(CONFIDENCE_TO_PREDICT);
});

test('confidence ends at its bounds, so that a change of habit is noticed soon', () => {
  const confidence = createConfidence();
  for (let i = 0; i < 100; i += 1) {
    confidence.note('good', RIGHT);
    confidence.note('bad', WRONG);
  }
  expect([confidence.of('good'), confidence.of('bad')]).toEqual([CONFIDENCE_MAX, 0]);
});

test('where guessing did not pay, it is tried again now and then, and resumed when the tries go right', () => {
  const confidence = createConfidence();
  for (let i = 0; i < 10; i += 1) confidence.note('a', WRONG);
  const tries = Array.from({ length: RUNS_PER_TRY * 3 }, () => confidence.decide('a'));
  expect(tries.filter(Boolean)).toHaveLength(3);
  for (const _ of [1, 2, 3]) confidence.note('a', RIGHT);
  expect([confidence.decide('a'), confidence.decide('a')]).toEqual([true, true]);
});

test('a guess that was only compared raises confidence when it would have been right, and costs nothing else', () => {
  const confidence = createConfidence();
  confidence.note('a', { ...WRONG, isPredicted: false });
  confidence.note('b', { ...RIGHT, isPredicted: false });
  expect([confidence.of('a'), confidence.of('b')]).toEqual([CONFIDENCE_TO_PREDICT, CONFIDENCE_TO_PREDICT + 1]);
});

test('only so many operations have a counter of their own', () => {
  const confidence = createConfidence(2);
  for (const operation of ['a', 'b', 'c']) confidence.note(operation, WRONG);
  expect(confidence.of('a')).toBe(CONFIDENCE_TO_PREDICT);
  expect(confidence.of('c')).toBeLessThan(CONFIDENCE_TO_PREDICT);
});
