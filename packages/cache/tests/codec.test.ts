import { createSeededRandom } from '@playgraph/kernel/random';
import { expect, test } from 'vitest';
import { decodeValue, encodeValue } from '../src/codec.ts';

const there = (value: unknown): unknown => decodeValue(encodeValue(value));

test('bigint and Date come back as they were, at any depth', () => {
  const value = {
    price: 2n ** 70n,
    debt: -5n,
    at: new Date('2026-01-31T12:34:56.789Z'),
    lines: [{ price: 0n }, [new Date(0)]],
  };
  expect(there(value)).toEqual(value);
  expect(there(12n)).toBe(12n);
});

test('plain values come back as they were, strings that look like marks included', () => {
  const value = ['$', '$n5', '$d2026-01-31', '$s', '$$', '"$n1"', 'a "$n1" b', '', null, true, -0.5, { $n: '$n' }];
  expect(there(value)).toEqual(value);
});

test('a property named __proto__ stays a property', () => {
  const value = JSON.parse('{"__proto__": {"price": 1}, "mark": "$n1"}');
  const copy = there(value);
  expect(Object.hasOwn(copy as object, '__proto__')).toBe(true);
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
});

test('a property that is undefined is left out', () => {
  expect(there({ kept: null, gone: undefined })).toEqual({ kept: null });
});

test('what would not come back as it was is refused', () => {
  const bad = [
    undefined,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    () => 1,
    Symbol('s'),
    new Map(),
    new Set(),
    new Uint8Array(1),
    [undefined],
  ];
  for (const value of bad) expect(() => encodeValue(value)).toThrow(TypeError);
  for (const value of bad.slice(1)) expect(() => encodeValue({ deep: [value] })).toThrow(TypeError);
  expect(() => encodeValue(new Date(Number.NaN))).toThrow(RangeError);
});

test('a text that encodeValue did not make is refused', () => {
  for (const text of ['', '{', '"$x1"', '"$"', '"$n1.5"']) expect(() => decodeValue(text)).toThrow(SyntaxError);
});

test('random trees come back as they were', () => {
  const random = createSeededRandom('codec');
  const tree = (depth: number): unknown => {
    switch (random.int(depth > 0 ? 8 : 6)) {
      case 0:
        return BigInt(random.int(1_000_000)) - 500_000n;
      case 1:
        return new Date(random.int(2 ** 31) * 1_000);
      case 2:
        return ['$', '$n', '$s', 'x', '"', '\\', '\u2028'].slice(random.int(7)).join('');
      case 3:
        return random.int(2) === 0;
      case 4:
        return random.int(1_000) / 8;
      case 5:
        return null;
      case 6:
        return Array.from({ length: random.int(4) }, () => tree(depth - 1));
      default:
        return Object.fromEntries(Array.from({ length: random.int(4) }, (_, i) => [`$${i}`, tree(depth - 1)]));
    }
  };
  for (let i = 0; i < 2_000; i++) {
    const value = tree(4);
    expect(there(value)).toEqual(value);
  }
});
