import { expect, test } from 'vitest';
import { createAudienceRule, findUnknownFields } from '../../src/subscriptions/audience.ts';
import { createTestGraph } from '../test-graph.ts';

const graphWith = (ruleOfScores: string) =>
  createTestGraph({
    scores: {
      typeDefs: `
      type Query { ok: Boolean }
      type Subscription { changed(board: ID): Change! happened: Event either: Either! }
      type Change { score: Int! ${ruleOfScores} mine: Boolean by: Player! secret: Int @authenticated }
      interface Event { at: Int! }
      type Win implements Event { at: Int! by: Player! }
      type Loss implements Event { at: Int! }
      union Either = Win | Loss
      type Player @key(fields: "id") { id: ID! }
    `,
      resolvers: {},
    },
    players: {
      typeDefs: 'type Query { me: Player } type Player @key(fields: "id") { id: ID! name: String! email: String }',
      resolvers: {},
    },
  }).graph;
const graph = graphWith('');

function prepare({ catalogue }: typeof graph, selection: string) {
  const operation = catalogue.prepare(`subscription ${selection}`, undefined);
  if ('errors' in operation) throw new Error(JSON.stringify(operation.errors));
  return operation;
}

function audienceOf(selection: string, publicFields: string) {
  const operation = prepare(graph, selection);
  return createAudienceRule(publicFields.split(' ').filter(Boolean))(graph, operation, graph.compile(operation));
}

test.each([
  ['nothing is named', '{ changed { score } }', '', 'CALLER'],
  ['each field is named', '{ changed { score } }', 'Subscription.changed Change.score', 'EVERYBODY'],
  ['their types are', '{ a: changed { s: score __typename } }', 'Subscription Change', 'EVERYBODY'],
  ['one field is not', '{ changed { score mine } }', 'Subscription Change.score', 'CALLER'],
  [
    'it stands in a fragment',
    '{ ...F } fragment F on Subscription { changed { ... { mine } } }',
    'Subscription',
    'CALLER',
  ],
  [
    'it is skipped at times',
    'S($no: Boolean!) { changed { score mine @skip(if: $no) } }',
    'Subscription Change.score',
    'CALLER',
  ],
  ['another subgraph adds to it', '{ changed { by { name } } }', 'Subscription Change Player.id', 'EVENTS'],
  [
    'what that adds is named too',
    '{ changed { by { name } } }',
    'Subscription Change Player.id Player.name',
    'EVERYBODY',
  ],
  ['then its key need not be', '{ changed { by { name } } }', 'Subscription Change Player.name', 'EVERYBODY'],
  [
    'where it is the caller’s own, it must',
    '{ changed { by { email } } }',
    'Subscription Change Player.name',
    'CALLER',
  ],
  ['a field behind a rule', '{ changed { secret } }', 'Subscription Change', 'CALLER'],
  ['one that is named itself', '{ changed { secret } }', 'Subscription Change Change.secret', 'EVERYBODY'],
  ['an interface is named', '{ happened { at } }', 'Subscription Event', 'EVERYBODY'],
  ['all of its types are', '{ happened { at } }', 'Subscription Win Loss', 'EVERYBODY'],
  ['some of its types are', '{ happened { at } }', 'Subscription Win', 'CALLER'],
  [
    'the types of a union',
    '{ either { ... on Win { at } ... on Loss { at } } }',
    'Subscription Win.at Loss.at',
    'EVERYBODY',
  ],
])('who gets the same: %s', (_title, selection, publicFields, audience) => {
  expect(audienceOf(selection, publicFields)).toBe(audience);
});

test('a field that is put behind a rule is shared no longer, though its plan is still the same', () => {
  const audienceOn = createAudienceRule(['Subscription', 'Change']);
  const compiled = graph.compile(prepare(graph, '{ changed { score } }'));
  const later = graphWith('@authenticated');
  expect(audienceOn(graph, prepare(graph, '{ changed { score } }'), compiled)).toBe('EVERYBODY');
  expect(audienceOn(later, prepare(later, '{ changed { score } }'), compiled)).toBe('CALLER');
});

test('what is named and not in the supergraph is found', () => {
  const names = ['Change', 'Change.score', 'Change.scroe', 'Chnage', 'Int', 'Either', 'Event.at', 'toString.length'];
  expect(findUnknownFields(graph.apiSchema, names)).toEqual([
    'Change.scroe',
    'Chnage',
    'Int',
    'Either',
    'toString.length',
  ]);
});
