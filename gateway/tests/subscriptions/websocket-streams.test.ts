import { once } from 'node:events';
import { lostResponse } from '@playgraph/server/socket-transport';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { connect, open, serveLive, TOKEN_TTL_MS } from './live-door.ts';
import { createLiveParts } from './live-graph.ts';

const SAID = 'subscription { said(room: "a") { text } }';
const said = (id: string, text: string) => ({ id, type: 'next', payload: { data: { said: { text } } } });

test('streams of many sockets share an upstream, and each client gets every event in order', async () => {
  const { url, say, untilOpen, counts } = await serveLive();
  const clients = await Promise.all(Array.from({ length: 10 }, () => connect(url)));
  for (const client of clients) client.subscribe('s', SAID);
  for (const client of clients) client.subscribe('q', '{ ok }');
  // Its answer and its end show that the subscription before it was dealt with.
  for (let i = 0; i < 2; i++) await Promise.all(clients.map((client) => client.next()));
  await untilOpen(1);
  for (const text of ['one', 'two', 'three']) say('a', text);
  for (const text of ['one', 'two', 'three'])
    expect(await Promise.all(clients.map((client) => client.next()))).toEqual(clients.map(() => said('s', text)));
  expect(counts).toMatchObject({
    socketsOpened: 10,
    streamsOpened: 10,
    upstreamsOpened: 1,
    eventsIn: 3,
    eventsOut: 30,
  });
  for (const client of clients) client.socket.terminate();
  await untilOpen(0);
});

test('a client that completes in the tick of its subscribing hears nothing and leaves nothing', async () => {
  const { url, subscriptions, state, counts } = await serveLive();
  const client = await connect(url);
  for (let i = 0; i < 50; i++) {
    client.subscribe(`s${i}`, SAID);
    client.say({ id: `s${i}`, type: 'complete' });
  }
  client.subscribe('again', SAID);
  client.say({ id: 'again', type: 'complete' });
  client.subscribe('again', '{ ok }');
  expect(await client.next()).toEqual({ id: 'again', type: 'next', payload: { data: { ok: true } } });
  expect(await client.next()).toEqual({ id: 'again', type: 'complete' });
  expect(subscriptions.upstreams()).toBe(0);
  expect(state.open).toBe(0);
  expect(counts.streamsOpened).toBe(counts.streamsClosed);
});

test('a client that completes while its stream waits frees it at the subgraph, and may go on', async () => {
  const { url, untilOpen, said: events } = await serveLive();
  const client = await connect(url);
  client.subscribe('s', SAID);
  await untilOpen(1);
  client.say({ id: 's', type: 'complete' });
  await untilOpen(0);
  client.subscribe('slow', '{ slow }');
  await once(events, 'asked');
  client.say({ id: 'slow', type: 'complete' });
  client.subscribe('q', '{ ok }');
  expect(await client.next()).toMatchObject({ id: 'q', type: 'next' });
});

test('a client that reads no more is closed with 4429; memory is bounded, and others miss nothing', async () => {
  const { url, say, untilOpen, counts } = await serveLive();
  const [paused, fast] = [await connect(url), await connect(url)];
  for (const client of [paused, fast]) client.subscribe('s', SAID);
  await untilOpen(1);
  // Its answer shows that the subscription before it was dealt with.
  paused.subscribe('q', '{ ok }');
  for (let i = 0; i < 2; i++) await paused.next();
  paused.socket.pause();
  const text = 'x'.repeat(256 * 1024);
  let sent = 0;
  while (!counts.slowReaders) {
    say('a', `${sent}${text}`);
    sent += 1;
    expect(await fast.next()).toEqual(said('s', `${sent - 1}${text}`));
  }
  let received = 0;
  paused.socket.on('message', () => {
    received += 1;
  });
  paused.socket.resume();
  expect(await paused.closed).toEqual([4429, 'Too slow a reader']);
  expect(received).toBeLessThan(sent);
  say('a', 'after');
  expect(await fast.next()).toEqual(said('s', 'after'));
});

test('a client that asks and never reads the answers is closed with 4429', async () => {
  const { url } = await serveLive({ door: { limits: { bufferedBytesMax: 64 * 1024 } } });
  const client = await connect(url);
  client.socket.pause();
  const ping = { type: 'ping', payload: { text: 'x'.repeat(100_000) } };
  for (let i = 0; i < 200; i++) await new Promise((resolve) => client.socket.send(JSON.stringify(ping), resolve));
  client.socket.resume();
  expect(await client.closed).toEqual([4429, 'Too slow a reader']);
});

test('large answers that wait for the network are no reason to close a socket', async () => {
  const { url } = await serveLive({ door: { limits: { bufferedBytesMax: 10_000 } } });
  const client = await connect(url);
  client.socket.pause();
  for (let i = 0; i < 10; i++) client.subscribe(`q${i}`, '{ big }');
  for (let i = 0; i < 10; i++) client.subscribe(`bad${i}`, '{');
  client.socket.resume();
  const messages = [];
  while (messages.length < 30) messages.push(await client.next());
  expect(messages.filter(({ type }) => type === 'next')).toHaveLength(10);
  expect(messages.filter(({ type }) => type === 'error')).toHaveLength(10);
});

test('a peer that does not answer pings is cut off, and its streams end', async () => {
  const { url, untilOpen, counts } = await serveLive({ door: { limits: { pingMs: 100 } } });
  const dead = await open(url, 'graphql-transport-ws', { autoPong: false });
  dead.say({ type: 'connection_init' });
  await dead.next();
  dead.subscribe('s', SAID);
  await untilOpen(1);
  expect((await dead.closed)[0]).toBe(1006);
  await untilOpen(0);
  expect(counts.socketsClosed).toBe(1);
});

test('a socket without operations is closed after a while, one with a stream is not', async () => {
  const { url, untilOpen } = await serveLive({ door: { limits: { idleMsMax: 30 } } });
  const streaming = await connect(url);
  streaming.subscribe('s', SAID);
  await untilOpen(1);
  const idle = await connect(url);
  expect(await idle.closed).toEqual([1000, 'Idle']);
  streaming.say({ type: 'ping' });
  expect(await streaming.next()).toEqual({ type: 'pong' });
  streaming.say({ id: 's', type: 'complete' });
  expect(await streaming.closed).toEqual([1000, 'Idle']);
});

test('a token that ends closes the socket with 4401, and its streams end', async () => {
  const { url, authorization, clock, untilOpen } = await serveLive();
  const token = authorization('ada');
  clock.advance(TOKEN_TTL_MS - 300);
  const client = await connect(url, { authorization: token });
  client.subscribe('s', SAID);
  await untilOpen(1);
  expect(await client.closed).toEqual([4401, 'Token expired']);
  await untilOpen(0);
});

test('a token that still counts, since clocks may differ, keeps its socket open for as long', async () => {
  const { url, authorization, clock, untilOpen } = await serveLive({ door: { clockToleranceMs: 5_000 } });
  const token = authorization('ada');
  clock.advance(TOKEN_TTL_MS + 4_700);
  const client = await connect(url, { authorization: token });
  client.subscribe('s', SAID);
  await untilOpen(1);
  expect(await client.closed).toEqual([4401, 'Token expired']);
});

test('a server that drains lets queries end, then says good-bye with 1001', async () => {
  const { url, said: events, untilOpen, door } = await serveLive();
  const client = await connect(url);
  client.subscribe('s', SAID);
  client.subscribe('q', '{ slow }');
  await Promise.all([once(events, 'asked'), untilOpen(1)]);
  const closing = door.close();
  const [error] = await once(new WebSocket(url, 'graphql-transport-ws'), 'error');
  expect(String(error)).toContain('503');
  client.subscribe('late', '{ ok }');
  events.emit('answer');
  expect(await client.next()).toEqual({ id: 'q', type: 'next', payload: { data: { slow: true } } });
  expect(await client.next()).toEqual({ id: 'q', type: 'complete' });
  expect(await client.closed).toEqual([1001, 'Going away']);
  await closing;
  await untilOpen(0);
});

test('a drain waits for nobody longer than its bound', async () => {
  const { url, said: events, door } = await serveLive({ door: { limits: { drainMsMax: 10, closeMsMax: 10 } } });
  const client = await connect(url);
  client.subscribe('q', '{ slow }');
  await once(events, 'asked');
  const silent = await open(url);
  silent.socket.pause();
  await door.close();
  expect(await client.closed).toEqual([1001, 'Going away']);
});

test('a reload ends the streams whose plan is another one with a retryable error, and no others', async () => {
  const { url, say, change, untilOpen, users } = await serveLive();
  const client = await connect(url);
  client.subscribe('stays', SAID);
  client.subscribe('ends', 'subscription { said(room: "a") { by { name } } }');
  await untilOpen(2);
  change({ live: createLiveParts().live, people: users });
  expect(await client.next()).toMatchObject({
    id: 'ends',
    type: 'error',
    payload: [{ extensions: { code: 'GRAPH_CHANGED', retryable: true } }],
  });
  say('a', 'still here');
  expect(await client.next()).toEqual(said('stays', 'still here'));
});

test('a stream that was lost ends with a retryable error after the events that came', async () => {
  const subscribe = async function* () {
    yield { data: { counted: 1 } };
    yield lostResponse('UPSTREAM_LOST', 'gone');
  };
  const { url } = await serveLive({ subscriptions: { subscribe } });
  const client = await connect(url);
  client.subscribe('s', 'subscription { counted }');
  expect(await client.next()).toMatchObject({ type: 'next', payload: { data: { counted: 1 } } });
  const payload = [{ extensions: { code: 'UPSTREAM_LOST', retryable: true } }];
  expect(await client.next()).toMatchObject({ id: 's', type: 'error', payload });
});

test('a stream whose events came faster than they were read closes the socket with 4429', async () => {
  const subscribe = async function* () {
    yield lostResponse('TOO_SLOW', 'too slow');
  };
  const { url } = await serveLive({ subscriptions: { subscribe } });
  const client = await connect(url);
  client.subscribe('s', 'subscription { counted }');
  expect(await client.closed).toEqual([4429, 'Too slow a reader']);
});
