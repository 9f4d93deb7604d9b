import { once } from 'node:events';
import type { Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { BATCH_MEDIA_TYPE } from '@playgraph/server/batch-format';
import { expect, test } from 'vitest';
import { codeOf, createWatchedTransport, mutation, query, serveOdd, toInfo, toRequest } from './odd-subgraph.ts';
import { printAnswer, printHead, type RawHandler, serveRaw } from './raw-subgraph.ts';
import { createRecordingLogger } from './sample-subgraph.ts';

const unavailable = { code: 'UNAVAILABLE' };
const BODY = '{"data":{"a":1}}';
const json = 'content-type: application/json';

test.each<[string, (bytes: string) => Buffer]>([
  ['gzip', gzipSync],
  ['X-GZIP', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['identity', Buffer.from],
])('an answer that a proxy has encoded as %s is read, the gateway asked for none', async (coding, encode) => {
  const { url, seen } = await serveRaw((socket) => {
    socket.write(printAnswer(encode(BODY), [`content-encoding: ${coding}`, 'cache-control: max-age=9']));
  });
  const { transport, calls } = createWatchedTransport({ url });
  const answer = await transport.execute(mutation, toInfo());
  expect([answer.read(), String(answer.bytes), answer.cacheControl]).toEqual([{ data: { a: 1 } }, BODY, 'max-age=9']);
  expect(calls).toMatchObject([{ outcome: 'OK', bytes: BODY.length }]);
  expect(seen.join()).not.toMatch(/accept-encoding/i);
});

test('errors with a bad status are read when they are encoded, too', async () => {
  const { url } = await serveOdd((_request, response) => {
    response.writeHead(400, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    response.end(gzipSync('{"errors":[{"message":"no"}]}'));
  });
  const { transport } = createWatchedTransport({ url });
  expect((await transport.execute(query, toInfo())).read()).toEqual({ errors: [{ message: 'no' }] });
});

test('an encoded answer is decoded up to the size limit and no further', async () => {
  const large = JSON.stringify({ data: { a: 'x'.repeat(10_000_000) } });
  const { url } = await serveOdd((_request, response, count) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    response.end(gzipSync(count === 1 ? large : BODY));
  });
  const { transport } = createWatchedTransport({ url, responseBytesMax: 100_000 });
  expect(await codeOf(transport.execute(query, toInfo()))).toEqual({ ...unavailable, responseBytesMax: 100_000 });
  expect((await transport.execute(query, toInfo())).read()).toEqual({ data: { a: 1 } });
});

test('a body of several operations whose answer a proxy has encoded fails each of them, once', async () => {
  const { url, seen } = await serveOdd((_request, response) => {
    response.writeHead(200, { 'content-type': BATCH_MEDIA_TYPE, 'content-encoding': 'gzip' });
    response.end(gzipSync(`{"index":0,"status":200}\n${BODY}\n{"index":1,"status":200}\n${BODY}\n`));
  });
  const { transport } = createWatchedTransport({ url, batching: true });
  const codes = ['{ a }', '{ b }'].map((text) => codeOf(transport.execute(toRequest(text), toInfo())));
  expect(await Promise.all(codes)).toEqual([unavailable, unavailable]);
  expect(seen).toHaveLength(1);
});

test.each([
  ['https://user:secret@there.example/graphql/?key=secret', 'moved to https://there.example/graphql/'],
  ['/graphql/', 'moved to /graphql/'],
])('a redirect to %s is not followed, and the log says where it leads', async (location, said) => {
  const { logger, lines } = createRecordingLogger();
  const { url, seen } = await serveOdd((_request, response) => void response.writeHead(307, { location }).end());
  const { transport } = createWatchedTransport({ url, logger });
  expect(await codeOf(transport.execute(query, toInfo()))).toEqual(unavailable);
  expect(lines[0]?.fields).toMatchObject({ kind: 'NOT_GRAPHQL', reason: `status 307, no content type, ${said}` });
  expect(seen).toHaveLength(1);
});

test.each<[string, RawHandler]>([
  ['noise', (socket) => socket.write(Buffer.concat([printAnswer(BODY), Buffer.from('noise')]))],
  ['a second answer', (socket) => socket.write(Buffer.concat([printAnswer(BODY), printAnswer('{"data":{"a":666}}')]))],
])('%s after the end of an answer is nothing to whoever asks next', async (_name, handle) => {
  const { url, seen } = await serveRaw(handle);
  const { transport, calls } = createWatchedTransport({ url, connectionsMax: 1 });
  const together = [query, mutation, query].map((request) => transport.execute(request, toInfo()));
  for (const answer of await Promise.all(together)) expect(answer.read()).toEqual({ data: { a: 1 } });
  for (const request of [mutation, query, mutation]) {
    expect((await transport.execute(request, toInfo())).read()).toEqual({ data: { a: 1 } });
  }
  expect([seen.length, calls.filter(({ retries }) => retries > 0)]).toEqual([6, []]);
});

test.each<[string, RawHandler]>([
  ['after hints that come before it', (socket) => socket.write(`${hints}${hints}${printAnswer(BODY)}`)],
  ['until the connection closes', (socket) => socket.end(`${printHead([json])}${BODY}`)],
  ['by HTTP 1.0', (socket) => socket.end(`${printHead([json], 'HTTP/1.0 200 OK')}${BODY}`)],
  ['and that it closes the connection', (socket) => socket.end(printAnswer(BODY, ['connection: close']))],
  ['and forgets to close the connection', (socket) => socket.write(printAnswer(BODY, ['connection: close']))],
  ['with trailers', (socket) => socket.write(`${chunked}10\r\n${BODY}\r\n0\r\nx-trailer: 1\r\n\r\n`)],
  ['byte by byte', (socket) => void writeBytes(socket, printAnswer(BODY))],
])('an answer that a subgraph gives %s is read, and nothing is asked twice', async (_name, handle) => {
  const { url, seen } = await serveRaw(handle);
  const { transport } = createWatchedTransport({ url, connectionsMax: 1 });
  for (const request of [mutation, query, mutation]) {
    expect((await transport.execute(request, toInfo())).read()).toEqual({ data: { a: 1 } });
  }
  expect([seen.length, transport.stats().running]).toEqual([3, 0]);
});

test('an answer that comes in very many small pieces is put together as it was, and bounded as any other', async () => {
  const text = JSON.stringify({ data: { a: Array.from({ length: 5_000 }, (_, i) => i) } });
  const pieces = Array.from(text, (letter) => `1\r\n${letter}\r\n`).join('');
  const { url } = await serveRaw((socket) => socket.write(`${chunked}${pieces}0\r\n\r\n`));
  const { transport } = createWatchedTransport({ url });
  expect(String((await transport.execute(query, toInfo())).bytes)).toBe(text);
  const { transport: small } = createWatchedTransport({ url, responseBytesMax: text.length - 1 });
  expect(await codeOf(small.execute(query, toInfo()))).toEqual({ ...unavailable, responseBytesMax: text.length - 1 });
});

test.each<[string, RawHandler]>([
  ['that is shorter than it says', (socket) => socket.end(`${printHead([json, 'content-length: 999'])}${BODY}`)],
  ['that says two lengths', (socket) => socket.write(printAnswer(BODY, ['content-length: 3']))],
  ['that says a length and chunks', (socket) => socket.write(printAnswer(BODY, ['transfer-encoding: chunked']))],
  ['whose length is none', (socket) => socket.write(`${printHead([json, 'content-length: -1'])}${BODY}`)],
  ['whose chunks are none', (socket) => socket.write(`${chunked}zz\r\n`)],
  ['whose last chunk never comes', (socket) => socket.end(`${chunked}10\r\n${BODY}\r\n`)],
  ['of another protocol', (socket) => socket.write(`${printHead(['upgrade: x', 'connection: upgrade'], SWITCHED)}`)],
  ['whose headers never end', (socket) => socket.write(`HTTP/1.1 200 OK\r\n${'x-a: b\r\n'.repeat(10_000)}`)],
])('an answer %s is UNAVAILABLE; a mutation is sent once, a query again', async (_name, handle) => {
  const { url, seen } = await serveRaw(handle);
  const { transport } = createWatchedTransport({ url });
  expect(await codeOf(transport.execute(mutation, toInfo()))).toEqual(unavailable);
  expect(seen).toHaveLength(1);
  expect(await codeOf(transport.execute(query, toInfo()))).toEqual(unavailable);
  expect([seen.length, transport.stats().running]).toEqual([4, 0]);
});

test.each<[string, (socket: Socket) => void]>([
  ['closed', (socket) => socket.end()],
  ['reset', (socket) => socket.resetAndDestroy()],
])(
  'a connection that is %s while the next request is on its way fails a mutation, once, and no query',
  async (...given) => {
    const [, close] = given;
    const used = new WeakSet<Socket>();
    const { url, seen } = await serveRaw((socket) => {
      if (used.has(socket)) close(socket);
      else socket.write(printAnswer(BODY));
      used.add(socket);
    });
    const { transport } = createWatchedTransport({ url, connectionsMax: 1 });
    const ask = async (request: typeof query) => (await transport.execute(request, toInfo())).read().data;
    expect([await ask(query), await ask(mutation), seen.length]).toEqual([{ a: 1 }, null, 2]);
    expect([await ask(mutation), await ask(query), seen.length]).toEqual([{ a: 1 }, { a: 1 }, 5]);
  },
);

test('closing does not wait for a connection that opens for somebody who has gone', async () => {
  // A handshake that never comes: a connection takes seconds to give up.
  const { port, happened } = await serveRaw(() => undefined);
  const { transport } = createWatchedTransport({ url: `https://127.0.0.1:${port}/graphql` });
  const leaving = new AbortController();
  const connected = once(happened, 'connected');
  const answer = expect(transport.execute(query, toInfo({ signal: leaving.signal }))).rejects.toThrow('bye');
  await connected;
  leaving.abort(new Error('bye'));
  await answer;
  const closed = once(happened, 'closed').then(() => 'the connection gave up');
  expect(await Promise.race([transport.close().then(() => 'closed'), closed])).toBe('closed');
});

const hints = printHead(['link: </style.css>; rel=preload'], 'HTTP/1.1 103 Early Hints');
const chunked = printHead([json, 'transfer-encoding: chunked']);
const SWITCHED = 'HTTP/1.1 101 Switching Protocols';

async function writeBytes(socket: Parameters<RawHandler>[0], bytes: Buffer): Promise<void> {
  for (const byte of bytes) await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
}
