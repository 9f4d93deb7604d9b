import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { createSeededRandom, type Random } from '@playgraph/kernel/random';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { connect, serveLive } from './live-door.ts';

const CLIENTS = 150;
const MESSAGES_PER_CLIENT = 20;
const HEAP_GROWTH_BYTES_MAX = 64 * 1024 * 1024;
const unhandled: unknown[] = [];
const note = (error: unknown) => void unhandled.push(error);

beforeAll(() => {
  process.on('unhandledRejection', note).on('uncaughtException', note);
});
afterAll(() => {
  process.off('unhandledRejection', note).off('uncaughtException', note);
});

const pick = <Item>(random: Random, items: readonly Item[]): Item => items[random.int(items.length)] as Item;
const TYPES = ['connection_init', 'connection_ack', 'ping', 'pong', 'subscribe', 'next', 'error', 'complete', '', 7];
const QUERIES = [
  '{ ok }',
  'subscription { said(room: "a") { text } }',
  'subscription { refused }',
  'subscription ($room: ID!) { said(room: $room) { text by { name } } }',
  'mutation { add(number: 1) }',
  '{',
  'fragment A on Query { ...A } { ...A }',
  `{ ${'a { '.repeat(5_000)}`,
];
const VALUES: readonly unknown[] = [null, [], {}, 'x', -1, { __proto__: null }, { room: 'a' }, [[[[]]]], '\uD800'];

function randomMessage(random: Random): string | Buffer {
  switch (random.int(10)) {
    case 0:
      return Buffer.from(random.bytes(random.int(200)));
    case 1:
      return Buffer.from(random.bytes(random.int(200))).toString('latin1');
    case 2:
      return '['.repeat(random.int(10_000));
    case 3:
      return JSON.stringify({ type: 'ping', payload: { text: 'x'.repeat(random.int(400_000)) } });
    case 4:
    case 5:
      return JSON.stringify({ id: String(random.int(5)), type: 'complete' });
    case 6:
      return JSON.stringify({ type: pick(random, TYPES), id: pick(random, VALUES), payload: pick(random, VALUES) });
    default:
      return JSON.stringify({
        id: String(random.int(5)),
        type: 'subscribe',
        payload: { query: pick(random, QUERIES), variables: pick(random, [{}, { room: 'a' }, null, undefined, 'x']) },
      });
  }
}

async function misbehave(url: string, random: Random): Promise<void> {
  const socket = new WebSocket(url, pick(random, ['graphql-transport-ws', 'graphql-transport-ws', 'graphql-ws']));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  await once(socket, 'open');
  if (random.int(5) > 0) socket.send('{"type":"connection_init"}');
  for (let i = 0; i < MESSAGES_PER_CLIENT; i++) {
    const message = randomMessage(random);
    socket.send(message);
    if (random.int(3) === 0) await new Promise(setImmediate);
  }
  if (random.int(2) === 0) socket.terminate();
  else socket.close();
  await closed;
}

/** An opened WebSocket whose frames are noise. */
async function breakFrames(url: string, random: Random): Promise<void> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connectTcp(Number(port), hostname);
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.write(
    `GET ${pathname} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: ${Buffer.from(random.bytes(16)).toString('base64')}\r\n` +
      'Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
  );
  await once(socket, 'data');
  socket.write(Buffer.from(random.bytes(1 + random.int(500))));
  if (random.int(2) === 0) socket.end();
  else socket.destroy();
  socket.resume();
  await closed;
}

test('whatever clients send, nothing is left behind, nothing is unhandled, and others are served', async () => {
  const live = await serveLive({ door: { limits: { initMsMax: 100 } } });
  const random = createSeededRandom('websocket-fuzz');
  const witness = await connect(live.url);
  witness.subscribe('s', 'subscription { said(room: "b") { text } }');
  await live.untilOpen(1);
  const heapBefore = process.memoryUsage().heapUsed;
  for (let i = 0; i < CLIENTS; i += 10) {
    const clients = Array.from({ length: 10 }, (_, j) => createSeededRandom(`client-${i + j}`));
    await Promise.all(clients.map((own) => (own.int(8) === 0 ? breakFrames(live.url, own) : misbehave(live.url, own))));
    live.said.emit('a', `event ${random.int(100)}`);
  }
  live.say('b', 'still served');
  expect(await witness.next()).toEqual({
    id: 's',
    type: 'next',
    payload: { data: { said: { text: 'still served' } } },
  });
  await live.untilOpen(1);
  expect(live.subscriptions.upstreams()).toBe(1);
  expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(HEAP_GROWTH_BYTES_MAX);
  expect(unhandled).toEqual([]);
  expect(live.counts.socketsOpened).toBeGreaterThan(CLIENTS / 2);
});

test('a message that is too large closes the socket with 1009', async () => {
  const { url } = await serveLive();
  const client = await connect(url);
  client.say({ type: 'ping', payload: { text: 'x'.repeat(300_000) } });
  expect((await client.closed)[0]).toBe(1009);
});
