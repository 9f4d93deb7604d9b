import { ExactNumber } from '@playgraph/kernel/exact-json';
import fc from 'fast-check';
import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  GraphQLScalarType,
  GraphQLString,
} from 'graphql';
import { expect, test } from 'vitest';
import { JsonOutput } from '../../src/execution/writer/json-output.ts';
import { compileLeaf, quote } from '../../src/execution/writer/write-leaf.ts';

const BUILT_IN: readonly GraphQLLeafType[] = [GraphQLString, GraphQLID, GraphQLInt, GraphQLFloat, GraphQLBoolean];
const RANK = new GraphQLEnumType({ name: 'Rank', values: { LOW: {}, HIGH: {} } });
const JSON_SCALAR = new GraphQLScalarType({ name: 'Anything' });

/** Printed, or the message of what refuses it. */
type Outcome = { readonly text: string } | { readonly refused: string };

function attempt(print: () => string): Outcome {
  try {
    return { text: print() };
  } catch (error) {
    return { refused: (error as Error).message };
  }
}

const ours = (type: GraphQLLeafType, value: unknown): Outcome =>
  attempt(() => {
    const out = new JsonOutput();
    compileLeaf(type)(value, out);
    return out.finish('', '').toString();
  });
const theirs = (type: GraphQLLeafType, value: unknown): Outcome => attempt(() => JSON.stringify(type.serialize(value)));

/** What JSON.parse can give, its odd corners included: -0, and numbers past the range of a double. */
const jsonValue = fc
  .oneof(
    fc.constantFrom<unknown>(
      true,
      false,
      '',
      '1',
      'true',
      'LOW',
      'NONE',
      'toString',
      '__proto__',
      [],
      {},
      { valueOf: 1 },
    ),
    fc.constantFrom(
      ...['-0', '1e999', '-1e999', '1.0', '2147483647', '2147483648', '-2147483648', '-2147483649', '1e21'].map(
        (text) => JSON.parse(text) as unknown,
      ),
    ),
    fc.integer(),
    fc.double({ noNaN: true }),
    fc.string({ unit: 'binary' }),
    fc.jsonValue(),
  )
  .filter((value) => value !== null);

test.each(BUILT_IN.map((type) => [type.name, type] as const))(
  'any JSON value prints as %s, or is refused, as graphql-js says',
  (_name, type) => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        expect(ours(type, value)).toEqual(theirs(type, value));
      }),
      {
        numRuns: 2_000,
      },
    );
  },
);

test('an enum prints the names of its values and refuses everything else without saying it', () => {
  expect([ours(RANK, 'LOW'), ours(RANK, 'HIGH')]).toEqual([{ text: '"LOW"' }, { text: '"HIGH"' }]);
  const refused = { refused: 'Enum "Rank" cannot represent the value that a subgraph gave.' };
  fc.assert(
    fc.property(jsonValue, (value) => {
      const isRefused = 'refused' in theirs(RANK, value);
      expect(ours(RANK, value)).toEqual(isRefused ? refused : theirs(RANK, value));
    }),
  );
});

test('a custom scalar prints any JSON as it is', () => {
  fc.assert(
    fc.property(jsonValue, (value) => {
      const isPastDoubles = value === Infinity || value === -Infinity;
      const refused = { refused: 'Anything cannot represent a number past the range of a double.' };
      expect(ours(JSON_SCALAR, value)).toEqual(isPastDoubles ? refused : { text: JSON.stringify(value) });
    }),
  );
});

test('a number with more digits than a double has is all of them in a custom scalar and in an ID, else a double', () => {
  const integer = new ExactNumber('12345678901234567890');
  const decimal = new ExactNumber('0.12345678901234567890');
  expect(ours(JSON_SCALAR, integer)).toEqual({ text: '12345678901234567890' });
  expect(ours(JSON_SCALAR, { a: [decimal] })).toEqual({ text: '{"a":[0.12345678901234567890]}' });
  expect(ours(GraphQLID, integer)).toEqual({ text: '"12345678901234567890"' });
  for (const type of BUILT_IN) {
    for (const exact of [integer, decimal]) {
      if (type === GraphQLID && exact === integer) continue;
      expect(ours(type, exact)).toEqual(theirs(type, Number(exact)));
    }
  }
  expect(ours(RANK, integer)).toEqual({ refused: 'Enum "Rank" cannot represent the value that a subgraph gave.' });
});

test('a custom scalar may refuse a value in its own words', () => {
  const even = new GraphQLScalarType({
    name: 'Even',
    serialize: (value) => {
      if (Number(value) % 2 === 0) return value;
      throw new TypeError('odd');
    },
  });
  expect([ours(even, 4), ours(even, 5)]).toEqual([{ text: '4' }, { refused: 'odd' }]);
});

test('text is quoted as JSON.stringify does, lone surrogates and control characters included', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 }), (units) => {
      const text = String.fromCharCode(...units);
      expect(quote(text)).toBe(JSON.stringify(text));
    }),
    { numRuns: 5_000 },
  );
});

test('every single UTF-16 code unit is quoted as JSON.stringify does', () => {
  const wrong = [];
  for (let unit = 0; unit <= 0xffff; unit++) {
    const text = String.fromCharCode(unit);
    if (quote(text) !== JSON.stringify(text)) wrong.push(unit);
  }
  expect(wrong).toEqual([]);
});
