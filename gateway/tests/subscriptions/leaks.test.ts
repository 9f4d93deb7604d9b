import { systemClock } from '@playgraph/kernel/clock';
import { createSocketStreams } from '@playgraph/server/socket-transport';
import type { AbortListener, LeanAbortSignal } from '@playgraph/server/watch-abort';
import { expect, onTestFinished, test } from 'vitest';
import { countTimers } from './count-timers.ts';
import { connect, serveLive } from './live-door.ts';
import { createLiveGraph, read } from './live-graph.ts';
import { serveLiveSubgraph } from './live-subgraph.ts';

const COUNT = 2_000;
const FAR_COUNT = 1_000;
const identitySecret = 'a secret of the suite about leaks only';
const inRoom = (room: string | number) => `subscription { said(room: "${room}") { text } }`;

/** A signal that never aborts, and how many listen to it. */
function createLongSignal() {
  const listeners = new Set<AbortListener>();
  const signal: LeanAbortSignal = {
    aborted: false,
    reason: undefined,
    throwIfAborted: () => undefined,
    watch: (listener) => void listeners.add(listener),
    unwatch: (listener) => void listeners.delete(listener),
  };
  return { signal, listeners: () => listeners.size };
}

/** The whole way to a subgraph of its own, over its real sockets; a socket without streams closes at once. */
async function serveFar() {
  const { parts, way, stop } = await serveLiveSubgraph(identitySecret);
  const sockets = { open: 0 };
  const streams = createSocketStreams({
    ...way,
    clock: systemClock,
    socketIdleMs: 1,
    observer: {
      onSocketOpened: () => {
        sockets.open += 1;
      },
      onSocketClosed: () => {
        sockets.open -= 1;
        parts.said.emit('left');
      },
    },
  });
  onTestFinished(() => streams.close());
  return { ...parts, streams, sockets, stop };
}

test('thousands of subscriptions over sockets, ended in every way, leave nothing behind', async () => {
  const timers = countTimers();
  const far = await serveFar();
  const limits = { operationsMax: COUNT };
  const { url, subscriptions, counts } = await serveLive({
    door: { limits },
    subscriptions: { subscribe: far.streams.subscribe },
  });
  const before = timers.waiting();
  const clients = await Promise.all(Array.from({ length: 10 }, () => connect(url)));
  for (let i = 0; i < COUNT; i++) {
    const client = clients[i % clients.length];
    const id = `s${i}`;
    // At once, later, with the socket, never begun; some alone, some shared.
    if (i % 5 === 0) {
      client?.subscribe(id, inRoom(i));
      client?.say({ id, type: 'complete' });
    } else if (i % 5 === 1) client?.subscribe(id, 'subscription { refused }');
    else if (i % 5 === 2) client?.subscribe(id, 'subscription { nothing }');
    else client?.subscribe(id, inRoom(i % 5 === 3 ? i % 100 : i));
  }
  await far.untilOpen(420);
  for (let i = 0; i < COUNT; i += 3) clients[i % clients.length]?.say({ id: `s${i}`, type: 'complete' });
  for (const [i, { socket }] of clients.entries()) {
    if (i % 2 === 0) socket.close();
    else socket.terminate();
  }
  await far.untilOpen(0);
  await Promise.all(clients.map(({ closed }) => closed));
  await expect.poll(() => [subscriptions.upstreams(), far.sockets.open]).toEqual([0, 0]);
  expect(counts.streamsClosed).toBe(counts.streamsOpened);
  expect(counts.upstreamsClosed).toBe(counts.upstreamsOpened);
  await expect.poll(() => timers.waiting().length).toBeLessThanOrEqual(before.length);
});

test('a signal that lives long remembers no stream that has ended', async () => {
  const { subscribe, subscriptions, untilOpen, said, change, live, users } = createLiveGraph({
    publicFields: ['Subscription', 'Message', 'User.id'],
    queue: { itemsMax: 4, bytesMax: 100_000 },
  });
  const { signal, listeners } = createLongSignal();
  const withName = 'subscription { said(room: "a") { text by { name } } }';
  const streams = Array.from({ length: COUNT }, (_, i) => {
    const identity = { userId: `user ${i % 7}`, sessionId: 's', scopes: [] };
    const query = [inRoom('a'), withName, 'subscription { refused }', inRoom(i)][i % 4] ?? '';
    return subscribe(query, { signal, identity, allowsSharing: i % 3 > 0 });
  });
  const first = streams.map(read);
  while (listeners() < COUNT / 2) await new Promise(setImmediate);
  // A third leaves, then a newer graph ends all that are left.
  await Promise.all(streams.map((stream, i) => (i % 3 === 0 ? stream.return() : null)));
  said.emit('a', 'one');
  change({ live: { ...live, typeDefs: live.typeDefs.replace('text: String!', 'text: String') }, people: users });
  change({ other: { typeDefs: 'type Query { me: Int } type Subscription { none: Int }', resolvers: {} } });
  await Promise.all(first);
  for (const stream of streams) while (await read(stream));
  await untilOpen(0);
  expect([listeners(), subscriptions.upstreams()]).toEqual([0, 0]);
});

test('streams of a transport that ended in every way leave no listener, no timer and no socket', async () => {
  const timers = countTimers();
  const far = await serveFar();
  const { signal, listeners } = createLongSignal();
  const before = timers.waiting();
  const graph = createLiveGraph({ subscribe: far.streams.subscribe, isSharing: false });
  const streams = Array.from({ length: FAR_COUNT }, (_, i) =>
    graph.subscribe(i % 4 === 0 ? 'subscription { refused }' : inRoom(i), { signal }),
  );
  const first = streams.map(read);
  await far.untilOpen((FAR_COUNT * 3) / 4);
  await Promise.all(streams.map((stream, i) => (i % 4 === 1 ? stream.return() : null)));
  for (let i = 2; i < FAR_COUNT; i += 4) far.say(`${i}`, 'hello');
  await far.stop();
  await Promise.all(first);
  for (const stream of streams) while (await read(stream));
  await far.untilOpen(0);
  expect([listeners(), graph.subscriptions.upstreams()]).toEqual([0, 0]);
  await expect.poll(() => far.sockets.open).toBe(0);
  await expect.poll(() => timers.waiting().length).toBeLessThanOrEqual(before.length);
});
