import { once } from 'node:events';
import { createClient } from 'graphql-ws';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { connect, open, serveLive, TOKEN_TTL_MS } from './live-door.ts';

const SAID = 'subscription { said(room: "a") { text } }';

test.each([
  ['none', null],
  ['an unknown one', 'graphql'],
  ['the old one', 'graphql-ws'],
])('a client without the subprotocol is closed with 4406: %s', async (_title, protocol) => {
  const { url } = await serveLive();
  expect(await (await open(url, protocol)).closed).toEqual([4406, 'Subprotocol not acceptable']);
});

test.each([
  ['no JSON', 'hello'],
  ['no object', '[]'],
  ['no type', '{}'],
  ['an unknown type', { type: 'start' }],
  ["a server's message", { type: 'next', id: '1', payload: { data: null } }],
  ["a server's acknowledgement", { type: 'connection_ack' }],
  ['a subscription without an id', { type: 'subscribe', payload: { query: '{ ok }' } }],
  ['a subscription with an empty id', { type: 'subscribe', id: '', payload: { query: '{ ok }' } }],
  ['an id without an end', { type: 'subscribe', id: 'x'.repeat(257), payload: { query: '{ ok }' } }],
  ['no query', { type: 'subscribe', id: '1', payload: {} }],
  ['variables that are none', { type: 'subscribe', id: '1', payload: { query: '{ ok }', variables: [] } }],
  ['extensions that are none', { type: 'subscribe', id: '1', payload: { query: '{ ok }', extensions: 'x' } }],
  ['a completion without an id', { type: 'complete' }],
  ['an init whose payload is none', { type: 'connection_init', payload: 'x' }],
])('what is no message of the protocol closes the socket with 4400: %s', async (_title, message) => {
  const { url } = await serveLive();
  const client = await open(url);
  client.say(message);
  expect(await client.closed).toEqual([4400, 'Invalid message received']);
});

test('binary data closes the socket with 4400', async () => {
  const { url } = await serveLive();
  const client = await open(url);
  client.socket.send(Buffer.from('{"type":"ping"}'), { binary: true });
  expect(await client.closed).toEqual([4400, 'Invalid message received']);
});

test('an operation before the acknowledgement closes the socket with 4401', async () => {
  const { url } = await serveLive();
  const client = await open(url);
  client.subscribe('1', '{ ok }');
  expect(await client.closed).toEqual([4401, 'Unauthorized']);
});

test.each(['Bearer nonsense', 'nonsense', 'Bearer '])(
  'a token that does not count closes the socket with 4401: %s',
  async (authorization) => {
    const { url } = await serveLive();
    const client = await open(url);
    client.say({ type: 'connection_init', payload: { authorization } });
    expect(await client.closed).toEqual([4401, 'Unauthorized: the token does not count']);
  },
);

test('an expired token closes the socket with 4401', async () => {
  const { url, authorization, clock } = await serveLive();
  const token = authorization('ada');
  clock.advance(TOKEN_TTL_MS + 1);
  const client = await open(url);
  client.say({ type: 'connection_init', payload: { authorization: token } });
  expect((await client.closed)[0]).toBe(4401);
});

test('a verifier that fails closes the socket with 4500 and shows nothing', async () => {
  const { url } = await serveLive({ door: { verifyToken: () => Promise.reject(new Error('a secret')) } });
  const client = await open(url);
  client.say({ type: 'connection_init', payload: { authorization: 'Bearer x' } });
  expect(await client.closed).toEqual([4500, 'Internal server error']);
});

test('a client that never says who it is is closed with 4408', async () => {
  const { url } = await serveLive({ door: { limits: { initMsMax: 20 } } });
  expect(await (await open(url)).closed).toEqual([4408, 'Connection initialisation timeout']);
});

test.each(['before', 'after'])('a second init closes the socket with 4429, %s the acknowledgement', async (when) => {
  const { url } = await serveLive();
  const client = await open(url);
  client.say({ type: 'connection_init' });
  if (when === 'after') await client.next();
  client.say({ type: 'connection_init' });
  expect(await client.closed).toEqual([4429, 'Too many initialisation requests']);
});

test('a name that is still in use closes the socket with 4409; one whose operation has ended is free', async () => {
  const { url, untilOpen } = await serveLive();
  const client = await connect(url);
  for (let i = 0; i < 3; i++) {
    client.subscribe('same', '{ ok }');
    expect(await client.next()).toEqual({ id: 'same', type: 'next', payload: { data: { ok: true } } });
    expect(await client.next()).toEqual({ id: 'same', type: 'complete' });
  }
  client.subscribe('same', SAID);
  client.subscribe('same', SAID);
  expect(await client.closed).toEqual([4409, 'Subscriber for same already exists']);
  await untilOpen(0);
});

test('one operation too many closes the socket with 4429, and all its streams end', async () => {
  const { url, untilOpen, subscriptions } = await serveLive({ door: { limits: { operationsMax: 3 } } });
  const client = await connect(url);
  for (const id of ['1', '2', '3']) client.subscribe(id, SAID);
  await untilOpen(1);
  client.subscribe('4', SAID);
  expect(await client.closed).toEqual([4429, 'Too many operations']);
  await untilOpen(0);
  expect(subscriptions.upstreams()).toBe(0);
});

test('one socket too many is refused before it opens', async () => {
  const { url } = await serveLive({ door: { limits: { socketsMax: 1 } } });
  await connect(url);
  const refused = new WebSocket(url, 'graphql-transport-ws');
  const [error] = await once(refused, 'error');
  expect(String(error)).toContain('503');
});

test('queries and mutations answer once and complete', async () => {
  const { url } = await serveLive();
  const client = await connect(url);
  client.subscribe('q', 'query Q($on: Boolean!) { ok @include(if: $on) }', { variables: { on: true } });
  expect(await client.next()).toEqual({ id: 'q', type: 'next', payload: { data: { ok: true } } });
  expect(await client.next()).toEqual({ id: 'q', type: 'complete' });
  client.subscribe('"', 'mutation A { add(number: 1) } query B { ok }', { operationName: 'A' });
  expect(await client.next()).toEqual({ id: '"', type: 'next', payload: { data: { add: 2 } } });
  expect(await client.next()).toEqual({ id: '"', type: 'complete' });
});

test.each([
  ['a syntax error', '{ ok', {}, 'GRAPHQL_PARSE_FAILED'],
  ['an unknown field', '{ nope }', {}, 'GRAPHQL_VALIDATION_FAILED'],
  ['an unknown operation', 'query A { ok }', { operationName: 'B' }, 'OPERATION_RESOLUTION_FAILURE'],
  ['a missing variable of a query', 'query ($a: Boolean!) { ok @skip(if: $a) }', {}, 'BAD_USER_INPUT'],
  ['a missing variable', 'subscription ($r: ID!) { said(room: $r) { text } }', {}, 'BAD_USER_INPUT'],
  ['a stream that cannot start', 'subscription { refused }', {}, 'INTERNAL_SERVER_ERROR'],
])('what fails before execution is one `error` and nothing else: %s', async (_title, query, more, code) => {
  const { url } = await serveLive();
  const client = await connect(url);
  client.subscribe('1', query, more);
  expect(await client.next()).toMatchObject({ id: '1', type: 'error', payload: [{ extensions: { code } }] });
  client.subscribe('1', '{ ok }');
  expect(await client.next()).toMatchObject({ id: '1', type: 'next' });
});

test('pings are answered with what they carry, before and after the acknowledgement', async () => {
  const { url } = await serveLive();
  const client = await open(url);
  client.say({ type: 'ping', payload: { at: 1 } });
  expect(await client.next()).toEqual({ type: 'pong', payload: { at: 1 } });
  client.say({ type: 'pong' });
  client.say({ type: 'complete', id: 'unknown' });
  client.say({ type: 'connection_init' });
  expect(await client.next()).toEqual({ type: 'connection_ack' });
  client.say({ type: 'ping' });
  expect(await client.next()).toEqual({ type: 'pong' });
});

test('operations run as whoever connected, whatever the case of the field, with the correlation id given', async () => {
  const { url, authorization } = await serveLive();
  const params = { AuthoriZation: authorization('ada'), 'X-Correlation-Id': 'trace-me-1' };
  const client = await connect(url, params);
  client.subscribe('1', '{ caller }');
  expect(await client.next()).toMatchObject({ payload: { data: { caller: 'ada trace-me-1' } } });
  const nobody = await connect(url);
  nobody.subscribe('1', 'subscription { whoListens }');
  expect(await nobody.next()).toMatchObject({ payload: { data: { whoListens: null } } });
});

test('the public client of the protocol subscribes, queries and leaves', async () => {
  const { url, say, untilOpen } = await serveLive();
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, keepAlive: 5 });
  const events = client.iterate({ query: SAID });
  const first = events.next();
  await untilOpen(1);
  say('a', 'hello');
  expect((await first).value).toEqual({ data: { said: { text: 'hello' } } });
  const answers: unknown[] = [];
  for await (const answer of client.iterate({ query: '{ ok }' })) answers.push(answer);
  expect(answers).toEqual([{ data: { ok: true } }]);
  await events.return?.();
  await untilOpen(0);
  await client.dispose();
});
