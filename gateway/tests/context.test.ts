import { expect, test } from 'vitest';
import { createTestGraph } from './test-graph.ts';

const places = {
  typeDefs: `
    type Query { shops: [Shop!]! }
    type Shop @key(fields: "id") { id: ID! lang: String! region: Region! }
    type Region { code: String! }
  `,
  resolvers: {
    Query: {
      shops: () => [
        { id: 's1', lang: 'de', region: { code: 'AT' } },
        { id: 's2', lang: 'fr', region: { code: 'FR' } },
        { id: 's3', lang: 'de', region: { code: 'AT' } },
      ],
    },
  },
};
const goods = {
  typeDefs: `
    type Shop @key(fields: "id") @context(name: "shop") {
      id: ID!
      lang: String! @external
      region: Region! @external
      goods: [Good!]!
    }
    type Region @external { code: String! }
    type Good @key(fields: "id") {
      id: ID!
      label(lang: String @fromContext(field: "$shop { lang }"), n: Int): String
      tax(region: String @fromContext(field: "$shop { region { code } }")): String
    }
  `,
  resolvers: {
    Shop: {
      __resolveReference: ({ id }: { id: string }) => ({ id }),
      goods: ({ id }: { id: string }) => [{ id: `${id}g` }],
    },
    Good: {
      label: ({ id }: { id: string }, { lang, n }: { lang: string; n: number }) => `${id} in ${lang}, ${n}`,
      tax: (_: unknown, { region }: { region: string }) => `tax of ${region}`,
    },
  },
};

test('an argument that comes from the context has for each entity the value around it', async () => {
  const graph = createTestGraph({ places, goods });
  const { data, errors } = await graph.query('{ shops { goods { label(n: 3) tax } } }');
  expect(errors).toBeUndefined();
  expect(data).toEqual({
    shops: [
      { goods: [{ label: 's1g in de, 3', tax: 'tax of AT' }] },
      { goods: [{ label: 's2g in fr, 3', tax: 'tax of FR' }] },
      { goods: [{ label: 's3g in de, 3', tax: 'tax of AT' }] },
    ],
  });
});

test('entities with equal values around them travel together', async () => {
  const graph = createTestGraph({ places, goods });
  await graph.query('{ shops { goods { label } } }');
  expect(graph.seen.map(({ subgraph }) => subgraph)).toEqual(['places', 'goods', 'goods']);
});
