import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { askBroken } from './ask.ts';

const home = { street: 'Elm', zip: '1', geo: { lat: 1, lon: 2 } };
const user = { __typename: 'User', id: 'u1', home, homes: [[home, null]] };
const settings = { theme: 'dark', size: 3, deep: { here: 1, there: 2 } };
const resolvers = {
  Query: { settings: () => settings, user: () => user },
  User: { __resolveReference: () => user },
};

/** Two subgraphs have each their part of objects without a key. */
const streets = {
  typeDefs: `
    type Query { settings: Settings @shareable user: User }
    type User @key(fields: "id") { id: ID! home: Home @shareable homes: [[Home]] @shareable }
    type Home { street: String geo: Geo @shareable }
    type Geo { lat: Int }
    type Settings { theme: String deep: Deep @shareable }
    type Deep { here: Int }`,
  resolvers,
};
const zips = {
  typeDefs: `
    type Query { settings: Settings @shareable other: Int }
    type User @key(fields: "id") { id: ID! home: Home @shareable homes: [[Home]] @shareable age: Int }
    type Home { zip: String geo: Geo @shareable }
    type Geo { lon: Int! }
    type Settings { size: Int deep: Deep @shareable }
    type Deep { there: Int }`,
  resolvers: { ...resolvers, Query: { settings: () => settings } },
};

test('a root object of which one subgraph has brought its part has errors where that of another is missing', async () => {
  const graph = createTestGraph({ streets, zips });
  graph.breakSubgraph('zips');
  expect(await askBroken(graph, '{ all: settings { theme px: size deep { here there } } other }')).toEqual({
    data: '{"all":{"theme":"dark","px":null,"deep":{"here":1,"there":null}},"other":null}',
    paths: ['all.deep.there', 'all.px', 'other'],
  });
});

test('the same in an object of an entity, and in lists of lists', async () => {
  const graph = createTestGraph({ streets, zips });
  graph.breakSubgraph('zips');
  expect(await askBroken(graph, '{ user { at: home { street zip } homes { code: zip street } } }')).toEqual({
    data: '{"user":{"at":{"street":"Elm","zip":null},"homes":[[{"code":null,"street":"Elm"},null]]}}',
    paths: ['user.at.zip', 'user.homes.0.0.code'],
  });
});

test('what may not be null there is missing for the one reason, and has no second error', async () => {
  const graph = createTestGraph({ streets, zips });
  graph.breakSubgraph('zips');
  const { data, errors } = await graph.query('{ user { home { geo { lat lon } } } }');
  expect(data).toEqual({ user: { home: { geo: null } } });
  expect(errors?.map(({ path, extensions }) => [path?.join('.'), extensions.service])).toEqual([
    ['user.home.geo.lon', 'zips'],
  ]);
});

test('what conditions leave out of such an object is no loss', async () => {
  const graph = createTestGraph({ streets, zips });
  graph.breakSubgraph('zips');
  const source = 'query ($all: Boolean = false) { user { age home { street zip @include(if: $all) } } }';
  expect(await askBroken(graph, source)).toEqual({
    data: '{"user":{"age":null,"home":{"street":"Elm"}}}',
    paths: ['user.age'],
  });
});

test('a field that requires what a fetch should have brought has the error too, beside fields of that fetch', async () => {
  const sums = {
    typeDefs: 'type User @key(fields: "id") { id: ID! age: Int @external next: Int @requires(fields: "age") }',
    resolvers: { User: { next: ({ age }: { age: number }) => age + 1 } },
  };
  const graph = createTestGraph({ streets, zips, sums });
  graph.breakSubgraph('zips');
  expect(await askBroken(graph, '{ user { age next } }')).toEqual({
    data: '{"user":{"age":null,"next":null}}',
    paths: ['user.age', 'user.next'],
  });
});

test('an object whose type was not to be learned has the error of the subgraph that knows it', async () => {
  const pets = {
    typeDefs: `
      type Query { any: Int }
      interface Pet @key(fields: "id") { id: ID! }
      type Dog implements Pet @key(fields: "id") { id: ID! }`,
    resolvers: { Pet: { __resolveReference: ({ id }: { id: string }) => ({ __typename: 'Dog', id }) } },
  };
  const vets = {
    typeDefs: 'type Query { patients: [Pet] } type Pet @key(fields: "id") @interfaceObject { id: ID! }',
    resolvers: { Query: { patients: () => [{ id: 'p1' }] } },
  };
  const graph = createTestGraph({ pets, vets });
  graph.breakSubgraph('pets');
  const { data, errors } = await graph.query('{ patients { __typename id } }');
  expect(data).toEqual({ patients: [null] });
  expect(errors?.map(({ path, extensions }) => [path, extensions.service])).toEqual([[['patients', 0], 'pets']]);
});
