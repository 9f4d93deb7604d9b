import { silentLogger } from '@playgraph/kernel/logger';
import { failedResponse } from '@playgraph/server/transport';
import { expect, test } from 'vitest';
import type { ClientInfo } from '../../src/client-request.ts';
import { admit } from '../../src/protection/admit.ts';
import { createInfo } from '../test-graph.ts';
import { createCountingObserver, createLiveGraph, createLiveParts, type LiveOptions, read } from './live-graph.ts';

const EVENTS = ['Subscription.said', 'Message', 'User.id'];
const SAID = 'subscription ($room: ID!) { said(room: $room) { text by { name } } }';
const SEEN = 'subscription ($room: ID!) { said(room: $room) { text by { seenBy } } }';
const inA = { variables: { room: 'a' } };
const person = (userId: string) => ({
  identity: { userId, sessionId: `session of ${userId}`, scopes: ['read'] },
  headers: { authorization: `Bearer ${userId}`, tenant: userId },
  correlationId: `request of ${userId}`,
});

/** A graph whose calls and upstreams tell on whose behalf they were made. */
function createWatched(options: LiveOptions) {
  const asked: ClientInfo[] = [];
  const { observer, counts } = createCountingObserver();
  const live = createLiveGraph({
    observer,
    callFor: (client) => {
      asked.push(client);
      return live.callFor(client);
    },
    ...options,
  });
  return { ...live, asked, counts };
}

test('public events have one upstream for everybody, and what others add to them is each caller’s own', async () => {
  const { subscribe, say, untilOpen, state, asked, counts, subscriptions } = createWatched({ publicFields: EVENTS });
  const callers = [person('ada'), person('ada'), person('bob'), {}];
  const streams = callers.map((caller) => subscribe(SEEN, { ...inA, ...caller }));
  const first = streams.map(read);
  await untilOpen(1);
  say('a', 'hello');
  const seenBy = (await Promise.all(first)).map((answer) => answer?.data?.said);
  expect(seenBy).toEqual(['ada', 'ada', 'bob', 'nobody'].map((name) => ({ text: 'hello', by: { seenBy: name } })));
  expect(asked.map(({ identity }) => identity?.userId ?? null)).toEqual(['ada', 'bob', null]);
  expect(counts).toMatchObject({ upstreamsOpened: 1, eventsIn: 1, eventsOut: 4, streamsOpened: 4 });
  expect([state.opened, subscriptions.upstreams()]).toEqual([1, 1]);
  await Promise.all(streams.map((stream) => stream.return()));
  await untilOpen(0);
  expect(subscriptions.upstreams()).toBe(0);
  expect(counts).toMatchObject({ upstreamsClosed: 1, streamsClosed: 4 });
});

test('where all that is selected is public, each event is completed once, on behalf of nobody', async () => {
  const publicFields = [...EVENTS, 'User.name'];
  const { subscribe, say, untilOpen, asked, seen } = createWatched({ publicFields });
  const streams = ['ada', 'bob', 'eve'].map((name) => subscribe(SAID, { ...inA, ...person(name) }));
  const first = streams.map(read);
  await untilOpen(1);
  say('a', 'hello');
  const answer = { data: { said: { text: 'hello', by: { name: 'name of u1' } } } };
  expect(await Promise.all(first)).toEqual([answer, answer, answer]);
  expect(seen).toHaveLength(1);
  expect(asked).toMatchObject([{ identity: null, headers: {} }]);
  expect(asked[0]?.correlationId).not.toContain('request of');
  await Promise.all(streams.map((stream) => stream.return()));
});

test('nothing of a client goes along when public events are asked for', async () => {
  const infos: object[] = [];
  const { subscribe } = createWatched({
    publicFields: EVENTS,
    async *subscribe(_request, { signal: _, ...info }) {
      infos.push(info);
      yield { data: { said: { text: 'x', by: { __typename: 'User', id: 'u1' } } } };
    },
  });
  for (const query of [SAID, SEEN]) {
    for (const more of [{}, { isMetered: true }, { allowsSharing: false }])
      await read(subscribe(query, { ...inA, ...person('grace'), ...more }));
  }
  expect(infos).toHaveLength(6);
  for (const info of infos) {
    expect(info).toMatchObject({ identity: null, headers: {}, isMetered: false });
    // A name that no random id has in it by chance.
    expect(JSON.stringify(info)).not.toContain('grace');
  }
});

test.each([
  [
    'a field of the event that is not named',
    'subscription { said(room: "a") { text readBy } }',
    ['Subscription.said', 'Message.text'],
  ],
  [
    'the same in a fragment',
    'subscription { ...F } fragment F on Subscription { said(room: "a") { ... on Message { readBy } } }',
    ['Subscription.said', 'Message.text'],
  ],
  [
    'a key that others are asked by',
    SAID.replace('($room: ID!)', '').replace('$room', '"a"'),
    ['Subscription.said', 'Message'],
  ],
  ['the subscription field itself', 'subscription { said(room: "a") { text } }', ['Message']],
])(
  'events with a part that is not public are asked for on behalf of each caller: %s',
  async (_title, query, publicFields) => {
    const { subscribe, untilOpen, say } = createWatched({ publicFields });
    const streams = ['ada', 'bob'].map((name) => subscribe(query, person(name)));
    const first = streams.map(read);
    await untilOpen(2);
    say('a', 'x');
    const answers = (await Promise.all(first)).map((answer) => JSON.stringify(answer?.data));
    if (query.includes('readBy'))
      expect(answers).toEqual([expect.stringContaining('ada'), expect.stringContaining('bob')]);
    await Promise.all(streams.map((stream) => stream.return()));
    await untilOpen(0);
  },
);

test('other variables are another stream, also of public events', async () => {
  const { subscribe, untilOpen, say } = createWatched({ publicFields: [...EVENTS, 'User.name'] });
  const streams = ['a', 'b'].map((room) => subscribe(SAID, { variables: { room } }));
  const first = streams.map(read);
  await untilOpen(2);
  say('a', 'in a');
  say('b', 'in b');
  expect((await Promise.all(first)).map((answer) => answer?.data?.said)).toEqual([
    { text: 'in a', by: { name: 'name of u1' } },
    { text: 'in b', by: { name: 'name of u1' } },
  ]);
  await Promise.all(streams.map((stream) => stream.return()));
});

test('an error in one caller’s part is told to that caller alone', async () => {
  const { subscribe, untilOpen, say } = createWatched({ publicFields: EVENTS });
  const streams = ['ada', 'eve'].map((name) => subscribe(SEEN, { ...inA, ...person(name) }));
  const first = streams.map(read);
  await untilOpen(1);
  say('a', 'x');
  const [ada, eve] = await Promise.all(first);
  expect(ada?.errors).toBeUndefined();
  expect(eve?.errors).toHaveLength(1);
  await Promise.all(streams.map((stream) => stream.return()));
});

/** Three clients, of whom two are signed in, each with what the gateway lets it read. */
async function subscribeAll(live: ReturnType<typeof createWatched>, query: string) {
  const callers = [createInfo(), { ...createInfo(), ...person('ada') }, { ...createInfo(), ...person('bob') }];
  const prepared = live.graph().catalogue.prepare(query, undefined);
  if ('errors' in prepared) throw new Error(JSON.stringify(prepared));
  return Promise.all(
    callers.map(async (client) => {
      const operation = await admit(live.graph(), prepared, { variables: {}, client, logger: silentLogger });
      if ('errors' in operation) throw new Error(JSON.stringify(operation));
      return live.subscriptions.subscribe({ operation, variables: {}, client });
    }),
  );
}

const GUARDED = 'subscription { said(room: "a") { text secret } }';
const denied = { data: { said: { text: 'x', secret: null } }, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] };
const told = { data: { said: { text: 'x', secret: 'for who is signed in' } } };

test('a field behind a rule of access is not public because its type is', async () => {
  const live = createWatched({ publicFields: ['Subscription', 'Message'] });
  const streams = await subscribeAll(live, GUARDED);
  const first = streams.map(read);
  await live.untilOpen(3);
  live.say('a', 'x');
  expect(await Promise.all(first)).toMatchObject([denied, told, told]);
  await Promise.all(streams.map((stream) => stream.return()));
});

test('where such a field is public all the same, the gateway still says to whom', async () => {
  const asked: string[] = [];
  const live = createWatched({
    publicFields: ['Subscription', 'Message', 'Message.secret'],
    async *subscribe({ query }) {
      asked.push(query);
      await Promise.resolve();
      yield { data: { said: { text: 'x', ...(query.includes('secret') && told.data.said) } } };
    },
  });
  const streams = await subscribeAll(live, GUARDED);
  expect(await Promise.all(streams.map(read))).toMatchObject([denied, told, told]);
  expect(asked.map((query) => query.includes('secret'))).toEqual([false, true]);
});

test('who shares nothing has an upstream of its own', async () => {
  const { subscribe, untilOpen } = createWatched({ publicFields: EVENTS, isSharing: false });
  const streams = [SAID, SAID].map((query) => subscribe(query, inA));
  const ends = streams.map(read);
  await untilOpen(2);
  await Promise.all(streams.map((stream) => stream.return()));
  expect(await Promise.all(ends)).toEqual([null, null]);
});

test('callers whose part is slow do not hold up the others, and are told when they fall behind', async () => {
  const asked: { answer(): void }[] = [];
  const live = createLiveGraph({
    publicFields: EVENTS,
    queue: { itemsMax: 8, bytesMax: 1_000_000 },
    callFor: (client) => async (subgraph, request) => {
      if (client.identity?.userId === 'bob') await new Promise<void>((answer) => asked.push({ answer }));
      return live.callFor(client)(subgraph, request);
    },
  });
  const [ada, bob] = ['ada', 'bob'].map((name) => live.subscribe(SEEN, { ...inA, ...person(name) }));
  if (!ada || !bob) throw new Error('no streams');
  const late = read(bob);
  for (let i = 0; i < 30; i++) {
    const next = read(ada);
    if (i === 0) await live.untilOpen(1);
    live.say('a', `${i}`);
    expect(await next).toMatchObject({ data: { said: { text: `${i}` } } });
  }
  asked.shift()?.answer();
  expect(await late).toMatchObject({ data: { said: { text: '0', by: { seenBy: 'bob' } } } });
  let last = await read(bob);
  for (let i = 0; last?.data && i < 30; i++) last = await read(bob);
  expect(last).toMatchObject({ errors: [{ extensions: { code: 'TOO_SLOW', retryable: true } }] });
  await ada.return();
  await live.untilOpen(0);
});

test('who comes after a refusal asks anew', async () => {
  let tries = 0;
  const { subscribe, subscriptions } = createWatched({
    publicFields: EVENTS,
    async *subscribe() {
      tries += 1;
      yield failedResponse('UNAVAILABLE', 'away');
    },
  });
  for (const name of ['ada', 'bob']) {
    const stream = subscribe(SAID, { ...inA, ...person(name) });
    expect(await read(stream)).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] });
    expect(await read(stream)).toBeNull();
  }
  expect([tries, subscriptions.upstreams()]).toEqual([2, 0]);
});

test('public events go on over a reload for all who read them, and end for those whose part is planned anew', async () => {
  const { subscribe, say, change, untilOpen, state } = createWatched({ publicFields: EVENTS });
  const text = 'subscription ($room: ID!) { said(room: $room) { text } }';
  const stays = subscribe(text, { ...inA, ...person('ada') });
  const ends = subscribe(SAID, { ...inA, ...person('bob') });
  const next = [stays, ends].map(read);
  await untilOpen(2);
  const { live, users } = createLiveParts();
  change({ live, people: users });
  say('a', 'on');
  expect(await next[1]).toMatchObject({ errors: [{ extensions: { code: 'GRAPH_CHANGED' } }] });
  expect(await next[0]).toEqual({ data: { said: { text: 'on' } } });
  expect(state.opened).toBe(2);
  await stays.return();
  await untilOpen(0);
});
