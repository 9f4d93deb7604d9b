import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { ask, askBroken } from './ask.ts';

type Row = Record<string, unknown>;

/** A box whose depth is promised, and fails for `flat`. */
const boxes = {
  typeDefs: `
    type Query { boxes: [Box!]! parcel: Parcel }
    union Parcel = Box
    type Box @key(fields: "id") { id: ID! size: Size sides: [Side] }
    type Size { height: Int depth(unit: String): Int! core: Core }
    type Core { weight: Int density: Int! }
    interface Side { area: Int }
    type Lid implements Side { area: Int hinge: String! }`,
  resolvers: {
    Query: { boxes: () => [{ id: 'cube' }, { id: 'flat' }], parcel: () => ({ __typename: 'Box', id: 'flat' }) },
    Box: {
      size: ({ id }: Row) => ({ height: 3, depth: id === 'flat' ? null : 4, core: { weight: 7 } }),
      sides: () => [{ __typename: 'Lid', area: 9, hinge: null }, null],
    },
    Size: { depth: ({ depth }: Row, { unit }: Row) => (unit === 'none' ? null : depth) },
  },
};
const costs = {
  typeDefs: `
    type Box @key(fields: "id") {
      id: ID!
      size: Size @external
      sides: [Side] @external
      cost: Int @requires(fields: "size { height core { weight } }")
      paint: Int @requires(fields: "sides { area }")
    }
    type Size { height: Int @external core: Core @external }
    type Core { weight: Int @external }
    interface Side { area: Int }
    type Lid implements Side { area: Int @external }`,
  resolvers: {
    Box: {
      cost: ({ size }: { size: { height: number; core: { weight: number } | null } | null }) =>
        size?.core ? size.height * size.core.weight : -1,
      paint: ({ sides }: { sides: (Row | null)[] }) =>
        sides.map((side) => Number(side?.area ?? 0)).reduce((a, b) => a + b),
    },
  },
};

test('what a client asks of an object, and loses, is not lost to the field that requires another part of it', async () => {
  const graph = createTestGraph({ boxes, costs });
  const { data, paths } = await askBroken(graph, '{ boxes { size { depth } cost } }');
  expect(data).toBe('{"boxes":[{"size":{"depth":4},"cost":21},{"size":null,"cost":21}]}');
  expect(paths).toEqual(['boxes.1.size.depth']);
});

test('the same for an alias, for arguments, inside fragments, and in an object inside the required one', async () => {
  const graph = createTestGraph({ boxes, costs });
  const lost = '{"boxes":[{"size":null,"cost":21},{"size":null,"cost":21}]}';
  const { data } = await askBroken(graph, '{ boxes { size { height: depth(unit: "none") } cost } }');
  expect(data).toBe(lost);
  const spread = '{ boxes { ...B cost } } fragment B on Box { size { ... { core { weight density } } height } }';
  expect((await askBroken(graph, spread)).data).toBe(
    '{"boxes":[{"size":{"core":null,"height":3},"cost":21},{"size":{"core":null,"height":3},"cost":21}]}',
  );
});

test('the same behind a union, and for the items of a list of an interface', async () => {
  const graph = createTestGraph({ boxes, costs });
  const source = '{ parcel { ... on Box { sides { ... on Lid { hinge } } size { depth } paint cost } } }';
  const { data, paths } = await askBroken(graph, source);
  expect(data).toBe('{"parcel":{"sides":[null,null],"size":null,"paint":9,"cost":21}}');
  expect(paths).toEqual(['parcel.sides.0.hinge', 'parcel.size.depth']);
});

test('what cannot be lost is asked for once', async () => {
  const graph = createTestGraph({ boxes, costs });
  expect(await ask(graph, '{ boxes { size { height core { weight } } cost } }')).toBe(
    '{"boxes":[{"size":{"height":3,"core":{"weight":7}},"cost":21},{"size":{"height":3,"core":{"weight":7}},"cost":21}]}',
  );
  expect(graph.seen[0]?.request.query.match(/size/g)).toHaveLength(1);
});

test('a client may use the names under which the plan keeps required objects', async () => {
  const graph = createTestGraph({ boxes, costs });
  const { data } = await askBroken(graph, '{ boxes { size_r0: id size_r1: id sides_r1: id size { depth } cost } }');
  expect(data).toBe(
    '{"boxes":[{"size_r0":"cube","size_r1":"cube","sides_r1":"cube","size":{"depth":4},"cost":21},{"size_r0":"flat","size_r1":"flat","sides_r1":"flat","size":null,"cost":21}]}',
  );
});

test('the same for an object that a type has by an interface alone, whichever of the two requires it', async () => {
  const films = {
    typeDefs: `
      type Query { all: [Media!]! }
      interface Media @key(fields: "id") { id: ID! }
      type Film implements Media @key(fields: "id") { id: ID! }
      type Book implements Media @key(fields: "id") { id: ID! }`,
    resolvers: {
      Query: {
        all: () => [
          { __typename: 'Film', id: 'f1' },
          { __typename: 'Book', id: 'b1' },
        ],
      },
    },
  };
  const shapes = {
    typeDefs: `
      type Media @key(fields: "id") @interfaceObject { id: ID! shape: Shape }
      type Shape { width: Int depth: Int! }`,
    resolvers: { Media: { shape: () => ({ width: 5, depth: null }) } },
  };
  const mailing = {
    typeDefs: `
      type Film @key(fields: "id") { id: ID! shape: Shape @external postage: Int @requires(fields: "shape { width }") }
      type Shape { width: Int @external }`,
    resolvers: { Film: { postage: ({ shape }: { shape: { width: number } | null }) => (shape?.width ?? 0) * 2 } },
  };
  const shelving = {
    typeDefs: `
      type Media @key(fields: "id") @interfaceObject {
        id: ID!
        shape: Shape @external
        room: Int @requires(fields: "shape { width }")
      }
      type Shape { width: Int @external }`,
    resolvers: { Media: { room: ({ shape }: { shape: { width: number } | null }) => (shape?.width ?? 0) * 3 } },
  };
  const graph = createTestGraph({ films, shapes, mailing, shelving });
  const { data, paths } = await askBroken(graph, '{ all { room shape { depth } ... on Film { postage } } }');
  expect(data).toBe('{"all":[{"room":15,"shape":null,"postage":10},{"room":15,"shape":null}]}');
  expect(paths).toEqual(['all.0.shape.depth', 'all.1.shape.depth']);
});
