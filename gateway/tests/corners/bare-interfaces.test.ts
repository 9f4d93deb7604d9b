import { Supergraph } from '@apollo/federation-internals';
import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { findBareInterfaces, withMembers } from '../../src/execution/requirements/bare-interfaces.ts';
import { createTestGraph } from '../test-graph.ts';
import { ask, callsOf } from './ask.ts';

/** `finds` has an interface without any type of it, and no field of the interface but its `id`. */
const finds = {
  typeDefs: `
    type Query { found: Thing many: [Thing!]! count: Int box: Box }
    type Box { id: ID! found: Thing many: [Thing!]! }
    interface Thing { id: ID! }`,
  resolvers: {
    Query: { found: () => null, many: () => [], count: () => 0, box: () => ({ id: 'b1', found: null, many: [] }) },
  },
};
const things = {
  typeDefs: `
    type Query { one: Thing }
    interface Thing { id: ID! name: String next: Thing }
    type Cup implements Thing @key(fields: "id") { id: ID! name: String next: Thing }
    type Pot implements Thing @key(fields: "id") { id: ID! name: String next: Thing }`,
  resolvers: {
    Query: {
      one: () => ({ __typename: 'Cup', id: 'c1', name: 'cup', next: { __typename: 'Pot', id: 'p1', name: 'pot' } }),
    },
  },
};

test('a field of an interface of which the subgraph has no type is asked for: null and an empty list are answers', async () => {
  const graph = createTestGraph({ finds, things });
  expect(await ask(graph, '{ found { name } many { id name ... on Cup { id } } count }')).toBe(
    '{"found":null,"many":[],"count":0}',
  );
  expect(callsOf(graph)).toEqual(['finds']);
  const source =
    'query Q { ...Q1 one { name } } fragment Q1 on Query { ... { many { ...T } } } fragment T on Thing { name }';
  expect(await ask(graph, source)).toBe('{"many":[],"one":{"name":"cup"}}');
});

test('the same below the root, in fragments, and beside what is deferred', async () => {
  const graph = createTestGraph({ finds, things });
  expect(await ask(graph, '{ box { many { name } found { ... on Cup { name } id } id } }')).toBe(
    '{"box":{"many":[],"found":null,"id":"b1"}}',
  );
  const source =
    'query Q($a: Boolean!) { box { ...B } } fragment B on Box { many @include(if: $a) { ... on Pot { name } } }';
  expect(await ask(graph, source, { a: true })).toBe('{"box":{"many":[]}}');
  const { data } = await graph.query('{ box { id many { id ... @defer { name } } } }');
  expect(data).toEqual({ box: { id: 'b1', many: [] } });
});

test('what the interface can be elsewhere is found as ever, also so deep that it cannot be written out', async () => {
  const graph = createTestGraph({ finds, things });
  expect(await ask(graph, '{ one { __typename name next { name next { id } } } }')).toBe(
    '{"one":{"__typename":"Cup","name":"cup","next":{"name":"pot","next":null}}}',
  );
  const nested = (levels: number): string => (levels === 0 ? 'name' : `name next { ${nested(levels - 1)} }`);
  expect(await ask(graph, `{ one { ${nested(20)} } }`)).toBe(
    '{"one":{"name":"cup","next":{"name":"pot","next":null}}}',
  );
});

test('a fragment on one type of the interface is asked of that type alone, wherever the interface comes from', async () => {
  const sizes = {
    typeDefs: `${finds.typeDefs}
      type Cup @key(fields: "id") { id: ID! size: Int }
      type Pot @key(fields: "id") { id: ID! depth: Int }`,
    resolvers: { ...finds.resolvers, Cup: { size: ({ id }: { id: string }) => id.length }, Pot: { depth: () => 7 } },
  };
  const graph = createTestGraph({ sizes, things });
  expect(await ask(graph, '{ found { ... on Cup { size } } many { id ... on Pot { depth } } }')).toBe(
    '{"found":null,"many":[]}',
  );
  const source = `
    query Q { one { ... on Cup { size next { ...P } } ...P } }
    fragment P on Thing { ... on Pot { depth ... on Thing { ... on Cup { size } id } } }`;
  expect(await ask(graph, source)).toBe('{"one":{"size":2,"next":{"depth":7,"id":"p1"}}}');
  expect(await ask(graph, '{ one { ... on Pot { depth } } }')).toBe('{"one":{}}');
});

test('an operation whose fragments are endless when they are written out is not held up by it', () => {
  const { supergraphSdl } = createTestGraph({ finds, things });
  const levels = 30;
  const fragments = Array.from({ length: levels }, (_, i) => `fragment F${i} on Box { ...F${i + 1} ...F${i + 1} }`);
  const source = `{ box { ...F0 } } ${fragments.join(' ')} fragment F${levels} on Box { found { name } }`;
  const bare = findBareInterfaces(parse(supergraphSdl));
  expect([...bare]).toEqual(['Thing']);
  const document = parse(source);
  expect(withMembers(document, { schema: Supergraph.build(supergraphSdl).apiSchema().toGraphQLJSSchema(), bare })).toBe(
    document,
  );
});
