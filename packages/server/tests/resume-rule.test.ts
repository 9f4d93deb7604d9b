import { ExactNumber } from '@playgraph/kernel/exact-json';
import { createResumableRequest, type ResumeRule } from '@playgraph/server/resume-rule';
import { createTransportRequest } from '@playgraph/server/transport';
import { OperationTypeNode, parse, print } from 'graphql';
import { expect, test } from 'vitest';

const rule: ResumeRule = { field: 'events', argument: 'after', from: 'cursor' };

function create(query: string, variables = {}, rules: readonly ResumeRule[] = [rule]) {
  const operationType = OperationTypeNode.SUBSCRIPTION;
  return createResumableRequest(
    createTransportRequest({ query, operationName: undefined, operationType, variables }),
    rules,
  );
}

/** The same for every way to write it. */
const normal = (query: string | undefined) => print(parse(query ?? ''));

test('only a subscription to a field with a rule can resume', () => {
  expect(create('subscription { others { id } }')).toBeNull();
  expect(create('subscription { events { id } }', {}, [])).toBeNull();
  expect(create('subscription { events { id } more { id } }')).toBeNull();
});

test('the cursor is asked for beside what the client wants, and taken out of each event', () => {
  const resumable = create('subscription { mine: events { cursor: id } }');
  expect(normal(resumable?.next().query)).toBe(
    normal('subscription { mine: events { cursor: id _playgraphCursor: cursor } }'),
  );
  const event = { data: { mine: { cursor: 'i1', _playgraphCursor: 'c1' } }, extensions: { a: 1 } };
  expect(resumable?.see(event)).toEqual({ data: { mine: { cursor: 'i1' } }, extensions: { a: 1 } });
});

test.each([
  ['a text', 'c"1', 'subscription { events(after: "c\\"1") { id _playgraphCursor: cursor } }'],
  ['a number', 7, 'subscription { events(after: 7) { id _playgraphCursor: cursor } }'],
  ['a decimal', 7.5, 'subscription { events(after: 7.5) { id _playgraphCursor: cursor } }'],
  [
    'a number of more digits than a double has',
    new ExactNumber('9007199254740993'),
    'subscription { events(after: 9007199254740993) { id _playgraphCursor: cursor } }',
  ],
])('the stream goes on after the last cursor: %s', (_title, cursor, expected) => {
  const resumable = create('subscription { events { id } }');
  expect(resumable?.canResume()).toBe(false);
  resumable?.see({ data: { events: { id: '1', _playgraphCursor: 'older' } } });
  resumable?.see({ data: { events: { id: '1', _playgraphCursor: cursor } } });
  expect(resumable?.canResume()).toBe(true);
  expect(normal(resumable?.next().query)).toBe(normal(expected));
});

test('a variable that gave the cursor is gone, the others stay', () => {
  const query = 'subscription S($after: String, $id: ID!) { events(id: $id, after: $after) { id } }';
  const resumable = create(query, { after: 'start', id: '1' });
  expect(resumable?.next().variables).toEqual({ after: 'start', id: '1' });
  resumable?.see({ data: { events: { id: '1', _playgraphCursor: 'c' } } });
  const { query: next, variables } = resumable?.next() ?? {};
  expect(normal(next)).toBe(
    normal('subscription S($id: ID!) { events(id: $id, after: "c") { id _playgraphCursor: cursor } }'),
  );
  expect(variables).toEqual({ id: '1' });
});

test('variables with more digits than a double has keep them, before the stream is lost and after', () => {
  const query = 'subscription S($no: Long!) { events(no: $no) { id } }';
  // As the gateway makes them: only the body has all digits.
  const request = {
    query,
    document: parse(query),
    operationName: undefined,
    operationType: OperationTypeNode.SUBSCRIPTION,
    variables: { no: 9_007_199_254_740_992 },
    body: `{"query":${JSON.stringify(query)},"variables":{"no":9007199254740993}}`,
  };
  const resumable = createResumableRequest(request, [rule]);
  expect(resumable?.next().body).toContain('"variables":{"no":9007199254740993}');
  resumable?.see({ data: { events: { id: '1', _playgraphCursor: 'c' } } });
  expect(resumable?.next().body).toContain('"variables":{"no":9007199254740993}');
});

test('a cursor may lie deeper', () => {
  const resumable = create('subscription { events { id } }', {}, [{ ...rule, from: 'page.edge.cursor' }]);
  expect(normal(resumable?.next().query)).toBe(
    normal('subscription { events { id _playgraphCursor: page { edge { cursor } } } }'),
  );
  resumable?.see({ data: { events: { id: '1', _playgraphCursor: { edge: { cursor: 'deep' } } } } });
  expect(normal(resumable?.next().query)).toContain('after: "deep"');
});

test.each([
  ['no cursor', { events: { id: '1', _playgraphCursor: null } }],
  ['no event', { events: null }],
  ['no data', null],
])('an event that brings %s leaves the last cursor in force', (_title, data) => {
  const resumable = create('subscription { events { id } }');
  resumable?.see({ data: { events: { id: '1', _playgraphCursor: 'c' } } });
  resumable?.see({ data, errors: [{ message: 'x' }] });
  expect(normal(resumable?.next().query)).toContain('after: "c"');
});

test.each([
  ['subscription { events(after: "c") { id } }', {}, true],
  ['subscription ($a: String) { events(after: $a) { id } }', { a: 'c' }, true],
  ['subscription ($a: String) { events(after: $a) { id } }', { a: null }, false],
  ['subscription ($a: String) { events(after: $a) { id } }', {}, false],
  ['subscription { events(after: null) { id } }', {}, false],
])('before the first event a stream can resume where the client gave a cursor: %s %j', (query, variables, expected) => {
  expect(create(query, variables)?.canResume()).toBe(expected);
});
