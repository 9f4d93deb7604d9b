import { expect, test } from 'vitest';
import { createCountingObserver, createLiveGraph, read } from './live-graph.ts';

const SAID = 'subscription ($room: ID!) { said(room: $room) { text by { name } } }';
const inRoom = (room: string) => ({ variables: { room } });
const said = (text: string) => ({ data: { said: { text, by: { name: 'name of u1' } } } });
const ada = { userId: 'ada', sessionId: 's', scopes: ['read'] };

test('equal subscriptions share one upstream, and each event is completed once', async () => {
  const { observer, counts } = createCountingObserver();
  const { subscribe, say, untilOpen, state, seen, subscriptions } = createLiveGraph({ observer });
  const streams = Array.from({ length: 50 }, () => subscribe(SAID, inRoom('a')));
  const first = streams.map(read);
  await untilOpen(1);
  say('a', 'one');
  say('a', 'two');
  expect(await Promise.all(first)).toEqual(streams.map(() => said('one')));
  expect(await Promise.all(streams.map(read))).toEqual(streams.map(() => said('two')));
  expect(state.opened).toBe(1);
  expect(seen.map(({ subgraph }) => subgraph)).toEqual(['users', 'users']);
  expect(counts).toEqual({ upstreamsOpened: 1, streamsOpened: 50, eventsIn: 2, eventsOut: 100 });
  await Promise.all(streams.map((stream) => stream.return()));
  await untilOpen(0);
  expect(counts).toMatchObject({ upstreamsClosed: 1, streamsClosed: 50 });
  expect(subscriptions.upstreams()).toBe(0);
});

test.each([
  ['another variable', inRoom('b'), {}],
  ['another selection', inRoom('a'), {}],
  ['another person', { ...inRoom('a'), identity: ada }, {}],
  ['forwarded headers', { ...inRoom('a'), headers: { tenant: 'x' } }, {}],
  ['a client that wants its own', { ...inRoom('a'), allowsSharing: false }, {}],
  ['a metered client', { ...inRoom('a'), isMetered: true }, {}],
  ['sharing is off', inRoom('a'), { isSharing: false }],
])('no upstream is shared where it must not be: %s', async (title, other, deps) => {
  const { subscribe, say, untilOpen } = createLiveGraph(deps);
  const query = title === 'another selection' ? 'subscription ($room: ID!) { said(room: $room) { text } }' : SAID;
  const streams = [subscribe(SAID, inRoom('a')), subscribe(query, other)];
  const first = streams.map(read);
  await untilOpen(2);
  say('a', 'x');
  say('b', 'x');
  expect((await Promise.all(first)).every((event) => event?.data)).toBe(true);
  await Promise.all(streams.map((stream) => stream.return()));
  await untilOpen(0);
});

test('whatever is asked of the subgraph in the same way has one upstream, however the client writes it', async () => {
  const { observer, counts } = createCountingObserver();
  const { subscribe, say, untilOpen, state, subscriptions } = createLiveGraph({ observer });
  const streams = [
    SAID,
    `  ${SAID.replaceAll(' ', '\n  ')}`,
    SAID.replace('subscription', 'subscription Chat'),
    SAID.replace('subscription', 'subscription Other'),
    SAID.replace('said(room: $room) {', '... { said(room: $room) {').replace('} }', '} } }'),
    SAID.replace('by { name }', 'by { name seenBy }'),
  ].map((query) => subscribe(query, inRoom('a')));
  const first = streams.map(read);
  await untilOpen(1);
  expect(subscriptions.upstreams()).toBe(1);
  say('a', 'one');
  const by = { name: 'name of u1', seenBy: 'nobody' };
  const answers = [...Array.from({ length: 5 }, () => said('one')), { data: { said: { text: 'one', by } } }];
  expect(await Promise.all(first)).toEqual(answers);
  expect(state.opened).toBe(1);
  expect(counts).toMatchObject({ upstreamsOpened: 1, streamsOpened: 6, eventsIn: 1, eventsOut: 6 });
  await Promise.all(streams.slice(1).map((stream) => stream.return()));
  const last = read(streams[0] as (typeof streams)[number]);
  say('a', 'two');
  expect(await last).toEqual(said('two'));
  await streams[0]?.return();
  await untilOpen(0);
  expect([state.opened, subscriptions.upstreams()]).toEqual([1, 0]);
});

test('a value that reads like the name of an operation stays a value', async () => {
  const { subscribe, say, untilOpen } = createLiveGraph();
  const rooms = ['a', 'Chat__live__0', '"}'];
  const named = SAID.replace('subscription', 'subscription Chat');
  const streams = rooms.map((room) => subscribe(named, inRoom(room)));
  const first = streams.map(read);
  await untilOpen(rooms.length);
  for (const room of rooms) say(room, room);
  expect(await Promise.all(first)).toEqual(rooms.map(said));
  await Promise.all(streams.map((stream) => stream.return()));
});

test('the same person with fewer scopes has an upstream of its own', async () => {
  const { subscribe } = createLiveGraph();
  const who = 'subscription { whoListens }';
  const streams = [ada, { ...ada, scopes: [] }, { ...ada, userId: 'eve' }].map((identity) =>
    subscribe(who, { identity }),
  );
  const answers = await Promise.all(streams.map(read));
  expect(answers.map((answer) => answer?.data?.whoListens)).toEqual(['ada', 'ada', 'eve']);
  await Promise.all(streams.map((stream) => stream.return()));
});

test('who joins later gets the events from then on, and who leaves leaves the others alone', async () => {
  const { subscribe, say, untilOpen, state } = createLiveGraph();
  const early = subscribe(SAID, inRoom('a'));
  const first = read(early);
  await untilOpen(1);
  say('a', 'one');
  expect(await first).toEqual(said('one'));
  const late = subscribe(SAID, inRoom('a'));
  const nexts = [read(early), read(late)];
  say('a', 'two');
  expect(await Promise.all(nexts)).toEqual([said('two'), said('two')]);
  await early.return();
  const last = read(late);
  say('a', 'three');
  expect(await last).toEqual(said('three'));
  expect(state.opened).toBe(1);
  await late.return();
  await untilOpen(0);
});

test.each(['return', 'abort'])('leaving while an event is awaited takes effect at once: %s', async (way) => {
  const { subscribe, untilOpen, subscriptions } = createLiveGraph();
  const leaving = new AbortController();
  const stream = subscribe(SAID, { ...inRoom('a'), signal: leaving.signal });
  const next = stream.next();
  await untilOpen(1);
  if (way === 'return') await stream.return();
  else leaving.abort();
  expect((await next).done).toBe(true);
  expect(subscriptions.upstreams()).toBe(0);
  await untilOpen(0);
});

test('leaving in the tick of the subscribing leaves no upstream behind', async () => {
  const { subscribe, subscriptions, state, untilOpen } = createLiveGraph();
  const stays = subscribe(SAID, inRoom('b'));
  void stays.next();
  await untilOpen(1);
  for (let i = 0; i < 100; i++) {
    const leaving = new AbortController();
    const stream = subscribe(SAID, { ...inRoom('a'), signal: leaving.signal });
    if (i % 2) void stream.next();
    if (i % 3) leaving.abort();
    else await stream.return();
  }
  expect(subscriptions.upstreams()).toBe(1);
  await untilOpen(1);
  expect(state.open).toBe(1);
  await stays.return();
});

test('a client that has gone before it subscribes gets nothing and opens nothing', async () => {
  const { subscribe, state, subscriptions } = createLiveGraph();
  expect(await read(subscribe(SAID, { ...inRoom('a'), signal: AbortSignal.abort() }))).toBeNull();
  expect([state.opened, subscriptions.upstreams()]).toEqual([0, 0]);
});

test('a subscription that the subgraph refuses gives its masked error, to whoever asks', async () => {
  const { subscribe } = createLiveGraph();
  for (let i = 0; i < 2; i++) {
    const stream = subscribe('subscription { refused }');
    const { value } = await stream.next();
    expect(value).toMatchObject({ outcome: 'REFUSED' });
    const late = subscribe('subscription { refused }');
    expect(String((value as { body: Buffer }).body)).not.toContain('secret');
    expect((await read(late))?.errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    expect(await read(stream)).toBeNull();
  }
});

test('variables that do not fit are one refusal, and no upstream', async () => {
  const { subscribe, subscriptions } = createLiveGraph();
  const stream = subscribe(SAID);
  expect(await read(stream)).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  expect(await read(stream)).toBeNull();
  expect(subscriptions.upstreams()).toBe(0);
});
