import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { createFetchOperation, entitySelectionOf, joinEntityOperations } from '../../src/execution/fetch-operation.ts';
import { fetchesOf } from '../../src/execution/plan-fetches.ts';
import { composeGraph } from '../cache/world.ts';

const { planner } = composeGraph({
  books: `
    scalar Long scalar Json
    type Query { book: Book shelf: [Holder!]! }
    interface Holder { weights: [[Long!]] }
    type Book implements Holder @key(fields: "id") { id: ID! pages: Int title: String weights: [[Long!]] note: Json! }
  `,
  sales: 'scalar Long type Book @key(fields: "id") { id: ID! sold: Long! price: Float rank: Int }',
});

function fetches(query: string) {
  const { node } = planner.plan(parse(query), { operationName: undefined, defers: false });
  return fetchesOf(node).map((fetch) => createFetchOperation(fetch, planner.facts.exactFields));
}

const readsExactly = (query: string) => fetches(query).map((fetch) => fetch.readsExactly);

test('the fields that give custom scalars are known by their names, those of the machinery are not among them', () => {
  expect([...planner.facts.exactFields].sort()).toEqual(['note', 'sold', 'weights']);
});

test('a fetch reads numbers exactly only where it asks for a custom scalar, under whatever name', () => {
  expect(readsExactly('{ book { id pages title } }')).toEqual([false]);
  expect(readsExactly('{ book { note } }')).toEqual([true]);
  expect(readsExactly('{ book { pages: note } }')).toEqual([true]);
  expect(readsExactly('{ shelf { ... on Book { title ...W } } } fragment W on Holder { weights }')).toEqual([true]);
  expect(readsExactly('{ book { title sold } }')).toEqual([false, true]);
  expect(readsExactly('{ book { note: title price } }')).toEqual([false, false]);
});

test('fetches that travel together read numbers exactly where one of them does', () => {
  const [, sold] = fetches('{ book { sold } }');
  const [, price] = fetches('{ book { price } }');
  if (!sold || !price) throw new TypeError('no fetch of entities');
  const join = (...operations: (typeof sold)[]) =>
    joinEntityOperations(operations.map((operation) => ({ operation, selection: entitySelectionOf(operation) })));
  expect(join(price, sold).readsExactly).toBe(true);
  expect(join(price, price).readsExactly).toBe(false);
});
