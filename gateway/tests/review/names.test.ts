import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';

const item = 'type Item @key(fields: "id") { id: ID! half: Half @shareable halves: [Half] @shareable }';
const resolveItem = { __resolveReference: (reference: object) => reference, halves: () => null };
const shop = {
  typeDefs: 'type Query { item: Item say(text: String): String } type Item @key(fields: "id") { id: ID! }',
  resolvers: { Query: { item: () => ({ id: '1' }), say: (_: unknown, given: object) => JSON.stringify(given) } },
};
const left = {
  typeDefs: `${item} type Half @shareable { both: Int left: Int }`,
  resolvers: { Item: { ...resolveItem, half: () => ({ left: 1 }) } },
};
const right = {
  typeDefs: `${item} type Half @shareable { both: Int right: Int }`,
  resolvers: { Item: { ...resolveItem, half: () => ({ right: 2 }) } },
};

test.each(['constructor', 'toString', '__proto__', 'halves'])(
  'parts of an object are merged under the alias %s',
  async (alias) => {
    const graph = createTestGraph({ shop, left, right });
    const { data } = await graph.query(`{ item { ${alias}: half { left right } } }`);
    expect(JSON.stringify(data)).toBe(`{"item":{"${alias}":{"left":1,"right":2}}}`);
  },
);

test.each(['constructor', 'toString', '__proto__', 'halves'])(
  'what is null everywhere is null under the alias %s',
  async (alias) => {
    const answer = await createTestGraph({ shop, left, right }).query(`{ item { ${alias}: halves { left right } } }`);
    expect(JSON.stringify(answer)).toBe(`{"data":{"item":{"${alias}":null}}}`);
  },
);

test.each(['constructor', 'toString', '__proto__'])('a variable may be called %s, and be absent', async (name) => {
  const graph = createTestGraph({ shop, left, right });
  const source = `query Q($${name}: String) { say(text: $${name}) }`;
  expect(await graph.query(source, JSON.parse(`{"${name}":"x"}`))).toEqual({ data: { say: '{"text":"x"}' } });
  expect(await graph.query(source)).toEqual({ data: { say: '{}' } });
});
