import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { ask, askBroken, callsOf } from './ask.ts';

const LETTER = { __typename: 'Letter', pages: 2, subject: 'rent' };
const PARCEL = { __typename: 'Parcel', grams: 900 };
const CRATE = { __typename: 'Crate', litres: 40 };

/** A post office and a depot that both see a route's stops; each knows letters, and one kind of load of its own. */
const office = {
  typeDefs: `
    type Query { route: Route }
    type Route @key(fields: "id") { id: ID! stop: Stop @shareable }
    type Stop @shareable { loads: [Load] }
    union Load = Letter | Parcel
    type Letter @shareable { pages: Int }
    type Parcel { grams: Int }`,
  resolvers: {
    Query: { route: () => ({ id: 'r1' }) },
    Route: { stop: () => ({ loads: [PARCEL, LETTER, null] }) },
  },
};
const depot = {
  typeDefs: `
    type Query { depot: Route }
    type Route @key(fields: "id") { id: ID! stop: Stop @shareable ramp: Stop }
    type Stop @shareable { loads: [Load] }
    union Load = Letter | Crate
    type Letter @shareable { pages: Int }
    type Crate { litres: Int }`,
  resolvers: {
    Query: { depot: () => ({ id: 'r1' }) },
    Route: { stop: () => ({ loads: [LETTER, CRATE] }), ramp: () => ({ loads: [CRATE] }) },
  },
};
const createPost = () => createTestGraph({ office, depot });
const ALL = '__typename ... on Letter { pages } ... on Parcel { grams } ... on Crate { litres }';

test('a member of a union that only the asked subgraph knows keeps its fields', async () => {
  const graph = createPost();
  expect(await ask(graph, `{ route { stop { loads { ${ALL} } } } }`)).toBe(
    '{"route":{"stop":{"loads":[{"__typename":"Parcel","grams":900},{"__typename":"Letter","pages":2},null]}}}',
  );
  expect(await ask(graph, `{ depot { stop { loads { ${ALL} } } } }`)).toBe(
    '{"depot":{"stop":{"loads":[{"__typename":"Letter","pages":2},{"__typename":"Crate","litres":40}]}}}',
  );
  expect(callsOf(graph)).toEqual(['office', 'depot']);
});

test('a member that the asked subgraph does not know is not looked for elsewhere', async () => {
  const graph = createPost();
  expect(await ask(graph, '{ route { stop { loads { __typename ... on Crate { litres } } } } }')).toBe(
    '{"route":{"stop":{"loads":[{"__typename":"Parcel"},{"__typename":"Letter"},null]}}}',
  );
  expect(callsOf(graph)).toEqual(['office']);
  expect(await ask(graph, `{ route { ramp { loads { ${ALL} } } } }`)).toBe(
    '{"route":{"ramp":{"loads":[{"__typename":"Crate","litres":40}]}}}',
  );
});

/** Three kinds of notes about one good; what is known of the good is in three places. */
const notes = {
  typeDefs: `
    type Query { notes: [Note] first: Note }
    union Note = Praise | Complaint | Question
    type Praise { good: Good by: Author }
    type Complaint { good: Good goods: [[Good]] by: Author }
    type Question { text: String }
    type Author { name: String wrote: Note }
    type Good @key(fields: "id") { id: ID! }`,
  resolvers: {
    Query: {
      notes: () => [
        { __typename: 'Praise', good: { id: '1' }, by: { wrote: { __typename: 'Complaint', good: { id: '3' } } } },
        { __typename: 'Complaint', good: { id: '2' }, goods: [[{ id: '4' }, null], []] },
        { __typename: 'Question', text: 'why?' },
        null,
        { __typename: 'Praise', good: { id: '2' }, by: null },
      ],
      first: () => ({ __typename: 'Praise', good: { id: '1' } }),
    },
  },
};
const knownTo = (field: string, type: string, value: (id: string) => unknown) => ({
  typeDefs: `type Good @key(fields: "id") { id: ID! ${field}: ${type} }`,
  resolvers: { Good: { [field]: ({ id }: { id: string }) => value(id) } },
});
const prices = knownTo('price', 'Int', (id) => Number(id) * 10);
const stock = knownTo('left', 'Int', (id) => Number(id) + 1);
const shelves = {
  typeDefs: 'type Good @key(fields: "id") { id: ID! left: Int @external shelf: String @requires(fields: "left") }',
  resolvers: { Good: { shelf: ({ id, left }: { id: string; left?: number }) => `${id} of ${left}` } },
};
const createNotes = () => createTestGraph({ notes, prices, stock, shelves });

/** Which goods a subgraph was asked for. */
function askedOf(graph: ReturnType<typeof createNotes>, name: string): string[] {
  return graph.seen
    .filter(({ subgraph }) => subgraph === name)
    .flatMap(({ request }) => Object.values(request.variables ?? {}).flat())
    .map((representation) => (representation as { id: string }).id)
    .sort();
}

test('what is selected below one member of a union is fetched for that member alone', async () => {
  const graph = createNotes();
  const source = '{ notes { ... on Praise { good { price } } ... on Complaint { good { left } } } }';
  expect(await ask(graph, source)).toBe(
    '{"notes":[{"good":{"price":10}},{"good":{"left":3}},{},null,{"good":{"price":20}}]}',
  );
  expect(askedOf(graph, 'prices')).toEqual(['1', '2']);
  expect(askedOf(graph, 'stock')).toEqual(['2']);
});

test('a subgraph that nobody needs is not asked, and cannot break the answer', async () => {
  const graph = createNotes();
  graph.breakSubgraph('stock');
  const source = '{ first { ... on Praise { good { price } } ... on Complaint { good { left } } } }';
  expect(await ask(graph, source)).toBe('{"first":{"good":{"price":10}}}');
  expect(callsOf(graph)).toEqual(['notes', 'prices']);
});

test('the types of all objects on the way count, in lists of lists too', async () => {
  const graph = createNotes();
  const source = `{ notes {
    ... on Praise { by { wrote { ... on Complaint { good { left } } } } }
    ... on Complaint { by { wrote { ... on Complaint { good { price } } } } goods { price } }
  } }`;
  expect(await ask(graph, source)).toBe(
    '{"notes":[{"by":{"wrote":{"good":{"left":4}}}},{"by":null,"goods":[[{"price":40},null],[]]},{},null,{"by":null}]}',
  );
  expect(askedOf(graph, 'prices')).toEqual(['4']);
  expect(askedOf(graph, 'stock')).toEqual(['3']);
});

test('a fetch on which another one builds serves all that the other one needs', async () => {
  const graph = createNotes();
  const source = '{ notes { ... on Praise { good { shelf } } ... on Complaint { good { left } } } }';
  expect(await ask(graph, source)).toBe(
    '{"notes":[{"good":{"shelf":"1 of 2"}},{"good":{"left":3}},{},null,{"good":{"shelf":"2 of 3"}}]}',
  );
});

test('one fragment on an interface of the members is met by all of them', async () => {
  const graph = createNotes();
  const source = `query Q($no: Boolean = false) { notes {
    ... on Praise { good { ...G } } ... on Complaint { good { ...G price @include(if: $no) } }
  } } fragment G on Good { left }`;
  expect(await ask(graph, source)).toBe(
    '{"notes":[{"good":{"left":2}},{"good":{"left":3}},{},null,{"good":{"left":3}}]}',
  );
  expect(await ask(graph, source, { no: true })).toBe(
    '{"notes":[{"good":{"left":2}},{"good":{"left":3,"price":20}},{},null,{"good":{"left":3}}]}',
  );
  expect(askedOf(graph, 'prices')).toEqual(['2']);
});

test('a root field of which no subgraph can answer anything is an error, not a silent null', async () => {
  const left = {
    typeDefs: 'interface Thing @key(fields: "id") { id: ID! } type Query { thing: Thing }',
    resolvers: {
      Query: { thing: () => ({ __typename: 'Thing', id: '1' }) },
      Thing: { __resolveReference: () => null },
    },
  };
  const right = {
    typeDefs: `type Thing @key(fields: "id", resolvable: false) @interfaceObject { id: ID! size: Int }
      type Query { other: Thing }`,
    resolvers: { Query: { other: () => ({ id: '2', size: 3 }) } },
  };
  const graph = createTestGraph({ left, right });
  expect(await ask(graph, '{ other { id size } __typename }')).toBe(
    '{"other":{"id":"2","size":3},"__typename":"Query"}',
  );
  const { data, errors } = await graph.query('{ thing { size } }');
  expect(data).toBeUndefined();
  expect(errors).toHaveLength(1);
  expect((await graph.query('{ ...F } fragment F on Query { other { id } thing { size } }')).errors).toHaveLength(1);
});

test('a directive for clients that a graph was composed with is known to all, and kept from subgraphs', async () => {
  const withTag = (fallback: string, field: string) => ({
    typeDefs: `extend schema @link(url: "https://trace.example/tag/v1.0", import: ["@tagged"]) @composeDirective(name: "@tagged")
      directive @tagged(as: Colour!${fallback}) on FIELD | INLINE_FRAGMENT
      enum Colour { RED BLUE }
      type Query { ${field}: String }`,
    resolvers: { Query: { [field]: () => field } },
  });
  const graph = createTestGraph({ one: withTag('', 'a'), two: withTag(' = RED', 'b') });
  const source = 'query ($as: Colour = BLUE) { a @tagged b @tagged(as: $as) ... @tagged(as: RED) { c: a } }';
  expect(await ask(graph, source)).toBe('{"a":"a","b":"b","c":"a"}');
  expect(graph.seen.filter(({ request }) => request.query.includes('tagged'))).toEqual([]);
  await expect(graph.query('{ a @tagged(as: GREEN) }')).rejects.toThrow('GREEN');
  const shown = await ask(graph, '{ __schema { directives { name args { name defaultValue } } } }');
  expect(shown).toContain('{"name":"tagged","args":[{"name":"as","defaultValue":"RED"}]}');
});

test('an enum value that clients may not see is null with an error that does not name it', async () => {
  const main = {
    typeDefs: `enum State { OPEN SECRET @inaccessible } type Query { states: [State] }`,
    resolvers: { Query: { states: () => ['OPEN', 'SECRET'] } },
  };
  const graph = createTestGraph({ main });
  expect(await askBroken(graph, '{ states }')).toEqual({ data: '{"states":["OPEN",null]}', paths: ['states.1'] });
  expect(JSON.stringify(await graph.query('{ states }'))).not.toContain('SECRET');
});
