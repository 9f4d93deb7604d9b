import { buildSchema, type DocumentNode } from 'graphql';
import { expect, test } from 'vitest';
import { createOperationCatalogue } from '../../src/operations/prepare-operation.ts';

const schema = buildSchema('type Query { a(x: Int): Int, b: Int }');
const catalogue = (options = {}) => createOperationCatalogue(schema, options);
const TWO = 'query A { a } query B { b }';

test('an operation is prepared once and then known', () => {
  const operations = catalogue();
  const first = operations.prepare('{ a }', undefined);
  expect(first).toMatchObject({ text: '{ a }', name: null, definition: { operation: 'query' } });
  expect(operations.prepare('{ a }', undefined)).toBe(first);
});

test('the operations of one document are different ones, and a name that is given or left out means the same', () => {
  const operations = catalogue();
  const [a, b] = [operations.prepare(TWO, 'A'), operations.prepare(TWO, 'B')];
  expect(a).toMatchObject({ name: 'A' });
  expect(b).toMatchObject({ name: 'B' });
  expect(a).not.toMatchObject({ id: (b as { id: string }).id });
  const [named, unnamed] = [operations.prepare('query A { a }', 'A'), operations.prepare('query A { a }', undefined)];
  expect(named).toMatchObject({ id: (unnamed as { id: string }).id });
});

test.each([
  ['{ a', undefined, 'GRAPHQL_PARSE_FAILED'],
  ['{ c }', undefined, 'GRAPHQL_VALIDATION_FAILED'],
  [TWO, undefined, 'OPERATION_RESOLUTION_FAILURE'],
  [TWO, 'C', 'OPERATION_RESOLUTION_FAILURE'],
  ['{ a }', 'C', 'OPERATION_RESOLUTION_FAILURE'],
  ['', undefined, 'GRAPHQL_PARSE_FAILED'],
  [`${'{ a '.repeat(9_000)}`, undefined, 'GRAPHQL_PARSE_FAILED'],
])('%.20s as %s is refused with %s', (text, operationName, code) => {
  const operations = catalogue();
  for (const refusal of [operations.prepare(text, operationName), operations.prepare(text, operationName)])
    expect(refusal).toMatchObject({ status: 400, errors: [{ extensions: { code } }] });
});

test('a document of fragments alone has no operation', () => {
  const refusal = catalogue().prepare('fragment F on Query { a }', undefined);
  expect(refusal).toMatchObject({ errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] });
});

test.each(['mutation', 'subscription'])('a %s is refused on a graph that has none', (type) => {
  expect(catalogue().prepare(`${type} { a }`, undefined)).toMatchObject({
    status: 400,
    errors: [{ message: `The graph has no ${type}s.`, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
  });
});

test.each([
  '{ f(x: 1e400) }',
  '{ f(x: -1e400) }',
  `{ f(x: ${'9'.repeat(400)}) }`,
  'query ($x: Float = 1e400) { f(x: $x) }',
  '{ f(any: { deep: [1, 2e999] }) }',
])('a number that no double can hold is a mistake of the client: %.40s', (text) => {
  const numbers = buildSchema('scalar Any type Query { f(x: Float, any: Any): Int }');
  expect(createOperationCatalogue(numbers).prepare(text, undefined)).toMatchObject({
    status: 400,
    errors: [{ locations: [{ line: 1 }], extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
  });
  const largest = '{ f(x: 1.7976931348623157e308, any: 5e-324) }';
  expect(createOperationCatalogue(numbers).prepare(largest, undefined)).not.toHaveProperty('errors');
});

test('a label of @defer stands in the document: a variable in its place is a mistake of the client', () => {
  const deferring = buildSchema(`
    directive @defer(label: String, if: Boolean! = true) on FRAGMENT_SPREAD | INLINE_FRAGMENT
    type Query { a: Int }
  `);
  const prepare = (text: string) => createOperationCatalogue(deferring).prepare(text, undefined);
  expect(prepare('query ($l: String) { ... @defer(label: $l) { a } }')).toMatchObject({
    status: 400,
    errors: [
      {
        message: 'The label of @defer has to be a text that stands in the document, not a variable.',
        locations: [{ line: 1, column: 33 }],
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      },
    ],
  });
  for (const use of ['(label: "later")', '(label: null)', '(if: $on)', '']) {
    const text = `query ($on: Boolean = true) { a @include(if: $on) ... @defer${use} { a } }`;
    expect(prepare(text), use).not.toHaveProperty('errors');
  }
});

test('no two places of a document have the same label of @defer; a fragment with one is spread as often as one likes', () => {
  const deferring = buildSchema(`
    directive @defer(label: String, if: Boolean! = true) on FRAGMENT_SPREAD | INLINE_FRAGMENT
    type Query { a: Int, q: Query }
  `);
  const prepare = (text: string) => createOperationCatalogue(deferring).prepare(text, 'A');
  const fragment = 'fragment F on Query { ... @defer(label: "x") { a } }';
  for (const text of [
    'query A { ... @defer(label: "x") { a } q { ... @defer(label: "x") { a } } }',
    `query A { ...F ... @defer(if: false, label: """x""") { q { a } } } ${fragment}`,
    `query A { ...F } query B { ... @defer(label: "x") { a } } ${fragment}`,
  ]) {
    expect(prepare(text), text).toMatchObject({
      errors: [
        {
          message: 'The label "x" is given twice: each @defer has one of its own, or none.',
          locations: [{ line: 1 }, { line: 1 }],
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
        },
      ],
    });
  }
  for (const text of [
    `query A { ...F q { ...F } } ${fragment}`,
    'query A { ... @defer(label: "x") { a } q { ... @defer(label: "X") { a } } }',
    'query A { ... @defer { a } ... @defer(label: null) { a } q { ... @defer(label: null) { a } } }',
  ]) {
    expect(prepare(text), text).not.toHaveProperty('errors');
  }
});

test('what cannot be deferred is told: fields that change things in turn, and anything within an event', () => {
  const deferring = buildSchema(`
    directive @defer(label: String, if: Boolean! = true) on FRAGMENT_SPREAD | INLINE_FRAGMENT
    type Query { thing: Thing }
    type Mutation { change: Thing }
    type Subscription { changed: Thing }
    type Thing { a: Int, thing: Thing }
  `);
  const prepare = (text: string) => createOperationCatalogue(deferring).prepare(text, undefined);
  const root = 'The fields of a mutation cannot be deferred.';
  const inner = 'Nothing can be deferred within a subscription.';
  for (const [text, message] of [
    ['mutation { ... @defer { change { a } } }', root],
    ['mutation { ... @defer(if: false) { change { a } } }', root],
    ['mutation { ...F @defer } fragment F on Mutation { change { a } }', root],
    ['mutation { ...F } fragment F on Mutation { ... on Mutation @defer { change { a } } }', root],
    ['subscription { ... @defer(if: false) { changed { a } } }', 'The fields of a subscription cannot be deferred.'],
    ['subscription { changed { ... @defer { a } } }', inner],
    ['subscription { changed { ...F } } fragment F on Thing { thing { ... @defer(if: true) { a } } }', inner],
  ] as const) {
    expect(prepare(text), text).toMatchObject({
      errors: [{ message, locations: [{ line: 1 }], extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
    });
  }
  for (const text of [
    '{ ... @defer { thing { a } } }',
    'mutation { change { ... @defer { a } } }',
    'subscription { changed { ... @defer(if: false) { a } } }',
    'subscription ($on: Boolean = false) { changed { ...F @defer(if: $on) } } fragment F on Thing { a }',
  ]) {
    expect(prepare(text), text).not.toHaveProperty('errors');
  }
});

test('a document has no more tokens than allowed', () => {
  const operations = catalogue({ documentTokensMax: 5 });
  expect(operations.prepare('{ a b }', undefined)).not.toHaveProperty('errors');
  expect(operations.prepare('{ a b a b }', undefined)).toMatchObject({
    errors: [{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }],
  });
});

test('a check before validation refuses one client and lets another through', () => {
  const seen: DocumentNode[] = [];
  const refusal = { errors: [{ message: 'no' }], status: 400 };
  const operations = catalogue({
    checkDocument: (document: DocumentNode, identity: unknown) => {
      seen.push(document);
      return identity ? null : refusal;
    },
  });
  expect(operations.prepare('{ c }', undefined)).toBe(refusal);
  const player = { userId: 'user_1', sessionId: 'session_1', scopes: [] };
  expect(operations.prepare('{ a }', undefined)).toBe(refusal);
  expect(operations.prepare('{ a }', undefined, player)).toHaveProperty('id');
  expect(seen).toHaveLength(3);
});

test('few of the mistakes of a document are told', () => {
  const wrong = `{ ${'c '.repeat(500)} }`;
  const refusal = catalogue().prepare(wrong, undefined);
  expect('errors' in refusal && refusal.errors.length).toBeLessThan(30);
  expect('errors' in refusal && refusal.errors.length).toBeGreaterThan(1);
});

test('a long document is prepared each time, so that it pushes nothing out', () => {
  const operations = catalogue();
  const long = `{ a } # ${'x'.repeat(70_000)}`;
  expect(operations.prepare(long, undefined)).not.toBe(operations.prepare(long, undefined));
  expect(operations.mostUsed(10)).toEqual([]);
});

test('however many documents come, those in use stay and the kept ones are bounded', () => {
  const operations = catalogue();
  const favourite = operations.prepare('{ a }', undefined);
  for (let i = 0; i < 3_000; i += 1) {
    operations.prepare(`{ a(x: ${i}) } # ${'x'.repeat(1_000)}`, undefined);
    expect(operations.prepare('{ a }', undefined)).toBe(favourite);
  }
  const kept = operations.mostUsed(10_000);
  expect(kept.reduce((chars, { text }) => chars + text.length, 0)).toBeLessThan(1024 * 1024);
  expect(kept.length).toBeGreaterThan(900);
});

test('the most used operations come first', () => {
  const operations = catalogue();
  const use = (text: string, times: number, name?: string) => {
    for (let i = 0; i < times; i += 1) operations.prepare(text, name);
  };
  use('{ a }', 2);
  use(TWO, 5, 'B');
  use('{ b }', 3);
  expect(operations.mostUsed(2)).toEqual([
    { text: TWO, operationName: 'B' },
    { text: '{ b }', operationName: undefined },
  ]);
});
