import type { Transport } from '@playgraph/server/transport';
import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';

const items = {
  typeDefs: 'scalar Blob type Query { item: Item } type Item @key(fields: "id") { id: ID! blob: Blob }',
  resolvers: {},
};
const requiring = (field: string) => ({
  typeDefs: `scalar Blob
    type Item @key(fields: "id") { id: ID! blob: Blob @external ${field}: Int @requires(fields: "blob") }`,
  resolvers: {},
});
const sizes = requiring('size');
const weights = requiring('weight');

const ITEM = '{"__typename":"Item","id":"1","blob":1}';

/** Over a wire, as from another process: whatever is asked for is this item. */
const ANSWER = Buffer.from(`{"data":{"item":${ITEM},"_entities":[${ITEM}],"_0":[${ITEM}],"_1":[${ITEM}]}}`);
const transport: Transport = {
  execute: async () => ({ bytes: ANSWER, cacheControl: null, read: () => JSON.parse(ANSWER.toString()) }),
  subscribe: () => {
    throw new TypeError('nothing to subscribe to');
  },
  close: async () => undefined,
};

/** There is no way to `sizes`, which is a mistake of the gateway's own and no subgraph's. */
async function partsOf(source: string): Promise<unknown[]> {
  const graph = createTestGraph({ items, sizes, weights });
  if (!(graph.graph.transports instanceof Map)) throw new TypeError('the test graph has its transports in a Map');
  graph.graph.transports.set('items', transport);
  graph.graph.transports.delete('sizes');
  const parts: unknown[] = [];
  for await (const part of graph.queryInParts(source)) parts.push(part);
  return parts;
}

/** What nobody waits for any more would come up as an unhandled rejection, which ends the process and this run. */
test('a deferred part that cannot be worked out fails alone, and nothing that waits for it is left unhandled', async () => {
  const source = '{ item { id ... @defer { size ... @defer { weight } } } }';
  await expect(partsOf(source)).rejects.toThrow('no transport to the subgraph sizes');
  await new Promise(setImmediate);
});

test('a first part that cannot be worked out is an internal error, and nothing deferred is left unhandled', async () => {
  const [only, ...more] = await partsOf('{ item { size ... @defer { weight } } }');
  expect(only).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] });
  expect(more).toEqual([]);
  await new Promise(setImmediate);
});
