import { parseExact } from '@playgraph/kernel/exact-json';
import type { Transport } from '@playgraph/server/transport';
import { expect, test } from 'vitest';
import { copyJson, mergeValues } from '../../src/execution/merge.ts';
import { printDeep } from '../../src/execution/print-deep.ts';
import { createTestGraph } from '../test-graph.ts';

/** Deeper than JSON can be printed, and than calls can be nested. */
const DEPTH = 20_000;
const nested = (inner: string) => `${'{"a":['.repeat(DEPTH)}${inner}${']}'.repeat(DEPTH)}`;

const found = { __resolveReference: (entity: object) => entity };
const shapes = {
  typeDefs: `scalar Blob
    type Query { box: Box size: Int }
    type Box @key(fields: "id") { id: ID! side: Side @shareable }
    type Side { width: Int blob: Blob @shareable }`,
  resolvers: { Query: { box: () => ({ id: 'b1' }), size: () => 3 }, Box: { ...found, side: () => ({ width: 1 }) } },
};
const depths = {
  typeDefs: `scalar Blob
    type Box @key(fields: "id") { id: ID! side: Side @shareable }
    type Side { depth: Int blob: Blob @shareable }`,
  resolvers: { Box: { ...found, side: () => ({ depth: 10 }) } },
};

/** Over a wire: the truth, with what is nested in the place of each blob. */
function withNested(transport: Transport, text: string): Transport {
  return {
    ...transport,
    execute: async (request, info) => {
      const truth = JSON.stringify((await transport.execute(request, info)).read());
      const bytes = Buffer.from(truth.replaceAll(/"(blob\w*)":null/g, `"$1":${text}`));
      return { bytes, cacheControl: null, read: () => JSON.parse(bytes.toString()) };
    },
  };
}

function overWires(graph: ReturnType<typeof createTestGraph>): void {
  const { transports } = graph.graph;
  if (!(transports instanceof Map)) throw new TypeError('the test graph has its transports in a Map');
  for (const [name, transport] of transports) transports.set(name, withNested(transport, nested('1')));
}

test('what is nested without end is null with an error, and the rest of a merged answer stands', async () => {
  const graph = createTestGraph({ shapes, depths });
  overWires(graph);
  const { data, errors } = await graph.query('{ size box { side { width blob depth } } }');
  expect(data).toEqual({ size: 3, box: { side: { width: 1, blob: null, depth: 10 } } });
  expect(errors).toMatchObject([
    { message: 'Blob cannot represent a value nested so deeply.', path: ['box', 'side', 'blob'] },
  ]);
  expect(graph.seen).toHaveLength(2);
});

/** How many objects are within each other. */
function depthOf(value: unknown): number {
  let depth = 0;
  for (let at = value; typeof at === 'object' && at !== null; at = (at as { a?: unknown[] }).a?.[0]) depth++;
  return depth;
}

test('what is nested without end reaches whoever requires it, as a field, beside others, and inside an object', async () => {
  const graph = createTestGraph({
    shapes: {
      typeDefs: `scalar Blob
        type Query { box: Box }
        type Box @key(fields: "id") { id: ID! blob: Blob width: Int side: Side }
        type Side { blob2: Blob @shareable }`,
      resolvers: { Query: { box: () => ({ id: 'b1' }) }, Box: { ...found, width: () => 3, side: () => ({}) } },
    },
    costs: {
      typeDefs: `scalar Blob
        type Box @key(fields: "id") {
          id: ID!
          blob: Blob @external
          width: Int @external
          side: Side @external
          paint: Int @requires(fields: "blob")
          cost: Int @requires(fields: "blob width")
          inner: Int @requires(fields: "side { blob2 }")
        }
        type Side { blob2: Blob @external }`,
      resolvers: {
        Box: {
          ...found,
          paint: ({ blob }: { blob: unknown }) => depthOf(blob),
          cost: ({ blob, width }: { blob: unknown; width: number }) => depthOf(blob) * width,
          inner: ({ side }: { side: { blob2: unknown } }) => depthOf(side.blob2),
        },
      },
    },
  });
  overWires(graph);
  for (const [field, value] of Object.entries({ paint: DEPTH, cost: 3 * DEPTH, inner: DEPTH })) {
    expect(await graph.query(`{ box { ${field} } }`)).toEqual({ data: { box: { [field]: value } } });
  }
});

test('values are printed as they are, however deep, with all digits of a number, and without what is undefined', () => {
  const text = nested('{"x":[1,null,"\\"\\ud800",12345678901234567890],"y":{},"z":[]}');
  expect(printDeep(parseExact(text))).toBe(text);
  const deep: unknown = JSON.parse(nested('1'));
  const odd = { none: undefined, list: [undefined, new Date(0)], toJSON: 'text', deep };
  expect(printDeep(odd)).toBe(`{"list":[null,"1970-01-01T00:00:00.000Z"],"toJSON":"text","deep":${nested('1')}}`);
});

test('values are copied and merged however deep they are', () => {
  const value: unknown = JSON.parse(nested('{"x":1}'));
  const other: unknown = JSON.parse(nested('{"y":2}'));
  const copy = copyJson(value);
  let [from, to, merged]: unknown[] = [value, copy, mergeValues(value, other)];
  for (let i = 0; i < DEPTH; i++) {
    expect(to === from || merged === from).toBe(false);
    [from, to, merged] = [from, to, merged].map((at) => (at as { a: unknown[] }).a[0]);
  }
  expect([from, to, merged]).toEqual([{ x: 1 }, { x: 1 }, { x: 1, y: 2 }]);
});

test('a copy shares no object and no list, and leaves what is no JSON as it is', () => {
  const date = new Date(0);
  const value = { list: [{ a: 1 }], date, ['__proto__']: { b: [2] }, none: null };
  const copy = copyJson(value);
  expect(copy).toEqual(value);
  expect(copy.date).toBe(date);
  expect(copy.list).not.toBe(value.list);
  expect(copy.list[0]).not.toBe(value.list[0]);
  expect(Object.keys(copy)).toEqual(['list', 'date', '__proto__', 'none']);
});
