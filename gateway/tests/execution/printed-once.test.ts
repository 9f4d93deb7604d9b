import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';

/** Boxes hold entities whose names another subgraph knows; a third one knows what each weighs, which may never be null. */
function createParts(weights: readonly (number | null)[]) {
  const boxes = {
    typeDefs: `
      type Query { boxes: [Box] }
      type Box @key(fields: "id") { id: ID! item: Item }
      type Item @key(fields: "id") { id: ID! }`,
    resolvers: { Query: { boxes: () => weights.map((_, i) => ({ id: String(i), item: { id: 'i' } })) } },
  };
  const names = {
    typeDefs: 'type Item @key(fields: "id") { id: ID! name: String }',
    resolvers: { Item: { __resolveReference: ({ id }: { id: string }) => ({ id, name: 'the "item" é' }) } },
  };
  const scales = {
    typeDefs: 'type Box @key(fields: "id") { id: ID! weight: Int! }',
    resolvers: {
      Box: {
        __resolveReference: ({ id }: { id: string }) => {
          const weight = weights[Number(id)];
          return weight === null ? null : { id, weight };
        },
      },
    },
  };
  return { boxes, names, scales };
}
const item = { name: 'the "item" é' };

test.each([
  ['first', [null, 2, 3]],
  ['in the middle', [1, null, 3]],
  ['more than once', [null, null, 3, null, 5]],
])('an entity stands at all its places, where what holds one of them is taken back %s', async (_where, weights) => {
  const { query } = createTestGraph(createParts(weights));
  const { data } = await query('{ boxes { item { name } weight } }');
  expect(data).toEqual({ boxes: weights.map((weight) => (weight === null ? null : { item, weight })) });
});
