import { badUserInput, DomainError } from '@playgraph/kernel/errors';
import { executeLocal } from '@playgraph/server/execute-local';
import { maskError } from '@playgraph/server/mask-error';
import { buildSchema, GraphQLError, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { createRecordingLogger, createSampleSubgraph, SQL_LEAK } from './sample-subgraph.ts';

const correlationId = 'c1';
const internal = {
  message: 'Something went wrong on our side.',
  extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId },
};

function mask(error: unknown) {
  const { logger, lines } = createRecordingLogger();
  return { masked: maskError(error, { logger, correlationId }), lines };
}

test('a domain error shows its message, code and details, however deep it is wrapped', () => {
  const error = new DomainError('RATE_LIMITED', 'Slow down.', { retryAfterSeconds: 3 });
  const inner = new GraphQLError('x', { originalError: error });
  const outer = new GraphQLError('y', { originalError: inner, path: ['a', 0] });
  const seen = { message: 'Slow down.', extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 3 } };
  expect(mask(error)).toEqual({ masked: seen, lines: [] });
  expect(mask(outer)).toEqual({ masked: { ...seen, path: ['a', 0] }, lines: [] });
});

test.each([
  ['an error', new Error(SQL_LEAK)],
  ['a type error', new TypeError(SQL_LEAK)],
  ['a string', SQL_LEAK],
  ['undefined', undefined],
  ['an object', { code: 'BAD_USER_INPUT', message: SQL_LEAK }],
  [
    'an error with a code of its own',
    Object.assign(new Error(SQL_LEAK), { code: 'P2002', extensions: { code: 'CONFLICT' } }),
  ],
  ['a wrapped error', new GraphQLError(SQL_LEAK, { originalError: new Error(SQL_LEAK) })],
  ['a GraphQL error without a code', new GraphQLError(SQL_LEAK, { path: ['a'] })],
  [
    'a GraphQL error with an unknown code',
    new GraphQLError(SQL_LEAK, { extensions: { code: 'P2002', sql: SQL_LEAK } }),
  ],
])('what is thrown by accident shows nothing of itself and is logged: %s', (_name, error) => {
  const { masked, lines } = mask(error);
  expect(masked).toMatchObject(internal);
  expect(JSON.stringify(masked)).not.toContain('SELECT');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ level: 'error', fields: { correlationId } });
});

test('one error that fails many fields is logged once', async () => {
  const { logger, lines } = createRecordingLogger();
  const { subgraph } = createSampleSubgraph({ logger });
  const info = { identity: null, correlationId, signal: new AbortController().signal };
  const result = await executeLocal(subgraph, { query: '{ crashTwice }' }, info);
  expect(result.errors).toHaveLength(2);
  expect(lines).toHaveLength(1);
  expect(lines[0]?.fields.err).toMatchObject({ message: SQL_LEAK });
});

test('what the client got wrong in its document is told with a protocol code and not logged', () => {
  const schema = buildSchema('type Query { a: Int }');
  const [unknown] = validate(schema, parse('{ b }'));
  expect(mask(unknown).masked).toMatchObject({ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
  let syntax: unknown;
  try {
    parse('{');
  } catch (error) {
    syntax = error;
  }
  const { masked, lines } = mask(syntax);
  expect(masked).toMatchObject({ extensions: { code: 'GRAPHQL_PARSE_FAILED' }, locations: [{ line: 1, column: 2 }] });
  expect(lines).toEqual([]);
});

test('a stack trace or HTTP head that a library put into extensions does not get out', () => {
  const error = new GraphQLError('Bad.', {
    extensions: { code: 'BAD_REQUEST', stacktrace: ['at x.ts:1'], http: { status: 400 } },
  });
  expect(mask(error).masked.extensions).toEqual({ code: 'BAD_REQUEST' });
});

test('the end of an aborted operation is no alarm', () => {
  const { lines } = mask(AbortSignal.abort().reason);
  expect(lines.map(({ level }) => level)).toEqual(['debug']);
});

test.each([
  ['query ($f: Filter) { search(filter: $f) }', { f: { limit: 'many' } }, 'f.limit'],
  ['query ($f: Filter) { search(filter: $f) }', { f: { from: 'soon', limit: 1 } }, 'f.from'],
  ['query ($f: Filter) { search(filter: $f) }', { f: {} }, 'f'],
  ['query ($a: Int!) { sum(a: $a, b: 1) }', {}, 'a'],
  ['query ($a: MinorUnits!) { echoAmount(amount: $a) }', { a: 1.5 }, 'a'],
  ['query ($n: String) { hello(name: $n) }', { n: null }, 'name'],
])('a value that does not fit its type is BAD_USER_INPUT with its path: %s %j', async (query, variables, field) => {
  const { subgraph } = createSampleSubgraph();
  const info = { identity: null, correlationId, signal: new AbortController().signal };
  const { errors } = await executeLocal(subgraph, { query, variables }, info);
  expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', field });
});

test('a refusal names its field', () => {
  expect(mask(badUserInput('Too short.', 'input.name')).masked.extensions).toEqual({
    code: 'BAD_USER_INPUT',
    field: 'input.name',
  });
});
