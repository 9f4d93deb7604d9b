import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { ask } from './ask.ts';

type Row = Record<string, unknown>;

const catalogue = {
  typeDefs: `
    type Query { product: Product node: Node }
    union Node = Product | Note
    type Note { id: Int text: String }
    type Product @key(fields: "id") @key(fields: "sku org { id }") {
      id: ID! sku: String! org: Org! name: String weight: Int toString: String constructor: Int other: Product
    }
    type Org { id: ID! name: String }`,
  resolvers: {
    Query: { product: () => product('p1'), node: () => ({ __typename: 'Product', ...product('p1') }) },
    Product: {
      __resolveReference: ({ id }: { id: string }) => product(id),
      other: () => product('p2'),
    },
  },
};
const stock = {
  typeDefs: `
    type Product @key(fields: "id") {
      id: ID! weight: Int @external stock: Int related: Product
      shipping: String @requires(fields: "weight")
    }`,
  resolvers: {
    Product: {
      __resolveReference: (row: Row) => ({ ...row, stock: row.id === 'p1' ? 5 : 9 }),
      related: () => ({ id: 'p2', stock: 9 }),
      shipping: ({ weight }: Row) => `weighs ${weight}`,
    },
  },
};
const ratings = {
  typeDefs: `
    type Product @key(fields: "sku org { id }") { sku: String! org: Org! stars: String }
    type Org { id: ID! @shareable }`,
  resolvers: {
    Product: {
      __resolveReference: (row: Row) => row,
      stars: ({ sku, org }: { sku: string; org: Row }) => `${sku}/${org.id}`,
    },
  },
};

function product(id: string) {
  const org = { id: 'o1', name: 'Acme' };
  return { id, sku: `sku-${id}`, org, name: `name-${id}`, weight: 3, toString: 'text', constructor: 7 };
}

const createGraph = () => createTestGraph({ catalogue, stock, ratings });

test('an alias with the name of a key does not take the place of the key', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ product { id: name stock } }')).toBe('{"product":{"id":"name-p1","stock":5}}');
  expect(await ask(graph, '{ product { stock id: name key: id } }')).toBe(
    '{"product":{"stock":5,"id":"name-p1","key":"p1"}}',
  );
});

test('an alias with the name of a key may come from any subgraph, before and after the key is used', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ product { id: stock stars name } }')).toBe(
    '{"product":{"id":5,"stars":"sku-p1/o1","name":"name-p1"}}',
  );
  expect(await ask(graph, '{ product { related { id: stock name stars sku: shipping } } }')).toBe(
    '{"product":{"related":{"id":9,"name":"name-p2","stars":"sku-p2/o1","sku":"weighs 3"}}}',
  );
});

test('aliases may shadow every part of a nested key', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ product { sku: name org { id: name } stars } }')).toBe(
    '{"product":{"sku":"name-p1","org":{"id":"Acme"},"stars":"sku-p1/o1"}}',
  );
  expect(await ask(graph, '{ product { org: name o: org { name: id id: name } stars } }')).toBe(
    '{"product":{"org":"name-p1","o":{"name":"o1","id":"Acme"},"stars":"sku-p1/o1"}}',
  );
  expect(await ask(graph, '{ product { org: other { stars id: stock } stars } }')).toBe(
    '{"product":{"org":{"stars":"sku-p2/o1","id":9},"stars":"sku-p1/o1"}}',
  );
});

test('an alias may stand where a required field would', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ product { weight: name shipping } }')).toBe(
    '{"product":{"weight":"name-p1","shipping":"weighs 3"}}',
  );
  expect(await ask(graph, '{ product { weight: stock shipping w: weight } }')).toBe(
    '{"product":{"weight":5,"shipping":"weighs 3","w":3}}',
  );
});

test('an alias may be __typename, and __typename may have an alias', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ product { __typename: name stock } }')).toBe(
    '{"product":{"__typename":"name-p1","stock":5}}',
  );
  expect(await ask(graph, '{ product { __typename: stock name: __typename stars } }')).toBe(
    '{"product":{"__typename":5,"name":"Product","stars":"sku-p1/o1"}}',
  );
  expect(await ask(graph, '{ node { ... on Product { __typename: sku id: __typename stock } } }')).toBe(
    '{"node":{"__typename":"sku-p1","id":"Product","stock":5}}',
  );
});

test('aliases that mean something to JavaScript are names like others', async () => {
  const graph = createGraph();
  const source = `{ product {
    __proto__: stock constructor: name toString: stars valueOf: weight hasOwnProperty: id
    then: other { __proto__: name toJSON: stock }
  } }`;
  expect(await ask(graph, source)).toBe(
    '{"product":{"__proto__":5,"constructor":"name-p1","toString":"sku-p1/o1","valueOf":3,"hasOwnProperty":"p1",' +
      '"then":{"__proto__":"name-p2","toJSON":9}}}',
  );
});

test('fields whose names mean something to JavaScript come back', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ product { toString constructor stock } }')).toBe(
    '{"product":{"toString":"text","constructor":7,"stock":5}}',
  );
});

test('aliases that look like what a planner makes up are the client’s', async () => {
  const graph = createGraph();
  const source = '{ node { ... on Product { id__alias_0: stock _0: name _1: stars id } ... on Note { id: text } } }';
  await expect(ask(graph, source)).rejects.toThrow('conflict');
  const valid = '{ product { id__alias_0: stock _0: name _1: stars _a: sku __a: id id: weight } }';
  expect(await ask(graph, valid)).toBe(
    '{"product":{"id__alias_0":5,"_0":"name-p1","_1":"sku-p1/o1","_a":"sku-p1","__a":"p1","id":3}}',
  );
});

test('fragments that overlap agree on what an alias means, under conditions too', async () => {
  const graph = createGraph();
  const source = `query Q($yes: Boolean!, $no: Boolean!) {
    product { ...A id: name @include(if: $no) ... @skip(if: $yes) { sku: stock } ... on Product { id: name stars } }
    product { ...A @include(if: $no) other { id: stock } }
  }
  fragment A on Product { id: name stock other { id: stock org { id } } }`;
  expect(await ask(graph, source, { yes: true, no: false })).toBe(
    '{"product":{"id":"name-p1","stock":5,"other":{"id":9,"org":{"id":"o1"}},"stars":"sku-p1/o1"}}',
  );
});

test('one entity at two places is asked there for different things', async () => {
  const graph = createGraph();
  const source =
    '{ a: product { other { name } related { id: stock } } b: product { related { name stars } other { stock } } }';
  expect(await ask(graph, source)).toBe(
    '{"a":{"other":{"name":"name-p2"},"related":{"id":9}},"b":{"related":{"name":"name-p2","stars":"sku-p2/o1"},"other":{"stock":9}}}',
  );
});
