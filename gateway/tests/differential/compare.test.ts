import { expect, test } from 'vitest';
import { findDifference } from './compare.ts';

const error = (message: string, ...path: (string | number)[]) => ({ message, path });
const data = { a: { x: null, y: 1 } };
const strict = { data, errors: [error('x fails', 'a', 'x')] };

test('equal answers do not differ', () => {
  expect(findDifference(strict, { strict, lenient: strict })).toBeNull();
  expect(findDifference({ data }, { strict: { data }, lenient: { data } })).toBeNull();
});

test('the order of keys, and a null where nothing was, are differences', () => {
  const answers = [{ a: { y: 1, x: null } }, { a: { x: null, y: 1, z: null } }, { a: { y: 1 } }, null];
  for (const other of answers) {
    expect(findDifference({ data: other, errors: strict.errors }, { strict, lenient: strict })).toBe(
      'the data differs',
    );
  }
});

test('an error that is missing, elsewhere, said twice or in other words is a difference', () => {
  const others = [
    [],
    [error('x fails', 'a', 'y')],
    [...strict.errors, ...strict.errors],
    [error('x breaks', 'a', 'x')],
    [...strict.errors, error('z fails', 'a', 'z')],
  ];
  for (const errors of others) expect(findDifference({ data, errors }, { strict, lenient: strict })).not.toBeNull();
});

test('a null that came from below may have any of its true reasons, and needs one', () => {
  const propagated = { data: { a: null }, errors: [error('x fails', 'a', 'x')] };
  const lenient = {
    data: { a: { x: null, y: null } },
    errors: [error('x fails', 'a', 'x'), error('y fails', 'a', 'y')],
  };
  const check = (...errors: ReturnType<typeof error>[]) =>
    findDifference({ data: { a: null }, errors }, { strict: propagated, lenient });
  expect(check(error('y fails', 'a', 'y'))).toBeNull();
  expect(check(error('x fails', 'a', 'x'), error('y fails', 'a', 'y'))).toBeNull();
  expect(
    check(error('x fails', 'a', 'x'), error('Cannot return null for non-nullable field A.z.', 'a', 'z')),
  ).not.toBeNull();
  expect(check()).not.toBeNull();
  expect(check(error('z fails', 'a', 'z'))).not.toBeNull();
  expect(check(error('Cannot return null for non-nullable field A.z.', 'a', 'z'))).not.toBeNull();
});
