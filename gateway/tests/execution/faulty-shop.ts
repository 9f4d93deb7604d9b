import { createFaultyGraph, type FaultyGraph } from './faulty-graph.ts';

/** `people` owns the root; `details` adds to its entities; `stats` stands beside both. No true value is ever null. */
export const SHOP = {
  people: {
    typeDefs: `
      type Query { users: [User!]! first: User node: Pet }
      type User @key(fields: "id") { id: ID! name: String! nick: String }
      interface Pet { id: ID! sound: String! }
      type Dog implements Pet { id: ID! sound: String! tricks: [String!]! }
      type Cat implements Pet { id: ID! sound: String! lives: Int! }
    `,
    resolvers: {
      Query: {
        users: () => ['u1', 'u2', 'u3'].map(toUser),
        first: () => toUser('u1'),
        node: () => ({ __typename: 'Dog', id: 'd1', sound: 'wow', tricks: ['sit'] }),
      },
      User: { __resolveReference: ({ id }: { id: string }) => toUser(id) },
    },
  },
  details: {
    typeDefs: `
      type User @key(fields: "id") {
        id: ID! age: Int! height: Float score: Int mood: Mood member: Boolean tags: [String!] home: Home grid: [[Int!]]
      }
      type Home { town: String! street: Street }
      type Street { name: String! number: Int! }
      enum Mood { GOOD BAD }
    `,
    resolvers: {
      User: {
        __resolveReference: ({ id }: { id: string }) => ({
          id,
          age: 30,
          height: 1.7,
          score: 7,
          mood: 'GOOD',
          member: true,
          tags: ['a', 'b'],
          home: { town: `town of ${id}`, street: { name: 'Main', number: 1 } },
          grid: [[1, 2], [3]],
        }),
      },
    },
  },
  stats: { typeDefs: 'type Query { visits: Int! }', resolvers: { Query: { visits: () => 12 } } },
};

const toUser = (id: string) => ({ id, name: `name of ${id}`, nick: `nick of ${id}` });

export const createShop = (): Promise<FaultyGraph> => createFaultyGraph(SHOP);
