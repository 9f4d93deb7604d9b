import { buildSchema, getIntrospectionQuery, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { checkDocument, checkVariables, OPERATION_LIMITS, type OperationLimits } from '../../src/protection/limits.ts';
import { measureDocument, NESTING_MAX } from '../../src/protection/measure-document.ts';

const list = (count: number, write: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => write(i)).join(' ');

/** The limits that the document breaks, with what was measured. */
function excesses(source: string, limits: Partial<OperationLimits> = {}) {
  return checkDocument(parse(source), { ...OPERATION_LIMITS, ...limits }).map(({ extensions }) => {
    expect(extensions.code).toBe('COST_EXCEEDED');
    return { limit: extensions.limit, measured: extensions.measured, max: extensions.max };
  });
}

test('an operation at a limit passes and one step beyond it is refused with what was measured', () => {
  const cases: readonly [keyof OperationLimits, string, (count: number) => string][] = [
    ['depthMax', 'depth', (count) => `{ ${'a { '.repeat(count - 1)} a ${'}'.repeat(count - 1)} }`],
    ['rootFieldsMax', 'rootFields', (count) => `{ ${list(count, () => 'a')} }`],
    ['fieldsMax', 'fields', (count) => `{ a { ${list(count - 1, () => 'a')} } }`],
    ['aliasesMax', 'aliases', (count) => `{ a { ${list(count, (i) => `k${i}: a`)} } }`],
    ['directivesMax', 'directives', (count) => `{ a ${list(count, () => '@include(if: true)')} }`],
    [
      'introspectionDepthMax',
      'introspectionDepth',
      (count) => `{ __schema { types { ${'fields { type { '.repeat(count)} name ${'} }'.repeat(count)} } } }`,
    ],
    ['valueDepthMax', 'valueDepth', (count) => `{ a(x: ${'['.repeat(count)}1${']'.repeat(count)}) }`],
  ];
  for (const [name, limit, write] of cases) {
    expect(excesses(write(3), { [name]: 3 })).toEqual([]);
    expect(excesses(write(4), { [name]: 3 })).toEqual([{ limit, measured: 4, max: 3 }]);
  }
});

test('the message of a refusal names the limit and the measured value', () => {
  const [error] = checkDocument(parse('{ a { b { c } } }'), { ...OPERATION_LIMITS, depthMax: 2 });
  expect(error?.message).toBe('The operation has 3 levels of fields; at most 2 are allowed.');
});

test('fields in fragments count at every place where the fragment is spread', () => {
  const source = `query @a { ...F x { ...F @b } } fragment F on T @c { k: y @d ... @e { z } }`;
  expect(measureDocument(parse(source))).toMatchObject({
    depth: 2,
    rootFields: 3,
    fields: 5,
    aliases: 2,
    // @a, then twice @c @d @e, then @b.
    directives: 8,
  });
});

test('a fragment that spreads itself and one that is not there are left to validation', () => {
  expect(excesses('{ ...F } fragment F on T { a ...G } fragment G on T { b ...F ...Gone }')).toEqual([]);
});

test('fragments that double at each level are counted without walking them all', () => {
  const source = `{ ...F0 } ${list(60, (i) => `fragment F${i} on T { a: x { ...F${i + 1} } b: x { ...F${i + 1} } }`)} fragment F60 on T { x }`;
  const found = excesses(source, { depthMax: 100 });
  expect(found.map(({ limit }) => limit)).toEqual(['fields', 'aliases']);
  expect(found[0]?.measured).toBe(1_000_000_000);
});

test('selections that nest without fields are refused, in fragments that nobody spreads too', () => {
  const nested = `${'... { '.repeat(NESTING_MAX)} a ${'}'.repeat(NESTING_MAX)}`;
  const chained = list(NESTING_MAX, (i) => `fragment F${i} on T { ...F${i + 1} }`);
  const last = `fragment F${NESTING_MAX} on T { a }`;
  for (const source of [
    `{ ${nested} }`,
    `fragment F on T { ${nested} }`,
    `{ ...F0 } ${chained} ${last}`,
    `${chained} ${last}`,
  ]) {
    expect(excesses(source)).toEqual([{ limit: 'nesting', measured: NESTING_MAX + 1, max: NESTING_MAX }]);
  }
});

test('fields written in any operation of the document count, since all are validated', () => {
  const source = list(4, (i) => `query Q${i} { a b }`);
  expect(excesses(source, { fieldsMax: 8 })).toEqual([]);
  expect(excesses(source, { fieldsMax: 7 })).toEqual([{ limit: 'fields', measured: 8, max: 7 }]);
});

test('a default value of a variable counts as a value', () => {
  expect(excesses('query ($v: In = { a: { a: { b: 1 } } }) { x(v: $v) }', { valueDepthMax: 2 })).toEqual([
    { limit: 'valueDepth', measured: 3, max: 2 },
  ]);
});

test('the variables of a request may be as deep as literals and no deeper', () => {
  const limits = { ...OPERATION_LIMITS, valueDepthMax: 3 };
  const deep = { input: { list: [{ a: 1 }] } };
  expect(checkVariables({}, limits)).toEqual([]);
  expect(checkVariables(deep, limits)).toEqual([]);
  const [error] = checkVariables({ input: { list: [{ a: [] }] } }, limits);
  expect(error?.extensions).toEqual({ code: 'COST_EXCEEDED', limit: 'valueDepth', measured: 4, max: 3 });
});

test('the usual introspection query is within the default limits', () => {
  expect(
    excesses(getIntrospectionQuery({ descriptions: true, specifiedByUrl: true, inputValueDeprecation: true })),
  ).toEqual([]);
});

test('introspection lists count through fragments and only below the schema', () => {
  const source =
    '{ __type(name: "T") { ...T } } fragment T on __Type { fields { type { possibleTypes { ...N } } } } fragment N on __Type { interfaces { name } }';
  expect(excesses(source)).toEqual([{ limit: 'introspectionDepth', measured: 3, max: 2 }]);
  expect(excesses('{ form { fields { fields { fields { fields { id } } } } } }')).toEqual([]);
});

test('within the default limits the nastiest documents we know validate within a bounded number of comparisons', () => {
  const schema = buildSchema('type Query { a: Query s: String }');
  const { fieldsMax } = OPERATION_LIMITS;
  const shapes = [
    `{ a { ${list(fieldsMax / 2 - 1, () => 'a { s }')} } }`,
    `{ a { ${list(fieldsMax - 1, () => 's')} } }`,
    `{ ${list(180, (i) => `...F${i}`)} } ${list(180, (i) => `fragment F${i} on Query { a { s } }`)}`,
  ];
  for (const source of shapes) {
    expect(excesses(source)).toEqual([]);
    // It either validates or gives up by itself; it does not run away, or this test would time out.
    expect(validate(schema, parse(source)).length).toBeLessThanOrEqual(1);
  }
});
