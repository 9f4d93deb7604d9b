import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { ask } from './ask.ts';

const book = { __typename: 'Book', id: 'b1', title: 'Emma', isbn: '42' };
const film = { __typename: 'Film', id: 'f1', minutes: 90 };
const reader = { id: 'r1', best: book, shelf: [[book, null], []], last: book };

/** Here a reader's media may be of any type. */
const media = {
  typeDefs: `
    type Query { readers: [Reader!]! reader: Reader @shareable }
    type Reader @key(fields: "id") {
      id: ID!
      best: Media @shareable
      shelf: [[Media]!] @shareable
      last: Item @shareable
    }
    interface Media { id: ID! }
    union Item = Book | Film
    type Book implements Media @key(fields: "id") { id: ID! title: String @shareable }
    type Film implements Media @key(fields: "id") { id: ID! minutes: Int }`,
  resolvers: { Query: { readers: () => [reader], reader: () => reader } },
};
/** And here they are books. */
const books = {
  typeDefs: `
    type Query { reader: Reader @shareable }
    type Reader @key(fields: "id") {
      id: ID!
      best: Book @shareable
      shelf: [[Book]!] @shareable
      last: Book @shareable
      since: Int
    }
    type Book @key(fields: "id") { id: ID! isbn: String title: String @shareable }
    type Subscription { read: Reader }`,
  resolvers: {
    Query: { reader: () => ({ ...reader, since: 1999 }) },
    Reader: { __resolveReference: () => ({ ...reader, since: 1999 }) },
    Subscription: {
      read: {
        async *subscribe() {
          yield { read: { ...reader, since: 2000 } };
        },
      },
    },
  },
};

test('a field of an interface is answered by a subgraph that knows it as an object of one type', async () => {
  const graph = createTestGraph({ media, books });
  const best = '{ reader { since best { id ... on Book { isbn } ... on Film { minutes } } } }';
  expect(await ask(graph, best)).toBe('{"reader":{"since":1999,"best":{"id":"b1","isbn":"42"}}}');
  expect(graph.seen.map(({ subgraph }) => subgraph)).toEqual(['books']);
});

test('the same in lists of lists, for a union, under aliases, and beside an alias that is called like the type', async () => {
  const graph = createTestGraph({ media, books });
  const shelf =
    '{ reader { since all: shelf { ... on Book { title __typename: isbn } } last { ... on Book { isbn } } } }';
  expect(await ask(graph, shelf)).toBe(
    '{"reader":{"since":1999,"all":[[{"title":"Emma","__typename":"42"},null],[]],"last":{"isbn":"42"}}}',
  );
});

test('the same where the type is asked for under a condition alone', async () => {
  const graph = createTestGraph({ media, books });
  const source =
    'query ($is: Boolean!) { reader { since best { __typename @include(if: $is) ... on Book { isbn } } } }';
  expect(await ask(graph, source, { is: true })).toBe(
    '{"reader":{"since":1999,"best":{"__typename":"Book","isbn":"42"}}}',
  );
  expect(await ask(graph, source, { is: false })).toBe('{"reader":{"since":1999,"best":{"isbn":"42"}}}');
});

test('the same in the events of a subscription', async () => {
  const graph = createTestGraph({ media, books });
  const answers: unknown[] = [];
  for await (const answer of graph.subscribe('subscription { read { since best { ... on Book { title } } } }')) {
    answers.push(answer);
  }
  expect(answers).toEqual([{ data: { read: { since: 2000, best: { title: 'Emma' } } } }]);
});

test('the subgraph that knows the field as an interface gives what it is there', async () => {
  const graph = createTestGraph({
    media: { ...media, resolvers: { Query: { readers: () => [{ ...reader, best: film }], reader: () => reader } } },
    books,
  });
  expect(await ask(graph, '{ readers { best { ... on Film { minutes } ... on Book { isbn } } } }')).toBe(
    '{"readers":[{"best":{"minutes":90}}]}',
  );
});
