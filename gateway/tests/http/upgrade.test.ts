import { once } from 'node:events';
import { createGate } from '@playgraph/testkit/gate';
import { expect, onTestFinished, test } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { serveSmallGateway } from '../served-gateway.ts';
import { connect, open } from '../subscriptions/live-door.ts';
import { openDoor } from './door-world.ts';

const webSocketAddress = (url: string) => url.replace('http', 'ws');

/** The status with which a WebSocket is refused, and the code in the body. */
async function refusalAt(address: string, options: ClientOptions = {}) {
  const socket = new WebSocket(address, 'graphql-transport-ws', options);
  socket.on('error', () => undefined);
  const [, response] = await once(socket, 'unexpected-response');
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, headers: response.headers, code: JSON.parse(body).errors[0].extensions.code };
}

test('a WebSocket can be had at every form of the address that HTTP takes', async () => {
  const { url, dial } = await openDoor();
  for (const end of ['', '/', '?trace=1', '/?trace=1']) await connect(webSocketAddress(url) + end);
  const { socket } = dial();
  socket.write(
    `GET ${url} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n` +
      'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n',
  );
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 101 /);
  socket.destroy();
});

test('a WebSocket of another subprotocol is counted like any other, with the code that it is closed with', async () => {
  const closed = createGate();
  const seen: unknown[] = [];
  const streamObserver = {
    onSocketOpened: () => void seen.push('opened'),
    onSocketClosed: (code: number) => {
      seen.push(code);
      closed.open();
    },
  };
  const { url } = await openDoor({ streamObserver });
  const socket = new WebSocket(webSocketAddress(url), 'graphql-ws');
  expect((await once(socket, 'close'))[0]).toBe(4406);
  await closed.opened;
  expect(seen).toEqual(['opened', 4406]);
});

test('at another address there is no WebSocket', async () => {
  const { origin } = await openDoor();
  expect(await refusalAt(`${webSocketAddress(origin)}/elsewhere`)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
});

test.each(['https://evil.example', 'null', 'file://', 'no origin'])(
  'a page of an origin that may not call may not connect: %s',
  async (origin) => {
    const { url } = await openDoor();
    expect(await refusalAt(webSocketAddress(url), { origin })).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  },
);

test('a page of an origin that may call may connect, and so may one of the same host and whoever is no page', async () => {
  const { url, origin } = await openDoor();
  const address = webSocketAddress(url);
  await open(address, 'graphql-transport-ws', { origin: 'https://shop.example' });
  await open(address, 'graphql-transport-ws', { origin });
  await open(address, 'graphql-transport-ws');
  // Behind a proxy that asks by a name of its own.
  await open(address, 'graphql-transport-ws', {
    origin: 'https://gateway.example',
    headers: { 'x-forwarded-host': 'gateway.example, inner.example' },
  });
  await open(address, 'graphql-transport-ws', {
    origin: 'https://gateway.example',
    headers: { host: 'Gateway.example:443' },
  });
});

test('where any origin may call any may connect', async () => {
  const { url } = await openDoor({ corsOrigins: '*' });
  await open(webSocketAddress(url), 'graphql-transport-ws', { origin: 'https://evil.example' });
});

test('one WebSocket too many is told when to come again', async () => {
  const { url } = await openDoor({ webSocketLimits: { socketsMax: 1 } });
  await connect(webSocketAddress(url));
  const { status, headers, code } = await refusalAt(webSocketAddress(url));
  expect([status, code, headers['retry-after']]).toEqual([503, 'OVERLOADED', '1']);
});

test('what is no WebSocket after all is answered and closed', async () => {
  const { dial, post } = await openDoor();
  const { socket, answer } = dial();
  socket.write('GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
  expect(await answer).toMatch(/^HTTP\/1\.1 400 /);
  expect((await post({ query: '{ hello }' })).status).toBe(200);
});

test('a flood of pings is cut off when its sender reads no answers, and others are served meanwhile', async () => {
  const { url, post } = await openDoor();
  const client = await connect(webSocketAddress(url));
  for (let i = 0; i < 20_000; i++) client.socket.ping();
  expect((await client.closed)[0]).toBe(1006);
  expect((await post({ query: '{ hello }' })).status).toBe(200);
});

test('messages in fragments are whole when the last has come', async () => {
  const { url } = await openDoor();
  const { socket, next } = await connect(webSocketAddress(url));
  const text = JSON.stringify({ id: '1', type: 'subscribe', payload: { query: '{ hello }' } });
  for (let i = 0; i < text.length; i += 7) socket.send(text.slice(i, i + 7), { fin: i + 7 >= text.length });
  expect(await next()).toMatchObject({ type: 'next', payload: { data: { hello: 'hello world' } } });
});

test.each([
  ['an empty operation name', { query: '{ hello }', operationName: '' }],
  ['null for what is left out', { query: '{ hello }', operationName: null, variables: null, extensions: null }],
])('%s over WebSocket is the same as none', async (_title, payload) => {
  const { url } = await openDoor();
  const { say, next } = await connect(webSocketAddress(url));
  say({ id: '1', type: 'subscribe', payload });
  expect(await next()).toMatchObject({ type: 'next', payload: { data: { hello: 'hello world' } } });
});

test('a frame that is no text in UTF-8, or breaks the framing, closes the socket', async () => {
  const { url, post } = await openDoor();
  const client = await connect(webSocketAddress(url));
  client.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
  expect((await client.closed)[0]).toBe(1007);
  const large = await connect(webSocketAddress(url));
  large.say('x'.repeat(300 * 1024));
  expect((await large.closed)[0]).toBe(1009);
  expect((await post({ query: '{ hello }' })).status).toBe(200);
});

test.each([
  ['by its id', { query: '', documentId: 'sha256:abc' }],
  ['by its hash', { query: '', extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } }],
])('a document can be named over WebSocket as over HTTP: %s', async (_title, payload) => {
  const { url, remove } = await serveSmallGateway();
  onTestFinished(remove);
  const { say, next } = await connect(`${webSocketAddress(url)}/graphql`);
  say({ id: '1', type: 'subscribe', payload });
  expect(await next()).toMatchObject({
    type: 'error',
    payload: [{ extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }],
  });
});
