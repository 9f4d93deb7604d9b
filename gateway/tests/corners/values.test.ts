import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { ask, askBroken } from './ask.ts';

const values = {
  typeDefs: `
    scalar Json
    enum Color { RED GREEN }
    input Point { x: Int! = 1 y: Int label: String = "none" next: Point tags: [String!] }
    type Query {
      grid: [[Int]] deep: [[[Color!]]] none: [Int!]! json(value: Json): Json big: Float exact: Float small: Float text: String
      color(color: Color = GREEN): Color colors: [Color!] echo(point: Point, points: [Point!], id: ID = 7): String
      holes: [Int!] box: Box boxes: [[Box]]
    }
    type Box @key(fields: "id") { id: ID! inner: Inner inners: [Inner!] }
    type Inner { a: Int @shareable left: Int list: [[Pair]] @shareable }
    type Pair { first: Int @shareable }`,
  resolvers: {
    Query: {
      grid: () => [[1, null], null, [], [2, 3]],
      deep: () => [[['RED'], []], null, [[], null, ['GREEN', 'RED']]],
      none: () => [],
      json: (_: unknown, { value }: { value: unknown }) =>
        value ?? { __typename: 'Box', id: 'x', list: [{ id: null }] },
      big: () => 2 ** 53,
      exact: () => 12_345_678_901_234,
      small: () => 1e-7,
      text: () => 'a "quoted" \\ \u2028 \u0000 🐎 </script>',
      color: (_: unknown, { color }: { color: string }) => color,
      colors: () => ['RED', 'GREEN'],
      echo: (_: unknown, args: object) => JSON.stringify(args),
      holes: () => [1, null, 3],
      box: () => ({ id: 'b' }),
      boxes: () => [[{ id: 'b' }, null], [], [{ id: 'c' }]],
    },
    Box: {
      inner: () => ({ a: 1, left: 2, list: [[{ first: 1 }], null] }),
      inners: () => [{ left: 1 }, { left: 2 }],
    },
  },
};
const others = {
  typeDefs: `
    type Box @key(fields: "id") { id: ID! inner: Inner inners: [Inner!] weight: Int }
    type Inner { a: Int @shareable right: Int list: [[Pair]] @shareable } type Pair { first: Int @shareable second: Int }`,
  resolvers: {
    Box: {
      inner: () => ({ a: 1, right: 3, list: [[{ first: 1, second: 2 }], null] }),
      inners: () => [{ right: 10 }, { right: 20 }],
      weight: ({ id }: { id: string }) => id.length,
    },
  },
};
const createGraph = () => {
  const shareable = (part: typeof values) => ({
    ...part,
    typeDefs: part.typeDefs.replace(
      'inner: Inner inners: [Inner!]',
      'inner: Inner @shareable inners: [Inner!] @shareable',
    ),
  });
  return createTestGraph({
    values: shareable(values),
    others: { ...others, typeDefs: shareable({ ...values, typeDefs: others.typeDefs }).typeDefs },
  });
};

test('lists of lists, empty lists and holes come back as they are', async () => {
  expect(await ask(createGraph(), '{ grid deep none }')).toBe(
    '{"grid":[[1,null],null,[],[2,3]],"deep":[[["RED"],[]],null,[[],null,["GREEN","RED"]]],"none":[]}',
  );
});

test('a null item where none may be takes the list', async () => {
  const { data, paths } = await askBroken(createGraph(), '{ holes none }');
  expect(data).toBe('{"holes":null,"none":[]}');
  expect(paths).toEqual(['holes.1']);
});

test('a custom scalar may hold anything, even what looks like an entity', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ json }')).toBe('{"json":{"__typename":"Box","id":"x","list":[{"id":null}]}}');
  const value = { __proto__x: 1, a: [1, [{ b: null }]], id: { id: 1 } };
  expect(await ask(graph, 'query Q($v: Json) { json(value: $v) }', { v: value })).toBe(JSON.stringify({ json: value }));
  expect(await ask(graph, '{ json(value: {a: [1, {b: "x"}], c: null}) }')).toBe(
    '{"json":{"a":[1,{"b":"x"}],"c":null}}',
  );
  expect(await ask(graph, 'query Q($v: Json) { json(value: [$v, {k: $v}]) }', { v: [1] })).toBe(
    '{"json":[[1],{"k":[1]}]}',
  );
});

test('numbers and texts keep their value', async () => {
  expect(await ask(createGraph(), '{ big exact small text }')).toBe(
    `{"big":9007199254740992,"exact":12345678901234,"small":1e-7,"text":${JSON.stringify('a "quoted" \\ \u2028 \u0000 🐎 </script>')}}`,
  );
});

test('enum values travel as names, in literals, variables and defaults', async () => {
  const source =
    'query Q($c: Color = RED, $d: Color!) { colors a: color b: color(color: RED) c: color(color: $c) d: color(color: $d) e: color(color: null) }';
  expect(await ask(createGraph(), source, { d: 'GREEN' })).toBe(
    '{"colors":["RED","GREEN"],"a":"GREEN","b":"RED","c":"RED","d":"GREEN","e":null}',
  );
});

test('input objects arrive with their defaults, however deep the variables stand in them', async () => {
  const source = `query Q($x: Int = 5, $y: Int, $p: Point, $tag: String!) {
    a: echo(point: {y: $y, next: {x: $x, tags: [$tag, "b"]}})
    b: echo(point: $p, id: "i")
    c: echo(points: [{x: 2}, {next: $p}])
    d: echo(points: {x: 3})
  }`;
  const answer = JSON.parse(await ask(createGraph(), source, { p: { x: 9, next: { y: null } }, tag: 'a' }));
  const point = { x: 9, label: 'none', next: { x: 1, y: null, label: 'none' } };
  expect(JSON.parse(answer.a)).toEqual({
    point: { x: 1, label: 'none', next: { x: 5, label: 'none', tags: ['a', 'b'] } },
    id: '7',
  });
  expect(JSON.parse(answer.b)).toEqual({ point, id: 'i' });
  expect(JSON.parse(answer.c)).toEqual({
    points: [
      { x: 2, label: 'none' },
      { x: 1, label: 'none', next: point },
    ],
    id: '7',
  });
  expect(JSON.parse(answer.d)).toEqual({ points: [{ x: 3, label: 'none' }], id: '7' });
});

test('an object without a key is put together from the halves that two subgraphs have', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ box { inner { right left a list { second first } } } }')).toBe(
    '{"box":{"inner":{"right":3,"left":2,"a":1,"list":[[{"second":2,"first":1}],null]}}}',
  );
  expect(await ask(graph, '{ box { inners { left right } weight } }')).toBe(
    '{"box":{"inners":[{"left":1,"right":10},{"left":2,"right":20}],"weight":1}}',
  );
  expect(await ask(graph, '{ boxes { weight inners { right l: left } } }')).toBe(
    '{"boxes":[[{"weight":1,"inners":[{"right":10,"l":1},{"right":20,"l":2}]},null],[],[{"weight":1,"inners":[{"right":10,"l":1},{"right":20,"l":2}]}]]}',
  );
});
