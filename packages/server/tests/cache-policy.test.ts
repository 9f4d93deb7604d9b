import { systemClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { buildSchema } from '@playgraph/server/build-schema';
import { cacheControlOf } from '@playgraph/server/cache-policy';
import { createHttpTransport } from '@playgraph/server/http-transport';
import { createLocalTransport } from '@playgraph/server/local-transport';
import { serveSubgraph } from '@playgraph/server/serve-subgraph';
import type { Subgraph } from '@playgraph/server/subgraph';
import { createTransportRequest } from '@playgraph/server/transport';
import { OperationTypeNode, parse } from 'graphql';
import { expect, onTestFinished, test } from 'vitest';

const identitySecret = 'a-secret-of-at-least-32-characters';
const DECLARATION = /* GraphQL */ `
  directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
  enum CacheControlScope { PUBLIC PRIVATE }
`;
const typeDefs = /* GraphQL */ `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated"])
  ${DECLARATION}
  type Query {
    plain: String
    cached: String @cacheControl(maxAge: 60)
    fails: String @cacheControl(maxAge: 60)
    mine: String @cacheControl(maxAge: 60, scope: PRIVATE)
    guarded: String @cacheControl(maxAge: 60, scope: PUBLIC) @authenticated
    game: Game
    games: [Game!]! @cacheControl(maxAge: 10)
    unhinted: Unhinted @cacheControl(maxAge: 30)
    media: Media
    vault: Vault @cacheControl(maxAge: 60)
  }
  type Game @key(fields: "id") @cacheControl(maxAge: 300) {
    id: ID! title: String! isOwned: Boolean @cacheControl(maxAge: 20, scope: PRIVATE)
    maker: Unhinted
    inheriting: Unhinted @cacheControl(inheritMaxAge: true)
    kin: Kin
  }
  type Unhinted { name: String self: Unhinted @cacheControl(maxAge: 60) }
  type Kin @cacheControl(inheritMaxAge: true) { name: String }
  interface Media @cacheControl(maxAge: 100) { id: ID! title: String }
  type Book implements Media @cacheControl(maxAge: 50) { id: ID! title: String @cacheControl(maxAge: 40) }
  type Film implements Media { id: ID! title: String }
  type Vault @authenticated { gold: Int }
  type Silent @key(fields: "id") { id: ID! name: String }
  type Mutation { change: String @cacheControl(maxAge: 60) }
`;
const game = { __typename: 'Game', id: '1', title: 'Chess' };
const resolvers = {
  Query: {
    cached: () => 'cached',
    fails: () => {
      throw new Error('no');
    },
    game: () => game,
  },
  Game: { __resolveReference: () => game },
  Silent: { __resolveReference: () => null },
  Media: { __resolveType: () => 'Book' },
};
const schema = buildSchema({ typeDefs, resolvers });
const DATA = { data: {} };

test.each([
  ['{ cached }', 'max-age=60, public'],
  ['{ cached mine }', 'max-age=60, private'],
  ['{ guarded }', 'max-age=60, private'],
  ['{ vault { gold } }', 'max-age=60, private'],
  ['{ game { id title } }', 'max-age=300, public'],
  ['{ game { title isOwned } cached }', 'max-age=20, private'],
  ['{ games { title } }', 'max-age=10, public'],
  ['{ unhinted { name } }', 'max-age=30, public'],
  ['{ unhinted { self { self { name } } } }', 'max-age=30, public'],
  ['{ game { inheriting { name } kin { name } } }', 'max-age=300, public'],
  ['{ media { id } }', 'max-age=50, public'],
  ['{ media { title } }', 'max-age=40, public'],
  ['{ media { ... on Film { title } } }', 'max-age=50, public'],
  ['{ ...F } fragment F on Query { cached ...G } fragment G on Query { games { title } }', 'max-age=10, public'],
  ['query($yes: Boolean!) { cached games @skip(if: $yes) { title } }', 'max-age=10, public'],
  ['{ __typename cached }', 'max-age=60, public'],
  ['query($r: [_Any!]!) { _entities(representations: $r) { ... on Game { title } } }', 'max-age=300, public'],
  [
    'query($r: [_Any!]!) { _1: _entities(representations: $r) { __typename ...G } } fragment G on Game { isOwned }',
    'max-age=20, private',
  ],
])('%s may be kept: %s', (query, expected) => {
  expect(cacheControlOf(schema, { document: parse(query) }, DATA)).toBe(expected);
});

test.each([
  ['{ plain }'],
  ['{ cached plain }'],
  ['{ game { maker { name } } }'],
  ['{ cached __schema { description } }'],
  ['{ __typename }'],
  ['{ _service { sdl } }'],
  ['mutation { change }'],
  ['query($r: [_Any!]!) { _entities(representations: $r) { ... on Game { title } ... on Silent { name } } }'],
])('%s is not to be kept', (query) => {
  expect(cacheControlOf(schema, { document: parse(query) }, DATA)).toBeNull();
});

test('each operation of a document has a policy of its own', () => {
  const document = parse('query A { cached } query B { games { title } }');
  expect(cacheControlOf(schema, { document, operationName: 'A' }, DATA)).toBe('max-age=60, public');
  expect(cacheControlOf(schema, { document, operationName: 'B' }, DATA)).toBe('max-age=10, public');
  expect(cacheControlOf(schema, { document, operationName: 'C' }, DATA)).toBeNull();
});

test('an answer with errors, or without data, is not to be kept', () => {
  const document = parse('{ cached }');
  expect(cacheControlOf(schema, { document }, { data: {}, errors: [{ message: 'x' }] })).toBeNull();
  expect(cacheControlOf(schema, { document }, { data: null })).toBeNull();
  expect(cacheControlOf(schema, { document }, {})).toBeNull();
});

test('fragments that spread each other many times over are walked once each', () => {
  const chain = Array.from({ length: 200 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`);
  const document = parse(`{ ...F0 } ${chain.join(' ')} fragment F200 on Query { cached }`);
  expect(cacheControlOf(schema, { document }, DATA)).toBe('max-age=60, public');
});

function createSubgraph(): Subgraph {
  return {
    name: 'hinted',
    schema,
    logger: silentLogger,
    createContext: (info) => info,
    routes: [],
    checkReady: async () => undefined,
    close: async () => undefined,
  };
}

async function openHttp() {
  const subgraph = createSubgraph();
  const served = await serveSubgraph({
    subgraph,
    host: '127.0.0.1',
    port: 0,
    identitySecret,
    clock: systemClock,
    logger: silentLogger,
  });
  const url = `${served.url}/graphql`;
  const options = { name: 'hinted', url, identitySecret, clock: systemClock, logger: silentLogger };
  const transport = createHttpTransport(options);
  onTestFinished(async () => {
    await transport.close();
    await served.close();
  });
  return transport;
}

test.each([
  ['in process', async () => createLocalTransport(createSubgraph())],
  ['over HTTP', openHttp],
])('%s an answer says how long it may be kept', async (_how, open) => {
  const transport = await open();
  const info = {
    identity: null,
    correlationId: 'test',
    signal: new AbortController().signal,
    isMetered: false,
    headers: {},
  };
  const ask = async (query: string, variables = {}) => {
    const operation = { query, variables, operationName: undefined, operationType: OperationTypeNode.QUERY };
    return (await transport.execute(createTransportRequest(operation), info)).cacheControl;
  };
  const entities = 'query($r: [_Any!]!) { _entities(representations: $r) { ... on Game { title } } }';
  expect(await ask('{ cached game { title } }')).toBe('max-age=60, public');
  expect(await ask(entities, { r: [{ __typename: 'Game', id: '1' }] })).toBe('max-age=300, public');
  for (const query of ['{ plain }', '{ cached fails }', '{ nothing }']) expect(await ask(query)).toBeNull();
});
