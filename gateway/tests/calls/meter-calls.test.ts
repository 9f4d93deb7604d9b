import type { TransportAnswer } from '@playgraph/server/transport';
import { expect, test } from 'vitest';
import type { ForeseenCall, SubgraphCall } from '../../src/calls/subgraph-call.ts';
import { countCalls, meterCalls } from '../../src/meter-calls.ts';
import { createTestGraph } from '../test-graph.ts';

const found = { __resolveReference: (entity: object) => entity };
const users = {
  typeDefs: 'type Query { me: User you: User } type User @key(fields: "id") { id: ID! name: String }',
  resolvers: { Query: { me: () => ({ id: 'u1', name: 'n' }), you: () => null } },
};
const scores = {
  typeDefs: 'type User @key(fields: "id") { id: ID! score: Int }',
  resolvers: { User: { ...found, score: () => 7 } },
};
const createGraph = () => createTestGraph({ users, scores }, { showsPlan: true });

test('an answer says how many fetches its plan has, and how many requests it took', async () => {
  expect((await createGraph().query('{ me { name score } }')).extensions).toEqual({ plan: { fetches: 2, calls: 2 } });
  expect((await createGraph().query('{ you { name score } }')).extensions).toEqual({ plan: { fetches: 2, calls: 1 } });
  expect((await createGraph().query('{ __typename }')).extensions).toEqual({ plan: { fetches: 0, calls: 0 } });
});

test('the first part of an answer in parts says what it took', async () => {
  const parts = createGraph().queryInParts('{ me { name ... @defer { score } } }');
  expect((await parts.next()).value).toMatchObject({ extensions: { plan: { fetches: 2 } }, hasNext: true });
});

test('who asks for the usage gets it by subgraph beside the plan', async () => {
  const { extensions } = await createGraph().query('{ me { name score } }', {}, { isMetered: true });
  const once = { calls: 1, storeQueries: 0 };
  expect(extensions).toEqual({ plan: { fetches: 2, calls: 2 }, usage: { users: once, scores: once } });
});

test('an answer says nothing of its plan where that is not wanted', async () => {
  expect(await createTestGraph({ users, scores }).query('{ me { name } }')).toEqual({ data: { me: { name: 'n' } } });
});

const answer: TransportAnswer = { bytes: null, cacheControl: null, read: () => ({ data: null }) };
const request = { query: '{ a }', body: '{}' } as Parameters<SubgraphCall>[1];

test('what is counted is asked for as it was, with its purpose and whether it may be foreseen', async () => {
  const seen: unknown[] = [];
  const call: SubgraphCall = async (...asked) => {
    seen.push(asked);
    return answer;
  };
  await meterCalls(call).call('users', request, 'purpose', false);
  await countCalls({ call, foreseen: [] }, 1).call('users', request, 'purpose', false);
  expect(seen).toEqual([
    ['users', request, 'purpose', false],
    ['users', request, 'purpose', false],
  ]);
});

test('a request that was sent ahead counts once, when it is needed first', async () => {
  const foreseen: ForeseenCall[] = ['one', 'two'].map((purpose) => ({ purpose, claim: async () => answer }));
  const counted = countCalls({ call: async () => answer, foreseen }, 3);
  const [one] = counted.foreseen;
  expect(counted.foreseen.map(({ purpose }) => purpose)).toEqual(['one', 'two']);
  await one?.claim();
  await one?.claim();
  await counted.call('users', request);
  expect(counted.plan()).toEqual({ plan: { fetches: 3, calls: 2 } });
});
