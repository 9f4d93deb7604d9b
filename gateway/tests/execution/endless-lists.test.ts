import { answerOf } from '@playgraph/server/transport';
import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { applyRewrites } from '../../src/execution/rewrites.ts';
import { createTestGraph, type SubgraphParts } from '../test-graph.ts';

/** Deeper than calls can be nested. */
const DEPTH = 100_000;

const found = { __resolveReference: (entity: object) => entity };
const boxes: SubgraphParts = {
  typeDefs: 'type Box @key(fields: "id") { id: ID! depth: Int }',
  resolvers: { Box: { ...found, depth: () => 1 } },
};

/** Subgraphs of which `first` answers with `data`, where lists without end are around the object that is `HERE`. */
function createLying(first: SubgraphParts, other: SubgraphParts, data: object) {
  const graph = createTestGraph({ first, other });
  const { transports } = graph.graph;
  const truth = transports.get('first');
  if (!(transports instanceof Map) || !truth) throw new TypeError('the test graph has its transports in a Map');
  const lie = replaceHere(data, endlessAround({ __typename: 'Box', id: 'b1', width: 2 })) as Record<string, unknown>;
  transports.set('first', { ...truth, execute: async () => answerOf({ data: lie }) });
  return graph;
}

function endlessAround(object: object): unknown {
  let value: unknown = object;
  for (let i = 0; i < DEPTH; i++) value = [value];
  return value;
}

function replaceHere(value: unknown, by: unknown): unknown {
  if (value === 'HERE') return by;
  if (Array.isArray(value)) return value.map((item) => replaceHere(item, by));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaceHere(inner, by)]));
}

test('entities in lists without end are null with an error, and the rest of the answer stands', async () => {
  const first = {
    typeDefs: 'type Query { box: Box size: Int } type Box @key(fields: "id") { id: ID! }',
    resolvers: { Query: {} },
  };
  const graph = createLying(first, boxes, { size: 3, box: 'HERE' });
  const { data, errors } = await graph.query('{ size box { depth } }');
  expect(data).toEqual({ size: 3, box: null });
  expect(errors).toMatchObject([{ path: ['box'], message: 'Expected value of type "Box" but got: a list.' }]);
});

test('entities below one member of a union may be in lists without end', async () => {
  const first = {
    typeDefs: `
      type Query { things: [Thing] size: Int }
      union Thing = A | B
      type A { box: Box }
      type B { box: Box }
      type Box @key(fields: "id") { id: ID! }`,
    resolvers: { Query: {} },
  };
  const things = [
    { __typename: 'A', box: 'HERE' },
    { __typename: 'A', box: { __typename: 'Box', id: 'b2' } },
  ];
  const graph = createLying(first, boxes, { size: 3, things });
  const { data, errors } = await graph.query('{ size things { ... on A { box { depth } } ... on B { box { id } } } }');
  expect(data).toEqual({ size: 3, things: [{ box: null }, { box: { depth: 1 } }] });
  expect(errors).toMatchObject([{ path: ['things', 0, 'box'] }]);
});

test('a rewrite reaches objects in lists, and not those in lists without end', () => {
  const schema = buildSchema('type Query { size: Int } type A { size: Int }');
  const [near, far] = [{ pg_size: 1 }, { pg_size: 2 }];
  const data = { things: [[near], endlessAround(far)] };
  applyRewrites(schema, [{ kind: 'KeyRenamer', path: ['things', '... on A', 'pg_size'], renameKeyTo: 'size' }], data);
  expect([near, far]).toEqual([{ size: 1 }, { pg_size: 2 }]);
});

test('an object that is required may be in lists without end: the lie is passed on, cut', async () => {
  const first = {
    typeDefs: `
      type Query { box: Box size: Int }
      type Box @key(fields: "id") { id: ID! side: Side }
      type Side { width: Int }`,
    resolvers: { Query: {} },
  };
  const other = {
    typeDefs: `
      type Box @key(fields: "id") { id: ID! side: Side @external depth: Int @requires(fields: "side { width }") }
      type Side { width: Int @external }`,
    resolvers: {
      Box: {
        ...found,
        depth: ({ side }: { side: unknown }) => {
          if (Array.isArray(side)) throw new TypeError('a side is no list');
          return 1;
        },
      },
    },
  };
  const graph = createLying(first, other, { size: 3, box: { __typename: 'Box', id: 'b1', side: 'HERE' } });
  const { data, errors } = await graph.query('{ size box { depth } }');
  expect(data).toEqual({ size: 3, box: { depth: null } });
  expect(errors).toMatchObject([{ path: ['box', 'depth'] }]);
});
