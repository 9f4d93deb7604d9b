import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { ask, askBroken, callsOf } from './ask.ts';

type Row = Record<string, unknown>;

/** One product under three names: `p1` = `sku-1` = code `c1` of the organisation `o1`. */
const byId = {
  typeDefs: `
    type Query { byId(id: ID!): Product products: [Product] strict: [Product!] pair: [[Product]] }
    type Product @key(fields: "id") { id: ID! name: String }`,
  resolvers: {
    Query: {
      byId: (_: unknown, { id }: Row) => ({ id }),
      products: () => [{ id: 'p1' }, null, { id: 'gone' }, { id: 'p2' }, { id: 'p1' }],
      strict: () => [{ id: 'p1' }, { id: 'gone' }],
      pair: () => [[{ id: 'p1' }], [], null, [{ id: 'gone' }, null, { id: 'p2' }]],
    },
    Product: { name: ({ id }: Row) => `name of ${id}` },
  },
};
const bridge = {
  typeDefs: `
    type Product @key(fields: "id") @key(fields: "sku") @key(fields: "org { id } code") {
      id: ID! sku: String! code: String! org: Org!
    }
    type Org { id: ID! title: String }`,
  resolvers: {
    Product: {
      __resolveReference: ({ id, sku, code }: Row) => {
        const n = String(id ?? sku ?? code).slice(-1);
        if (!'12'.includes(n)) return null;
        return { id: `p${n}`, sku: `sku-${n}`, code: `c${n}`, org: { id: `o${n}`, title: `org ${n}` } };
      },
    },
  },
};
const bySku = {
  typeDefs: 'type Query { bySku: Product } type Product @key(fields: "sku") { sku: String! stock: Int! }',
  resolvers: {
    Query: { bySku: () => ({ sku: 'sku-2' }) },
    Product: { stock: ({ sku }: Row) => Number(String(sku).slice(-1)) },
  },
};
const byCode = {
  typeDefs: `type Query { byCode: Product }
    type Product @key(fields: "org { id } code") { org: Org! code: String! place: String }
    type Org { id: ID! @shareable }`,
  resolvers: {
    Query: { byCode: () => ({ org: { id: 'o1' }, code: 'c1' }) },
    Product: { place: ({ org, code }: { org: Row; code: string }) => `${org.id}/${code}` },
  },
};
const createGraph = () => createTestGraph({ byId, bridge, bySku, byCode });

test('an entity is one object under keys of every shape', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ byId(id: "p1") { stock place name } }')).toBe(
    '{"byId":{"stock":1,"place":"o1/c1","name":"name of p1"}}',
  );
  expect(await ask(graph, '{ bySku { place name sku id } }')).toBe(
    '{"bySku":{"place":"o2/c2","name":"name of p2","sku":"sku-2","id":"p2"}}',
  );
  expect(await ask(graph, '{ byCode { name stock org { title id } } }')).toBe(
    '{"byCode":{"name":"name of p1","stock":1,"org":{"title":"org 1","id":"o1"}}}',
  );
});

test('an entity that the bridge between two keys does not know has what is known of it, and nulls', async () => {
  const { data, paths } = await askBroken(createGraph(), '{ byId(id: "gone") { name place } }');
  expect(data).toBe('{"byId":{"name":"name of gone","place":null}}');
  expect(paths).toEqual([]);
});

test('a missing entity in a list is empty where it may be, and takes its item where it may not', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ products { place } }')).toBe(
    '{"products":[{"place":"o1/c1"},null,{"place":null},{"place":"o2/c2"},{"place":"o1/c1"}]}',
  );
  expect(await askBroken(graph, '{ products { id stock } }')).toEqual({
    data: '{"products":[{"id":"p1","stock":1},null,null,{"id":"p2","stock":2},{"id":"p1","stock":1}]}',
    paths: ['products.2.stock'],
  });
  expect(await askBroken(graph, '{ strict { stock } products { id } }')).toEqual({
    data: '{"strict":null,"products":[{"id":"p1"},null,{"id":"gone"},{"id":"p2"},{"id":"p1"}]}',
    paths: ['strict.1.stock'],
  });
});

test('lists of lists of entities keep their shape', async () => {
  expect(await ask(createGraph(), '{ pair { place id } }')).toBe(
    '{"pair":[[{"place":"o1/c1","id":"p1"}],[],null,[{"place":null,"id":"gone"},null,{"place":"o2/c2","id":"p2"}]]}',
  );
});

test('an entity that many places show is asked for once', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ a: byId(id: "p1") { name } b: products { name } }')).toContain('"name of p1"');
  const before = callsOf(graph).length;
  await ask(graph, '{ products { stock } more: products { stock } }').catch(() => null);
  for (const { request } of graph.seen.slice(before)) {
    const asked = Object.values(request.variables).flatMap((value) => (Array.isArray(value) ? value : []));
    const distinct = new Set(asked.map((representation) => JSON.stringify(representation)));
    expect(asked).toHaveLength(distinct.size);
  }
});

test('a subgraph that only refers to an entity is never asked for it', async () => {
  const referring = {
    typeDefs: 'type Query { ref: Thing } type Thing @key(fields: "id", resolvable: false) { id: ID! }',
    resolvers: { Query: { ref: () => ({ id: 't1' }) } },
  };
  const owning = {
    typeDefs: 'type Query { own: Thing } type Thing @key(fields: "id") { id: ID! size: Int }',
    resolvers: {
      Query: { own: () => ({ id: 't2', size: 2 }) },
      Thing: { __resolveReference: (row: Row) => ({ ...row, size: 1 }) },
    },
  };
  const graph = createTestGraph({ referring, owning });
  expect(await ask(graph, '{ ref { id size } own { id size } }')).toBe(
    '{"ref":{"id":"t1","size":1},"own":{"id":"t2","size":2}}',
  );
  expect(callsOf(graph).filter((name) => name === 'referring')).toHaveLength(1);
});

test('what a field provides is taken from there, everything else from its owner', async () => {
  const reviews = {
    typeDefs: `type Query { reviews: [Review] }
      type Review { product: Product @provides(fields: "name") plain: Product }
      type Product @key(fields: "id") { id: ID! name: String @external }`,
    resolvers: {
      Query: { reviews: () => [{ product: { id: 'p1', name: 'as provided' }, plain: { id: 'p1', name: 'wrong' } }] },
    },
  };
  const products = {
    typeDefs: 'type Product @key(fields: "id") { id: ID! name: String @shareable price: Int }',
    resolvers: { Product: { __resolveReference: (row: Row) => ({ ...row, name: 'as owned', price: 3 }) } },
  };
  const graph = createTestGraph({ reviews, products });
  expect(await ask(graph, '{ reviews { product { name } } }')).toBe('{"reviews":[{"product":{"name":"as provided"}}]}');
  expect(callsOf(graph)).toEqual(['reviews']);
  expect(await ask(graph, '{ reviews { product { name: price } plain { name } } }')).toBe(
    '{"reviews":[{"product":{"name":3},"plain":{"name":"as owned"}}]}',
  );
});

test('a field that moved to another subgraph is asked for there', async () => {
  const old = {
    typeDefs: 'type Query { bill: Bill } type Bill @key(fields: "id") { id: ID! amount: Int payer: String }',
    resolvers: { Query: { bill: () => ({ id: '1', amount: -1, payer: 'Ada' }) } },
  };
  const next = {
    typeDefs: 'type Bill @key(fields: "id") { id: ID! amount: Int @override(from: "old") }',
    resolvers: { Bill: { amount: () => 100 } },
  };
  expect(await ask(createTestGraph({ old, next }), '{ bill { amount payer } }')).toBe(
    '{"bill":{"amount":100,"payer":"Ada"}}',
  );
});
