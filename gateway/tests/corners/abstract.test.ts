import { DomainError } from '@playgraph/kernel/errors';
import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { ask, askBroken } from './ask.ts';

type Row = { id: string };

const MEDIA: Record<string, object> = {
  b1: { __typename: 'Book', id: 'b1', title: 'Dune', pages: 600 },
  f1: { __typename: 'Film', id: 'f1', title: 'Alien', minutes: 117 },
};
const library = {
  typeDefs: `
    type Query { shelf: [Media] found: [Found] }
    union Found = Book | Film | Note
    interface Media @key(fields: "id") { id: ID! title: String }
    type Book implements Media @key(fields: "id") { id: ID! title: String pages: Int }
    type Film implements Media @key(fields: "id") { id: ID! title: String minutes: Int }
    type Note { text: String }`,
  resolvers: {
    Query: {
      shelf: () => [MEDIA.b1, null, MEDIA.f1],
      found: () => [MEDIA.f1, { __typename: 'Note', text: 'hi' }, null, MEDIA.b1],
    },
    Media: { __resolveReference: ({ id }: Row) => MEDIA[id] ?? null },
    Book: { __resolveReference: ({ id }: Row) => MEDIA[id] ?? null },
    Film: { __resolveReference: ({ id }: Row) => MEDIA[id] ?? null },
  },
};
const reviews = {
  typeDefs: `
    type Query { top: [Media] lost: Media }
    type Media @key(fields: "id") @interfaceObject {
      id: ID! stars: Int broken: Int title: String @external label: String @requires(fields: "title")
    }`,
  resolvers: {
    Query: { top: () => [{ id: 'f1' }, { id: 'b1' }], lost: () => ({ id: 'nobody' }) },
    Media: {
      __resolveReference: (row: object) => row,
      stars: ({ id }: Row) => (id === 'b1' ? 5 : 3),
      broken: () => {
        throw new DomainError('CONFLICT', 'broken');
      },
      label: ({ title }: { title?: string }) => `label of ${title}`,
    },
  },
};
const prices = {
  typeDefs: 'type Book @key(fields: "id") { id: ID! price: Int } type Film @key(fields: "id") { id: ID! rent: Int }',
  resolvers: { Book: { price: () => 20 }, Film: { rent: () => 4 } },
};

const createGraph = () => createTestGraph({ library, reviews, prices });

test('an entity met through an interface gets the fields of its own type from anywhere', async () => {
  const source = '{ shelf { id ... on Book { price pages } ... on Film { rent } } }';
  expect(await ask(createGraph(), source)).toBe(
    '{"shelf":[{"id":"b1","price":20,"pages":600},null,{"id":"f1","rent":4}]}',
  );
});

test('an entity met through a union gets the fields of its own type from anywhere', async () => {
  const source = '{ found { ... on Book { price stars } ... on Film { rent title } ... on Note { text } __typename } }';
  expect(await ask(createGraph(), source)).toBe(
    '{"found":[{"rent":4,"title":"Alien","__typename":"Film"},{"text":"hi","__typename":"Note"},null,{"price":20,"stars":5,"__typename":"Book"}]}',
  );
});

test('a member of a union of which nothing is selected is an empty object', async () => {
  expect(await ask(createGraph(), '{ found { ... on Book { price } } }')).toBe('{"found":[{},{},null,{"price":20}]}');
});

test('a subgraph that knows an interface as an object adds fields to every member', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ shelf { stars } }')).toBe('{"shelf":[{"stars":5},null,{"stars":3}]}');
  expect(await ask(graph, '{ top { stars } }')).toBe('{"top":[{"stars":3},{"stars":5}]}');
  expect(await ask(graph, '{ top { stars title ... on Book { pages } } }')).toBe(
    '{"top":[{"stars":3,"title":"Alien"},{"stars":5,"title":"Dune","pages":600}]}',
  );
  expect(await ask(graph, '{ shelf { ... on Book { stars pages } ... on Film { label } } }')).toBe(
    '{"shelf":[{"stars":5,"pages":600},null,{"label":"label of Alien"}]}',
  );
});

test('an object of an interface object has the type that its owner says, whoever was asked last', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ top { __typename stars } }')).toBe(
    '{"top":[{"__typename":"Film","stars":3},{"__typename":"Book","stars":5}]}',
  );
  expect(await ask(graph, '{ top { ... on Book { __typename stars price } t: __typename } }')).toBe(
    '{"top":[{"t":"Film"},{"__typename":"Book","stars":5,"price":20,"t":"Book"}]}',
  );
  expect(await ask(graph, '{ shelf { ... on Film { s: stars } id ... on Film { __typename } } }')).toBe(
    '{"shelf":[{"id":"b1"},null,{"s":3,"id":"f1","__typename":"Film"}]}',
  );
});

test('the concrete type of an interface object opens the way to that type’s other subgraphs', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ top { ... on Book { price } } }')).toBe('{"top":[{},{"price":20}]}');
  expect(await ask(graph, '{ top { ... on Film { rent minutes } ... on Book { price label } } }')).toBe(
    '{"top":[{"rent":4,"minutes":117},{"price":20,"label":"label of Dune"}]}',
  );
});

test('aliases shadow nothing on an interface object either', async () => {
  expect(await ask(createGraph(), '{ top { id: stars __typename: title title: label } }')).toBe(
    '{"top":[{"id":3,"__typename":"Alien","title":"label of Alien"},{"id":5,"__typename":"Dune","title":"label of Dune"}]}',
  );
});

test('nobody sees an error of a field that was not selected for the object’s type', async () => {
  const source = '{ shelf { ... on Film { oops: broken } ... on Book { stars } } }';
  const { data, paths } = await askBroken(createGraph(), source);
  expect(data).toBe('{"shelf":[{"stars":5},null,{"oops":null}]}');
  expect(paths).toEqual(['shelf.2.oops']);
  const wide = '{ shelf { ... on Film { oops: broken } stars } }';
  expect((await askBroken(createGraph(), wide)).paths).toEqual(['shelf.2.oops']);
});

test('an error that two fetches tell of one position is told once', async () => {
  const { paths } = await askBroken(createGraph(), '{ top { broken ... on Book { broken } } }');
  expect(paths).toEqual(['top.0.broken', 'top.1.broken']);
});

test('an interface object that its owner does not know is null with an error, not an object of an abstract type', async () => {
  const { data, paths } = await askBroken(createGraph(), '{ lost { __typename stars } }');
  expect(data).toBe('{"lost":null}');
  expect(paths).toEqual(['lost']);
  expect(await ask(createGraph(), '{ lost { stars } }')).toBe('{"lost":{"stars":3}}');
});

test('an abstract object of which nothing is selected needs no type', async () => {
  const graph = createGraph();
  const source =
    'query Q($no: Boolean!) { shelf { __typename @include(if: $no) } top { t: __typename @include(if: $no) } }';
  expect(await ask(graph, source, { no: false })).toBe('{"shelf":[{},null,{}],"top":[{},{}]}');
  expect(await ask(graph, source, { no: true })).toBe(
    '{"shelf":[{"__typename":"Book"},null,{"__typename":"Film"}],"top":[{"t":"Film"},{"t":"Book"}]}',
  );
});

test('keys of different types under one name meet in one union', async () => {
  const left = {
    typeDefs: `type Query { all: [AB!]! } union AB = A | B
      type A @key(fields: "id") { id: ID! } type B @key(fields: "id") { id: Int! }`,
    resolvers: {
      Query: {
        all: () => [
          { __typename: 'A', id: '1' },
          { __typename: 'B', id: 1 },
        ],
      },
    },
  };
  const right = {
    typeDefs: 'type A @key(fields: "id") { id: ID! a: String } type B @key(fields: "id") { id: Int! b: String }',
    resolvers: {
      A: { a: ({ id }: { id: unknown }) => `${typeof id}` },
      B: { b: ({ id }: { id: unknown }) => `${typeof id}` },
    },
  };
  const graph = createTestGraph({ left, right });
  expect(await ask(graph, '{ all { ... on A { a } ... on B { b } } }')).toBe('{"all":[{"a":"string"},{"b":"number"}]}');
  expect(await ask(graph, '{ all { ... on A { id a id__alias_0: a } ... on B { n: id b id__alias_0: b } } }')).toBe(
    '{"all":[{"id":"1","a":"string","id__alias_0":"string"},{"n":1,"b":"number","id__alias_0":"number"}]}',
  );
});

test('one response key means another field on each member of a union', async () => {
  const source =
    '{ found { ... on Book { x: title y: price } ... on Film { x: title y: rent } ... on Note { x: text } } }';
  expect(await ask(createGraph(), source)).toBe('{"found":[{"x":"Alien","y":4},{"x":"hi"},null,{"x":"Dune","y":20}]}');
});
