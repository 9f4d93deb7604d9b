import { ExactNumber, parseExact, printExact } from '@playgraph/kernel/exact-json';
import { buildSchema, getOperationAST, getVariableValues, parse } from 'graphql';
import { expect, test } from 'vitest';
import { keepExactForScalars, readLiteralsExactly } from '../../src/operations/exact-variables.ts';

const LONG = '12345678901234567890';
const schema = buildSchema(`
  scalar Long
  enum Size { S L }
  input Box { long: Long! longs: [[Long]] id: ID int: Int float: Float text: String size: Size box: Box }
  type Query { any(value: Long): Int }
`);

function fit(declared: string, variables: string): string {
  const operation = getOperationAST(parse(`query(${declared}) { __typename }`));
  if (!operation) throw new TypeError('no operation');
  return printExact(keepExactForScalars(schema, operation, parseExact(variables) as Record<string, unknown>));
}

test.each([
  ['$v: Long', `{"v":${LONG}}`, `{"v":${LONG}}`],
  ['$v: [Long!]!', `{"v":[${LONG},1]}`, `{"v":[${LONG},1]}`],
  ['$v: [[Long]]', `{"v":[[${LONG}],${LONG}]}`, `{"v":[[${LONG}],${LONG}]}`],
  ['$v: Long', `{"v":{"deep":[{"x":${LONG}}]}}`, `{"v":{"deep":[{"x":${LONG}}]}}`],
  ['$v: ID!', `{"v":-${LONG}}`, `{"v":"-${LONG}"}`],
  ['$v: ID', `{"v":${LONG}.5}`, '{"v":12345678901234567000}'],
  ['$v: Int', `{"v":${LONG}}`, '{"v":12345678901234567000}'],
  ['$v: Float', '{"v":0.12345678901234567890}', '{"v":0.12345678901234568}'],
  ['$v: Size', `{"v":${LONG}}`, '{"v":12345678901234567000}'],
  [
    '$v: Box',
    `{"v":{"long":${LONG},"int":${LONG},"box":{"long":${LONG},"id":${LONG}}}}`,
    `{"v":{"long":${LONG},"int":12345678901234567000,"box":{"long":${LONG},"id":"${LONG}"}}}`,
  ],
  ['$v: Box', `{"v":${LONG}}`, '{"v":12345678901234567000}'],
  [
    '$v: Box',
    `{"v":{"unknown":[${LONG}],"constructor":${LONG}}}`,
    '{"v":{"unknown":[12345678901234567000],"constructor":12345678901234567000}}',
  ],
  ['$v: Int', `{"v":[${LONG}]}`, '{"v":[12345678901234567000]}'],
])('of a variable declared as %s, %s is kept as %s', (declared, given, kept) => {
  expect(fit(declared, given)).toBe(kept);
});

test('variables without long numbers are the same object, and nothing that is given is changed', () => {
  const operation = getOperationAST(parse('query($v: Box) { __typename }'));
  if (!operation) throw new TypeError('no operation');
  const plain = { v: { long: 1, box: { long: 2 } } };
  expect(keepExactForScalars(schema, operation, plain)).toBe(plain);
  const given = { v: { int: new ExactNumber(LONG) } };
  keepExactForScalars(schema, operation, given);
  expect(given.v.int).toBeInstanceOf(ExactNumber);
});

test('a custom scalar reads literals as ever, but for the digits', () => {
  const exact = buildSchema('scalar Long type Query { a(long: Long): Int }');
  const usual = buildSchema('scalar Long type Query { a(long: Long): Int }');
  readLiteralsExactly(exact);
  const literalOf = (schemaOf: typeof exact, text: string) => {
    const operation = getOperationAST(parse(`query($v: Long = ${text}) { a(long: $v) }`));
    return getVariableValues(schemaOf, operation?.variableDefinitions ?? [], {}).coerced?.v;
  };
  for (const text of ['1', '-2.5e3', '"x"', 'true', 'null', 'ENUM', '[1, [2]]', '{ a: { b: [1, null] }, c: "d" }']) {
    expect(literalOf(exact, text), text).toEqual(literalOf(usual, text));
  }
  expect(printExact(literalOf(exact, `{ a: [${LONG}, -0.${LONG}] }`))).toBe(`{"a":[${LONG},-0.${LONG}]}`);
});
