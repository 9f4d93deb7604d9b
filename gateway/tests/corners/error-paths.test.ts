import { DomainError } from '@playgraph/kernel/errors';
import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { askBroken } from './ask.ts';

const fails = (message: string) => () => {
  throw new DomainError('CONFLICT', message);
};

const lobby = {
  typeDefs: `
    type Query { lobby: Lobby lobbies: [Lobby] tables: Int }
    type Lobby { graph: Query }
    type Mutation { open: Lobby }`,
  resolvers: {
    Query: { lobby: () => ({ graph: {} }), lobbies: () => [{ graph: {} }, null, { graph: {} }], tables: () => 2 },
    Mutation: { open: () => ({ graph: {} }) },
  },
};
const ranks = {
  typeDefs: 'type Query { top: Int best: Best! } type Best { score: Int! }',
  resolvers: { Query: { top: fails('nobody has played'), best: () => ({ score: null }) } },
};

test('an error of a root field below the root stands there, wherever the root stands', async () => {
  const graph = createTestGraph({ lobby, ranks });
  expect(await askBroken(graph, '{ lobby { graph { top tables } } }')).toEqual({
    data: '{"lobby":{"graph":{"top":null,"tables":2}}}',
    paths: ['lobby.graph.top'],
  });
  expect(await askBroken(graph, '{ lobbies { graph { top } } }')).toEqual({
    data: '{"lobbies":[{"graph":{"top":null}},null,{"graph":{"top":null}}]}',
    paths: ['lobbies.0.graph.top', 'lobbies.2.graph.top'],
  });
  expect(await askBroken(graph, '{ lobby { graph { lobby { graph { best { score } } } } } }')).toEqual({
    data: '{"lobby":{"graph":{"lobby":{"graph":null}}}}',
    paths: ['lobby.graph.lobby.graph.best.score'],
  });
});

test('root fields that are asked for below two fields have each their own errors', async () => {
  let asked = 0;
  const resolvers = { Query: { top: () => (asked++ === 0 ? fails('not yet')() : 7), best: () => null } };
  const graph = createTestGraph({ lobby, ranks: { ...ranks, resolvers } });
  const { data, errors } = await graph.query('mutation { a: open { graph { top } } b: open { graph { top } } }');
  expect(data).toEqual({ a: { graph: { top: null } }, b: { graph: { top: 7 } } });
  expect(errors).toEqual([
    expect.objectContaining({ path: ['a', 'graph', 'top'], message: 'not yet', locations: [{ line: 1, column: 30 }] }),
  ]);
});

test('a subgraph that cannot be reached is an error of each root field that is missing below the root', async () => {
  const graph = createTestGraph({ lobby, ranks });
  graph.breakSubgraph('ranks');
  expect((await askBroken(graph, '{ lobby { graph { top tables best { score } } } }')).paths).toEqual([
    'lobby.graph.best',
    'lobby.graph.top',
  ]);
  expect((await askBroken(graph, '{ constructor: top top }')).paths).toEqual(['constructor', 'top']);
});

test('an error of a field that the planner gave another alias stands under the name that the client gave', async () => {
  const members = {
    typeDefs: `
      type Query { games: [Game] }
      union Game = Chess | Go
      type Chess { id: ID! size: Int! board: Board! }
      type Go { id: ID! size: Int board: Board }
      type Board { rows: Int }`,
    resolvers: {
      Query: {
        games: () => [
          { __typename: 'Chess', size: 8, board: { rows: 8 } },
          { __typename: 'Go', size: fails('no size'), board: { rows: fails('no rows') } },
        ],
      },
    },
  };
  // A union's members may answer differently only where the schema of all promises the same.
  const loose = {
    typeDefs: `
      type Query { one: Chess }
      type Chess @shareable { id: ID! size: Int board: Board }
      type Board @shareable { rows: Int }`,
    resolvers: {},
  };
  const shareable = members.typeDefs.replaceAll(/type (Chess|Board) /g, 'type $1 @shareable ');
  const graph = createTestGraph({ members: { ...members, typeDefs: shareable }, loose });
  const source = '{ games { ... on Chess { size board { rows } } ... on Go { size board { r: rows } } } }';
  expect(await askBroken(graph, source)).toEqual({
    data: '{"games":[{"size":8,"board":{"rows":8}},{"size":null,"board":{"r":null}}]}',
    paths: ['games.1.board.r', 'games.1.size'],
  });
  expect(graph.seen[0]?.request.query).toContain('size__alias_0:size');
});

test('what is null because something beside it failed has no error of its own', async () => {
  const players = {
    typeDefs: 'type Query { player: Player me: Player! } type Player @key(fields: "id") { id: ID! }',
    resolvers: { Query: { player: () => ({ id: 'p1' }), me: () => ({ id: 'p1' }) } },
  };
  const scores = {
    typeDefs: `
      type Query { total: Int! mean: Int! }
      type Player @key(fields: "id") { id: ID! name: String! wins: Int! rank: Int! }`,
    resolvers: {
      Query: { total: () => 3, mean: fails('nobody has played') },
      Player: { name: () => 'Ann', wins: fails('no wins'), rank: () => 1 },
    },
  };
  const graph = createTestGraph({ players, scores });
  expect(await askBroken(graph, '{ player { name rank wins } }')).toEqual({
    data: '{"player":null}',
    paths: ['player.wins'],
  });
  expect(await askBroken(graph, '{ me { id name w: wins } }')).toEqual({ data: 'null', paths: ['me.w'] });
  expect(await askBroken(graph, '{ player { id } total mean }')).toEqual({ data: 'null', paths: ['mean'] });
});

test('an error of what only objects of another type select is told at none of this type', async () => {
  const things = {
    typeDefs: `
      type Query { things: [Thing] }
      interface Thing { graph: Query }
      type Lamp implements Thing { graph: Query }
      type Chair implements Thing { graph: Query }`,
    resolvers: {
      Query: {
        things: () => [
          { __typename: 'Lamp', graph: {} },
          { __typename: 'Chair', graph: {} },
        ],
      },
    },
  };
  const graph = createTestGraph({ things, ranks });
  const source = '{ things { graph { __typename } ... on Lamp { graph { top } } } }';
  expect(await askBroken(graph, source)).toEqual({
    data: '{"things":[{"graph":{"__typename":"Query","top":null}},{"graph":{"__typename":"Query"}}]}',
    paths: ['things.0.graph.top'],
  });
  graph.breakSubgraph('ranks');
  expect((await askBroken(graph, source)).paths).toEqual(['things.0.graph.top']);
});
