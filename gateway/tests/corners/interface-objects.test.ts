import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { ask } from './ask.ts';

type Row = Record<string, unknown>;

/** `Media` is an object to `scores`, an interface with another one above it to `library`. */
const library = {
  typeDefs: `
    type Query { shelf: [Named!]! best: Media }
    interface Named { id: ID! }
    interface Media implements Named @key(fields: "id") { id: ID! title: String }
    type Book implements Media & Named @key(fields: "id") { id: ID! title: String pages: Int }
    type Film implements Media & Named @key(fields: "id") { id: ID! title: String minutes: Int }
    type Shop implements Named { id: ID! }`,
  resolvers: {
    Query: {
      shelf: () => [load('b1'), load('f1'), { __typename: 'Shop', id: 's1' }],
      best: () => load('f1'),
    },
    Media: { __resolveReference: ({ id }: Row) => load(String(id)) },
    Book: { __resolveReference: ({ id }: Row) => load(String(id)) },
    Film: { __resolveReference: ({ id }: Row) => load(String(id)) },
  },
};
const scores = {
  typeDefs: `
    type Query { rated: [Media!]! }
    type Media @key(fields: "id") @interfaceObject { id: ID! score(scale: Int = 10): Int votes: Int }`,
  resolvers: {
    Query: { rated: () => [{ id: 'b1' }, { id: 'f1' }] },
    Media: {
      score: ({ id }: Row, { scale }: { scale: number }) => (id === 'b1' ? 0.9 : 0.5) * scale,
      votes: ({ id }: Row) => (id === 'b1' ? 3 : 4),
    },
  },
};
const createGraph = () => createTestGraph({ library, scores });

function load(id: string): Row {
  return id.startsWith('b')
    ? { __typename: 'Book', id, title: `book ${id}`, pages: 300 }
    : { __typename: 'Film', id, title: `film ${id}`, minutes: 90 };
}

test('a fragment on an interface of the interface holds for every object of an interface object', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ rated { ... on Named { id } } }')).toBe('{"rated":[{"id":"b1"},{"id":"f1"}]}');
  expect(await ask(graph, '{ rated { ...N score } } fragment N on Named { id ... on Book { pages } }')).toBe(
    '{"rated":[{"id":"b1","pages":300,"score":9},{"id":"f1","score":5}]}',
  );
  const source = 'query Q($a: Boolean!) { rated { ... on Film { ... on Named @include(if: $a) { id } minutes } } }';
  expect(await ask(graph, source, { a: false })).toBe('{"rated":[{},{"minutes":90}]}');
  expect(await ask(graph, source, { a: true })).toBe('{"rated":[{},{"id":"f1","minutes":90}]}');
});

test('a fragment that no object of the place can satisfy leaves nothing', async () => {
  const graph = createGraph();
  expect(await ask(graph, '{ rated { ... on Named { ... on Shop { id } } title } }')).toBe(
    '{"rated":[{"title":"book b1"},{"title":"film f1"}]}',
  );
  expect(await ask(graph, '{ best { ... on Film { ... on Media { ... on Book { pages } } votes } } }')).toBe(
    '{"best":{"votes":4}}',
  );
});

test('types behind an interface object may use one response key for different things', async () => {
  const graph = createGraph();
  const source = `query Q($scale: Int) { rated {
    ... on Book { score(scale: 100) mark: votes }
    ... on Film { score(scale: $scale) mark: score }
  } }`;
  expect(await ask(graph, source, { scale: 1000 })).toBe('{"rated":[{"score":90,"mark":3},{"score":500,"mark":5}]}');
  expect(await ask(graph, '{ shelf { id ... on Film { mark: score(scale: 20) } ... on Book { mark: votes } } }')).toBe(
    '{"shelf":[{"id":"b1","mark":3},{"id":"f1","mark":10},{"id":"s1"}]}',
  );
});

test('an interface object is asked for those members alone whose fragment needs something of it', async () => {
  const shelf = {
    typeDefs: `type Query { shelves: [Shelf!]! } type Shelf @key(fields: "id") { id: ID! }`,
    resolvers: { Query: { shelves: () => [{ id: 'f1' }, { id: 'b1' }] } },
  };
  const media = {
    ...library,
    typeDefs: `${library.typeDefs} type Shelf @key(fields: "id") { id: ID! first: Media }`,
    resolvers: { ...library.resolvers, Shelf: { first: ({ id }: Row) => load(String(id)) } },
  };
  const blurbs = {
    typeDefs: `type Media @key(fields: "id") @interfaceObject {
      id: ID! title: String @external blurb: String @requires(fields: "title") }`,
    resolvers: { Media: { blurb: ({ title }: Row) => `${title}!` } },
  };
  const graph = createTestGraph({ shelf, library: media, blurbs });
  expect(await ask(graph, '{ shelves { first { title ... on Book { blurb } } } }')).toBe(
    '{"shelves":[{"first":{"title":"film f1"}},{"first":{"title":"book b1","blurb":"book b1!"}}]}',
  );
  expect(graph.seen.at(-1)?.request.variables).toEqual({
    representations: [{ __typename: 'Media', id: 'b1', title: 'book b1' }],
  });
});

test('an interface object that requires of two subgraphs gets both, also for members that a fragment names', async () => {
  const mailing = {
    typeDefs: `type Media @key(fields: "id") @interfaceObject {
      id: ID! title: String @external votes: Int @external postage: String @requires(fields: "title votes") }`,
    resolvers: { Media: { postage: ({ title, votes }: Row) => `${title}, ${votes} votes` } },
  };
  const graph = createTestGraph({ library, scores, mailing });
  expect(await ask(graph, '{ rated { ... on Book { postage } } }')).toBe(
    '{"rated":[{"postage":"book b1, 3 votes"},{}]}',
  );
  expect(await ask(graph, '{ rated { __typename ... on Book { postage pages } ... on Film { title postage } } }')).toBe(
    '{"rated":[{"__typename":"Book","postage":"book b1, 3 votes","pages":300},{"__typename":"Film","title":"film f1","postage":"film f1, 4 votes"}]}',
  );
  expect(await ask(graph, '{ best { ... on Film { postage } } shelf { ... on Media { postage } } }')).toBe(
    '{"best":{"postage":"film f1, 4 votes"},"shelf":[{"postage":"book b1, 3 votes"},{"postage":"film f1, 4 votes"},{}]}',
  );
});

test('beside what an interface object requires a fragment may ask for what the same subgraph gives at once', async () => {
  const mailing = {
    typeDefs: `type Media @key(fields: "id") @interfaceObject {
      id: ID! title: String @external weight: Int label: String @requires(fields: "title") }`,
    resolvers: { Media: { weight: ({ id }: Row) => String(id).length, label: ({ title }: Row) => `to ${title}` } },
  };
  const graph = createTestGraph({ library, scores, mailing });
  expect(await ask(graph, '{ rated { ... on Book { label weight } } }')).toBe(
    '{"rated":[{"label":"to book b1","weight":2},{}]}',
  );
  expect(await ask(graph, '{ rated { weight ... on Film { label } ... on Book { pages } } }')).toBe(
    '{"rated":[{"weight":2,"pages":300},{"weight":2,"label":"to film f1"}]}',
  );
});

test('what an interface object requires of another one that itself requires has no plan, and is refused', async () => {
  const weighing = {
    typeDefs: `type Media @key(fields: "id") @interfaceObject {
      id: ID! title: String @external weight: Int @requires(fields: "title") }`,
    resolvers: { Media: { weight: ({ title }: { title: string }) => title.length } },
  };
  const mailing = {
    typeDefs: `type Media @key(fields: "id") @interfaceObject {
      id: ID! weight: Int @external postage: Int @requires(fields: "weight") }`,
    resolvers: { Media: { postage: ({ weight }: { weight: number }) => weight * 10 } },
  };
  const graph = createTestGraph({ library, scores, weighing, mailing });
  expect(await ask(graph, '{ best { weight votes } }')).toBe('{"best":{"weight":7,"votes":4}}');
  expect(await graph.query('{ best { postage votes } }')).toMatchObject({
    errors: [{ extensions: { code: 'QUERY_PLANNING_FAILED' } }],
  });
});

test('an operation that has a plan only in many more words has none where these would be too many', async () => {
  const kinds = ['Book', 'Film', 'Song', 'Game'].map(
    (name) => `type ${name} implements Media & Labelled @key(fields: "id") { id: ID! label: String next: Media }`,
  );
  const labelled = {
    typeDefs: `
      interface Labelled { label: String next: Media }
      interface Media @key(fields: "id") { id: ID! }
      ${kinds.join(' ')}`,
    resolvers: {
      Media: { __resolveReference: ({ id }: Row) => ({ __typename: 'Book', id }) },
      Book: { label: ({ id }: Row) => `label ${id}`, next: () => null },
    },
  };
  const graph = createTestGraph({ labelled, scores });
  const nested = (levels: number): string =>
    levels === 0 ? 'id' : `... on Labelled { label next { ${nested(levels - 1)} } }`;
  const books = ['b1', 'f1'].map((id) => ({ label: `label ${id}`, next: null }));
  expect((await graph.query(`{ rated { ${nested(2)} } }`)).data).toEqual({ rated: books });
  const { data, errors } = await graph.query(`{ rated { ${nested(20)} } }`);
  expect(data).toBeUndefined();
  expect(errors).toMatchObject([{ extensions: { code: 'QUERY_PLANNING_FAILED' } }]);
});
