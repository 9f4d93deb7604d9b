import fc from 'fast-check';

type Json = Record<string, unknown>;

/** What a subgraph may say in the place of any value. */
const LIES: readonly unknown[] = [
  null,
  0,
  -1,
  1.5,
  1e300,
  2 ** 31,
  '',
  '7',
  'text',
  'GOOD',
  'BEST',
  true,
  [],
  [null],
  [[]],
  [1, 'a', null],
  {},
  { id: 'u9' },
  { __typename: 'Dog' },
  { __typename: 'Ghost' },
  { valueOf: 1, length: 3 },
  [{}, {}, {}, {}],
];
/** Says nothing at all. */
const SILENCE = Symbol('left out');
export const anyLie = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...LIES) },
  { weight: 1, arbitrary: fc.constant(SILENCE) },
);

/** Puts a lie at the n-th of all places of a JSON value (modulo their number). */
export function withLie(truth: unknown, n: number, lied: unknown): unknown {
  const copy = { root: structuredClone(truth) } as Json;
  const places: (() => void)[] = [];
  const walk = (holder: Json | unknown[], key: string | number): void => {
    const value = (holder as Json)[key];
    places.push(() => {
      if (lied === SILENCE) delete (holder as Json)[key];
      else (holder as Json)[key] = structuredClone(lied);
    });
    if (Array.isArray(value))
      value.forEach((_item, i) => {
        walk(value, i);
      });
    else if (typeof value === 'object' && value !== null)
      for (const key of Object.keys(value)) walk(value as Json, key);
  };
  walk(copy, 'root');
  places[n % places.length]?.();
  return JSON.parse(JSON.stringify(copy.root ?? null));
}
