import { ExactNumber } from '@playgraph/kernel/exact-json';
import { getOperationAST, parse } from 'graphql';
import { expect, test } from 'vitest';
import { createCostModel } from '../../src/protection/cost.ts';
import type { ValidOperation } from '../../src/protection/operation-document.ts';
import { composeGraph } from './composed-graph.ts';

const LIST_SIZE_DEFAULT = 10;

const graph = composeGraph(`
  type Query {
    me: User
    node: Node
    found: Found
    users(first: Int = 4, last: Int): [User] @listSize(slicingArguments: ["first", "last"], requireOneSlicingArgument: false)
    strict(first: Int, last: Int): [User] @listSize(slicingArguments: ["first", "last"])
    assumed(first: Int): [User] @listSize(assumedSize: 7, slicingArguments: ["first"], requireOneSlicingArgument: false)
    page(first: Int): UserPage @listSize(slicingArguments: ["first"], sizedFields: ["nodes", "edges"], assumedSize: 20, requireOneSlicingArgument: false)
    plainPage: UserPage
    search(text: String @cost(weight: 3), filter: Filter, tags: [Tag], any: [String]): Int
    heavy: Int @cost(weight: 40)
    discount: Int @cost(weight: -5)
    report: Report
    shade: Shade
    moment: Moment
    ids(first: Int): [Int] @listSize(slicingArguments: ["first"])
  }
  type Mutation { rename(name: String): User }
  type Subscription { renamed: User }
  interface Node { id: ID }
  union Found = User | Report
  type User implements Node @key(fields: "id") { id: ID name: String friends: [User] bestFriend: User names: [String] }
  type UserPage { total: Int nodes: [User] edges: [UserEdge] other: [User] }
  type UserEdge { cursor: String node: User }
  type Report @cost(weight: 8) { id: ID text: String }
  enum Shade @cost(weight: 2) { DARK }
  scalar Moment @cost(weight: 6)
  input Filter { name: String @cost(weight: 5) inner: Filter not: [Filter] plain: Int tag: Tag }
  enum Tag @cost(weight: 9) { A B }
`);
const model = createCostModel({ ...graph, listSizeDefault: LIST_SIZE_DEFAULT });

/** Without validation, which takes its time where fragments double. */
function parsed(source: string): ValidOperation {
  const document = parse(source);
  const definition = getOperationAST(document);
  if (!definition) throw new TypeError('the document has several operations');
  return { document, definition };
}

function estimate(source: string, variables: Record<string, unknown> = {}) {
  return model.compile(graph.operation(source))(variables);
}

function costOf(source: string, variables: Record<string, unknown> = {}) {
  const { cost, errors } = estimate(source, variables);
  expect(errors).toEqual([]);
  return cost;
}

test('objects, interfaces and unions cost 1, scalars and names of types nothing', () => {
  expect(costOf('{ __typename }')).toBe(0);
  expect(costOf('{ me { id name __typename } }')).toBe(1);
  expect(costOf('{ node { id } found { __typename } }')).toBe(2);
  expect(costOf('{ me { bestFriend { bestFriend { id } } } }')).toBe(3);
  expect(costOf('{ me { names } }')).toBe(0 + 1);
});

test('a number is what it costs, with however many digits it is written', () => {
  const query = 'query($n: Int) { page(first: $n) { nodes { id } } }';
  const written = new ExactNumber('500.00000000000000000000');
  expect(costOf(query, { n: written })).toBe(costOf(query, { n: 500 }));
});

test('introspection costs nothing', () => {
  expect(costOf('{ __schema { types { fields { name } } } __type(name: "User") { name } }')).toBe(0);
});

test('a mutation costs 10 by itself, a subscription nothing', () => {
  expect(costOf('mutation { rename(name: "x") { id } }')).toBe(11);
  expect(costOf('subscription { renamed { id } }')).toBe(1);
});

test('a weight stands in for the cost of a field or of the type that it gives', () => {
  expect(costOf('{ heavy }')).toBe(40);
  expect(costOf('{ report { id } }')).toBe(8);
  expect(costOf('{ shade }')).toBe(2);
  expect(costOf('{ moment }')).toBe(6);
});

test('a negative weight makes its own field free and no other one cheaper', () => {
  expect(costOf('{ discount }')).toBe(0);
  expect(costOf('{ me { id } discount }')).toBe(1);
});

test('a list of unknown size counts as the default, within each other they multiply', () => {
  expect(costOf('{ me { friends { id } } }')).toBe(1 + 10);
  expect(costOf('{ me { friends { friends { id } } } }')).toBe(1 + 10 * (1 + 10));
});

test('the size of a list comes from its slicing argument: literal, variable or default', () => {
  expect(costOf('{ users(first: 3) { id } }')).toBe(3);
  expect(costOf('query ($n: Int) { users(first: $n) { id } }', { n: 6 })).toBe(6);
  expect(costOf('query ($n: Int = 2) { users(first: $n) { id } }')).toBe(2);
  expect(costOf('{ users { id } }')).toBe(4);
  expect(costOf('query ($n: Int) { users(first: $n) { id } }')).toBe(4);
});

test('of several slicing arguments the largest counts', () => {
  expect(costOf('{ users(first: 3, last: 9) { id } }')).toBe(9);
  expect(costOf('query ($n: Int) { users(first: 3, last: $n) { id } }', { n: 1 })).toBe(3);
});

test('without a slicing argument the assumed size counts, with one it does not', () => {
  expect(costOf('{ assumed { id } }')).toBe(7);
  expect(costOf('{ assumed(first: null) { id } }')).toBe(7);
  expect(costOf('query ($n: Int) { assumed(first: $n) { id } }', { n: null })).toBe(7);
  expect(costOf('{ assumed(first: 50) { id } }')).toBe(50);
});

test('a negative slice counts as none', () => {
  expect(costOf('{ users(first: -3) { id } }')).toBe(0);
  expect(costOf('query ($n: Int) { users(first: $n) { id } }', { n: -3 })).toBe(0);
});

test('sized fields have the size that their connection states, its other lists do not', () => {
  expect(costOf('{ page(first: 5) { total nodes { id } } }')).toBe(1 + 5);
  expect(costOf('{ page(first: 5) { edges { node { id } } } }')).toBe(1 + 5 * 2);
  expect(costOf('{ page { nodes { id } } }')).toBe(1 + 20);
  expect(costOf('{ page(first: 5) { other { id } } }')).toBe(1 + 10);
  expect(costOf('{ page(first: 5) { nodes { friends { id } } } }')).toBe(1 + 5 * (1 + 10));
});

test('sized fields are found in fragments, whose cost differs with the size above', () => {
  const source = `query ($n: Int) {
    small: page(first: 2) { ...P } large: page(first: $n) { ... { ...P } } alone: me { ...U }
  } fragment P on UserPage { nodes { ...U } } fragment U on User { id bestFriend { id } }`;
  expect(costOf(source, { n: 100 })).toBe(1 + 2 * 2 + (1 + 100 * 2) + 2);
});

test('one fragment costs differently below a field that sizes its lists and below one that does not', () => {
  const fragment = 'fragment P on UserPage { nodes { id } }';
  expect(costOf(`{ page(first: 5) { ...P } plainPage { ...P } } ${fragment}`)).toBe(1 + 5 + (1 + 10));
  expect(costOf(`{ plainPage { ...P } page(first: 5) { ...P } } ${fragment}`)).toBe(1 + 10 + (1 + 5));
});

test('a field that wants exactly one slicing argument is refused with none or several', () => {
  for (const source of [
    '{ strict { id } }',
    '{ strict(first: 1, last: 1) { id } }',
    '{ strict(first: null) { id } }',
  ]) {
    const [error] = estimate(source).errors;
    expect(error?.extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'Query.strict' });
  }
  expect(costOf('{ strict(last: 2) { id } }')).toBe(2);
});

test('where a slicing argument is missing is told, each place once and no more than a few', () => {
  const [error] = estimate(
    '{ a: strict(first: 1) { id } b: strict { id } ...F ...F } fragment F on Query { strict { id } }',
  ).errors;
  expect(error?.toJSON().locations).toEqual([
    { line: 1, column: 30 },
    { line: 1, column: 81 },
  ]);
  const many = Array.from({ length: 50 }, (_, i) => `f${i}: strict { id }`).join(' ');
  expect(estimate(`{ ${many} }`).errors[0]?.locations).toHaveLength(10);
});

test('which slicing arguments there are is told by the variables, and what is left out wants none', () => {
  const source =
    'query ($a: Int, $b: Int, $on: Boolean = true) { strict(first: $a, last: $b) @include(if: $on) { id } }';
  expect(costOf(source, { a: 3 })).toBe(3);
  expect(costOf(source, { on: false })).toBe(0);
  expect(estimate(source, { a: 3, b: 3 }).errors).toHaveLength(1);
  expect(estimate(source).errors).toHaveLength(1);
});

test('a list of free items still wants its slicing argument', () => {
  expect(estimate('{ ids }').errors).toHaveLength(1);
  expect(costOf('{ ids(first: 1000) }')).toBe(0);
});

test('arguments cost their weights, once for their field, and input objects 1', () => {
  expect(costOf('{ search(text: "x") }')).toBe(3);
  expect(costOf('{ search(text: null) }')).toBe(0);
  expect(costOf('{ search(filter: {}) }')).toBe(1);
  expect(costOf('{ search(filter: { plain: 1, inner: { name: "x" } }) }')).toBe(2 + 5);
  expect(costOf('{ search(filter: { not: [{}, { name: "x" }] }) }')).toBe(1 + 1 + (1 + 5));
  expect(costOf('{ search(filter: { tag: A }) }')).toBe(1 + 9);
  expect(costOf('{ search(any: ["a", "b"]) }')).toBe(0);
});

test('arguments in variables cost what they would cost as literals', () => {
  const cases = [
    ['String', 'text', '"x"', 'x'],
    ['Filter', 'filter', '{ plain: 1, inner: { name: "x" } }', { plain: 1, inner: { name: 'x' } }],
    ['Filter', 'filter', '{ not: [{}, { name: "x" }] }', { not: [{}, { name: 'x' }] }],
    ['[Tag]', 'tags', '[A, B]', ['A', 'B']],
    ['[Tag]', 'tags', 'A', 'A'],
  ] as const;
  for (const [type, name, literal, value] of cases) {
    const asVariable = `query ($v: ${type}) { search(${name}: $v) }`;
    expect(costOf(asVariable, { v: value })).toBe(costOf(`{ search(${name}: ${literal}) }`));
    expect(costOf(asVariable)).toBe(0);
  }
  expect(costOf('query ($v: String) { search(filter: { name: $v }) }', { v: 'x' })).toBe(1 + 5);
});

test('what @skip and @include leave out costs nothing', () => {
  expect(costOf('{ heavy @skip(if: true) me @include(if: false) { id } }')).toBe(0);
  expect(costOf('{ heavy @skip(if: false) @include(if: true) }')).toBe(40);
  const source =
    'query ($a: Boolean!, $b: Boolean = true) { heavy @include(if: $a) ...F @skip(if: $b) } fragment F on Query { me { id } }';
  expect(costOf(source, { a: true })).toBe(40);
  expect(costOf(source, { a: false })).toBe(0);
  expect(costOf(source, { a: true, b: false })).toBe(41);
});

test('the fragments of all types that an object can have are counted', () => {
  expect(costOf('{ node { ... on User { bestFriend { id } friends { id } } } }')).toBe(1 + 1 + 10);
  expect(costOf('{ found { ... on User { bestFriend { id } } ... on Report { id } } }')).toBe(2);
});

test('one compiled operation serves every set of variables', () => {
  const cost = model.compile(graph.operation('query ($n: Int) { users(first: $n) { id friends { id } } }'));
  expect([1, 2, 3].map((n) => cost({ n }).cost)).toEqual([11, 22, 33]);
});

test('fragments that double at each level are worked out once for each request, even where they come to nothing', () => {
  const levels = Array.from({ length: 60 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(
    ' ',
  );
  const source = `query ($on: Boolean!) { ...F0 } ${levels} fragment F60 on Query { heavy @include(if: $on) }`;
  const cost = model.compile(parsed(source));
  expect(cost({ on: false }).cost).toBe(0);
  expect(cost({ on: true }).cost).toBe(Number.MAX_SAFE_INTEGER);
});

test('a cost that explodes stops at the largest exact number', () => {
  const levels = 30;
  const source = `{ me { ${'friends { '.repeat(levels)} id ${'}'.repeat(levels)} } }`;
  expect(costOf(source)).toBe(Number.MAX_SAFE_INTEGER);
  const sliced = `query ($n: Int) { ${'users(first: $n) { '} ${'friends { '.repeat(levels)} id ${'}'.repeat(levels)} } }`;
  expect(costOf(sliced, { n: 2_000_000_000 })).toBe(Number.MAX_SAFE_INTEGER);
  expect(costOf(sliced, { n: 0 })).toBe(0);
});

test('variables that do not fit are left to the coercion of variables', () => {
  expect(costOf('query ($n: Int) { users(first: $n) { id } }', { n: 'many' })).toBe(10);
  expect(costOf('query ($f: Filter) { search(filter: $f) }', { f: { nonsense: { a: 1 } } })).toBe(1);
  expect(costOf('query ($on: Boolean!) { heavy @include(if: $on) }', { on: 'yes' })).toBe(40);
});

test('directives that the supergraph links under other names are found', () => {
  const renamed = composeGraph(
    'type Query { list(n: Int): [Int] @price(weight: 2) @size(slicingArguments: ["n"]) }',
    '{ name: "@cost", as: "@price" }, { name: "@listSize", as: "@size" }',
  );
  const cost = createCostModel({ ...renamed, listSizeDefault: 1 }).compile(renamed.operation('{ list(n: 3) }'));
  expect(cost({}).cost).toBe(6);
});

test('a model knows whether its supergraph says anything of costs', () => {
  const plain = composeGraph('type Query { a: Int }');
  expect(model.isAnnotated).toBe(true);
  expect(createCostModel({ ...plain, listSizeDefault: 1 }).isAnnotated).toBe(false);
});
