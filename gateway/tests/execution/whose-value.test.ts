import type { Transport } from '@playgraph/server/transport';
import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';

const people = {
  typeDefs: `
    type Query { me: User! size: Int }
    type User @key(fields: "id") { id: ID! name: String! home: Home! shared: Int @shareable }
    type Home { rooms: [Int!]! town: Town! }
    type Town @key(fields: "name", resolvable: false) { name: String! }`,
  resolvers: {
    Query: { me: () => ({ id: '1', name: 'Ann', home: { rooms: [1, 2], town: { name: 'Ede' } } }), size: () => 3 },
    User: { __resolveReference: (user: object) => user },
  },
};
const towns = {
  typeDefs: 'type Query { count: Int } type Town @key(fields: "name") { name: String! people: Int! }',
  resolvers: {
    Query: { count: () => 1 },
    Town: { __resolveReference: ({ name }: object & { name?: string }) => ({ name, people: 4 }) },
  },
};

/** What the graph answers when subgraphs say `lies` in the place of the truth. */
async function askLiars(source: string, lies: Readonly<Record<string, string>>) {
  const world = createTestGraph({ people, towns });
  const { transports } = world.graph;
  if (!(transports instanceof Map)) throw new TypeError('the test graph has its transports in a Map');
  for (const [name, transport] of [...transports] as [string, Transport][]) {
    const execute: Transport['execute'] = async (request, info) => {
      let text = JSON.stringify((await transport.execute(request, info)).read());
      for (const [truth, lie] of Object.entries(lies)) text = text.replace(truth, lie);
      const bytes = Buffer.from(text);
      return { bytes, cacheControl: null, read: () => JSON.parse(text) };
    };
    transports.set(name, { ...transport, execute });
  }
  return world.query(source);
}

test.each([
  ['a leaf at the root', '{ size }', { '"size":3': '"size":"many"' }, 'people'],
  ['an alias at the root', '{ n: count }', { '"n":1': '"n":"many"' }, 'towns'],
  ['a null where none may be', '{ me { name } }', { '"Ann"': 'null' }, 'people'],
  ['an item of a list within an entity', '{ me { home { rooms } } }', { '[1,2]': '[1,"two"]' }, 'people'],
  ['a list that is none', '{ me { home { rooms } } }', { '[1,2]': '7' }, 'people'],
  ['an object that is none', '{ me { home { rooms } } }', { '{"rooms":[1,2]}': '7' }, 'people'],
  ['what another subgraph adds', '{ me { home { town { people } } } }', { '"people":4': '"people":"few"' }, 'towns'],
])('an error about a value names the subgraph that gave it: %s', async (_title, source, lies, service) => {
  const { errors } = await askLiars(source, lies);
  expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'INTERNAL_SERVER_ERROR', service }]);
});
