import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { ask, callsOf } from './ask.ts';

type Row = Record<string, unknown>;

/** A parcel has three numbers; no subgraph knows all, and the customs need what lies beyond other numbers than their own. */
const shop = {
  typeDefs: 'type Query { parcel: Parcel } type Parcel @key(fields: "order") { order: ID! buyer: String }',
  resolvers: {
    Query: { parcel: () => ({ order: 'o1' }) },
    Parcel: { buyer: ({ order }: Row) => `buyer of ${order}` },
  },
};
const carrier = {
  typeDefs:
    'type Parcel @key(fields: "order") @key(fields: "track") { order: ID! track: ID! weight: Int alias: String }',
  resolvers: {
    Parcel: {
      __resolveReference: ({ order = 'o1', track = 't1' }: Row) => ({ order, track }),
      weight: () => 7,
      alias: () => 'box',
    },
  },
};
const port = {
  typeDefs: `
    type Parcel @key(fields: "track") @key(fields: "stamp { year code }") { track: ID! stamp: Stamp! ship: String }
    type Stamp { year: Int code: String }`,
  resolvers: {
    Parcel: {
      __resolveReference: ({ track = 't1', stamp = { year: 26, code: null } }: Row) => ({ track, stamp }),
      ship: ({ track }: Row) => `ship of ${track}`,
    },
  },
};
const customs = {
  typeDefs: `
    type Parcel @key(fields: "stamp { year code }") {
      stamp: Stamp!
      buyer: String @external
      ship: String @external
      form: String @requires(fields: "buyer ship")
    }
    type Stamp { year: Int code: String }`,
  resolvers: { Parcel: { form: ({ buyer, ship }: Row) => `${buyer}, ${ship}` } },
};
const createParcels = () => createTestGraph({ shop, carrier, port, customs });

test('a field waits for all that it requires, however long the way to its entity is', async () => {
  const graph = createParcels();
  expect(await ask(graph, '{ parcel { form } }')).toBe('{"parcel":{"form":"buyer of o1, ship of t1"}}');
  expect(callsOf(graph).at(-1)).toBe('customs');
});

test('what else is selected on a long way changes nothing of what a field requires', async () => {
  const graph = createParcels();
  expect(await ask(graph, '{ parcel { weight form stamp { year } ship } }')).toBe(
    '{"parcel":{"weight":7,"form":"buyer of o1, ship of t1","stamp":{"year":26},"ship":"ship of t1"}}',
  );
  expect(await ask(graph, '{ parcel { order: form form: order track: alias } }')).toBe(
    '{"parcel":{"order":"buyer of o1, ship of t1","form":"o1","track":"box"}}',
  );
});

const SHIPS: readonly Row[] = [
  { __typename: 'Ferry', id: 'f1', flag: 'DK', seats: 40, deck: 2 },
  { __typename: 'Barge', id: 'b1', flag: 'NL' },
];
const find = ({ id }: Row) => SHIPS.find((ship) => ship.id === id) ?? null;
const yard = {
  typeDefs: `
    type Query { known: [Vessel] }
    interface Vessel @key(fields: "id") { id: ID! flag: String }
    interface Carrier implements Vessel @key(fields: "id") { id: ID! flag: String seats: Int }
    interface Frozen { deck: Int }
    type Ferry implements Carrier & Vessel & Frozen @key(fields: "id") { id: ID! flag: String seats: Int deck: Int }
    type Barge implements Vessel @key(fields: "id") { id: ID! flag: String }`,
  resolvers: {
    Query: { known: () => SHIPS },
    ...Object.fromEntries(['Vessel', 'Carrier', 'Ferry', 'Barge'].map((name) => [name, { __resolveReference: find }])),
  },
};
const berths = {
  typeDefs: `
    type Query { moored: [Vessel]! }
    type Vessel @key(fields: "id", resolvable: false) @interfaceObject { id: ID! }
    type Carrier @key(fields: "id", resolvable: false) @interfaceObject { id: ID! }`,
  resolvers: { Query: { moored: () => [{ id: 'f1' }, { id: 'b1' }] } },
};
const createHarbour = () => createTestGraph({ yard, berths });

test('a fragment on one interface below another one that a subgraph knows as an object finds its members', async () => {
  const graph = createHarbour();
  expect(await ask(graph, '{ moored { ... on Carrier { seats } } }')).toBe('{"moored":[{"seats":40},{}]}');
  expect(
    await ask(
      graph,
      '{ moored { ...C flag } } fragment C on Carrier { __typename id ...F } fragment F on Frozen { deck }',
    ),
  ).toBe('{"moored":[{"__typename":"Ferry","id":"f1","deck":2,"flag":"DK"},{"flag":"NL"}]}');
  const conditional = 'query Q($no: Boolean!) { moored { id ... on Carrier @include(if: $no) { seats } } }';
  expect(await ask(graph, conditional, { no: false })).toBe('{"moored":[{"id":"f1"},{"id":"b1"}]}');
  expect(await ask(graph, conditional, { no: true })).toBe('{"moored":[{"id":"f1","seats":40},{"id":"b1"}]}');
  expect(await ask(graph, '{ known { ... on Carrier { seats ... on Vessel { flag } } } }')).toBe(
    '{"known":[{"seats":40,"flag":"DK"},{}]}',
  );
});
