import { DomainError } from '@playgraph/kernel/errors';
import { createGatedGraph, type GatedGraph } from './gated-graph.ts';

/** What the subgraphs hold; tests change it. Books are numbers. */
export type LibraryData = {
  readonly readers: { id: string; name: string; favourite: number }[];
  shelf: number[];
  readonly titles: Map<number, string>;
  /** Books whose title cannot be told. */
  readonly broken: Set<number>;
};

export function createLibraryData(): LibraryData {
  return {
    readers: [
      { id: 'r1', name: 'Ada', favourite: 1 },
      { id: 'r2', name: 'Grace', favourite: 2 },
    ],
    shelf: [2, 3],
    titles: new Map([1, 2, 3, 4, 5].map((id) => [id, `title ${id}`])),
    broken: new Set(),
  };
}

/** `readers` and `shelves` lead to books, `books` and `opinions` know more of them; `opinions` knows readers, too. */
export function createLibrary(data: LibraryData, options: { readonly prediction: boolean }): GatedGraph {
  const book = (id: number) => ({ id: `${id}` });
  const parts = {
    readers: {
      typeDefs: `
        type Query { readers: [Reader!]! }
        type Reader @key(fields: "id") { id: ID! name: String! favourite: Book }
        type Book @key(fields: "id", resolvable: false) { id: ID! }
      `,
      resolvers: {
        Query: { readers: () => data.readers },
        Reader: { favourite: ({ favourite }: { favourite: number }) => book(favourite) },
      },
    },
    shelves: {
      typeDefs: `
        type Query { shelf: [Book!]! }
        type Book @key(fields: "id", resolvable: false) { id: ID! }
      `,
      resolvers: { Query: { shelf: () => data.shelf.map(book) } },
    },
    books: {
      typeDefs: 'type Book @key(fields: "id") { id: ID! title: String pages: Int }',
      resolvers: {
        Book: {
          __resolveReference: ({ id }: { id: string }) =>
            data.titles.has(Number(id)) ? { id, pages: Number(id) * 100 } : null,
          title: ({ id }: { id: string }) => {
            if (data.broken.has(Number(id))) throw new DomainError('NOT_FOUND', `The cover of ${id} is torn.`);
            return data.titles.get(Number(id));
          },
        },
      },
    },
    opinions: {
      typeDefs: `
        type Reader @key(fields: "id") { id: ID! mood: String }
        type Book @key(fields: "id") { id: ID! stars(plus: Int = 0): Int }
      `,
      resolvers: {
        Reader: {
          mood: ({ id }: { id: string }) => {
            if (id === 'r2') throw new DomainError('FORBIDDEN', 'Not for you.');
            return `mood of ${id}`;
          },
        },
        Book: { stars: ({ id }: { id: string }, { plus }: { plus: number }) => (Number(id) % 5) + plus },
      },
    },
  };
  return createGatedGraph(parts, options.prediction);
}
