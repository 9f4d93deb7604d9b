import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';

const shop = {
  typeDefs: 'type Query { name: String open: Boolean }',
  resolvers: { Query: { name: () => 'Ann’s', open: () => true } },
};

test.each([
  'query Q($if: Boolean = true) { name @skip(if: $if) open }',
  'query Q($if: Boolean = true) { open ...F } fragment F on Query { ... @include(if: $if) { name } }',
])('a condition that a client makes null is refused before anybody is asked: %s', async (source) => {
  const graph = createTestGraph({ shop });
  expect((await graph.query(source, {})).errors).toBeUndefined();
  graph.seen.length = 0;
  const { data, errors } = await graph.query(source, { if: null });
  expect(data).toBeUndefined();
  expect(errors).toMatchObject([
    { message: 'Argument "if" of non-null type "Boolean!" must not be null.', extensions: { code: 'BAD_USER_INPUT' } },
  ]);
  expect(errors?.[0]?.locations).toEqual([{ line: 1, column: source.lastIndexOf('$if') + 1 }]);
  expect(graph.seen).toEqual([]);
});
