import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { BODY_BYTES_MAX } from '../../src/http/read-body.ts';
import { codeOf, openDoor } from './door-world.ts';

const HELLO = Buffer.from(JSON.stringify({ query: '{ hello }' }));
const padded = (bytes: number) => Buffer.from(JSON.stringify({ query: `{ hello } #${'x'.repeat(bytes)}` }));

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['GZIP', gzipSync],
  ['identity', (bytes: Buffer) => bytes],
] as const)('a body in %s is read', async (coding, compress) => {
  const { post } = await openDoor();
  const response = await post(compress(HELLO), { 'content-encoding': coding });
  expect(await response.json()).toEqual({ data: { hello: 'hello world' } });
});

test('a small body that inflates to a huge one is refused by what it inflates to', async () => {
  const { post } = await openDoor();
  for (const [coding, compress] of [
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ] as const) {
    const bomb = compress(padded(8 * BODY_BYTES_MAX));
    expect(bomb.length).toBeLessThan(BODY_BYTES_MAX);
    const response = await post(bomb, { 'content-encoding': coding });
    expect([response.status, await codeOf(response)]).toEqual([413, 'BAD_REQUEST']);
  }
});

test('a content coding that is not known is 415 and says which are, one that is a lie is 400', async () => {
  const { post } = await openDoor();
  for (const coding of ['zstd', 'gzip, br', 'nonsense']) {
    const unknown = await post(HELLO, { 'content-encoding': coding });
    expect([unknown.status, unknown.headers.get('accept-encoding')]).toEqual([415, 'gzip, deflate, br, identity']);
  }
  for (const coding of ['gzip', 'deflate', 'br']) {
    expect((await post(HELLO, { 'content-encoding': coding })).status).toBe(400);
  }
});

test('a body that is not UTF-8 is refused rather than read as something else', async () => {
  const { post } = await openDoor();
  const bytes = Buffer.concat([
    Buffer.from('{"query":"{ hello(name: \\"'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('\\") }"}'),
  ]);
  const response = await post(bytes);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ message: 'The body is not UTF-8.' }] });
});

test('a body up to the limit is read, a larger one is refused and its sender gets to read that', async () => {
  const { post } = await openDoor();
  const overhead = padded(0).length;
  expect((await post(padded(BODY_BYTES_MAX - overhead))).status).toBe(200);
  for (const bytes of [BODY_BYTES_MAX - overhead + 1, 8 * BODY_BYTES_MAX]) {
    const response = await post(padded(bytes));
    expect([response.status, await codeOf(response)]).toEqual([413, 'BAD_REQUEST']);
  }
  const small = await openDoor({ bodyBytesMax: 10 });
  expect((await small.post(HELLO)).status).toBe(413);
});

test('a body is as large as the operator allows, however large that is', async () => {
  const { post } = await openDoor({ bodyBytesMax: 20 * BODY_BYTES_MAX });
  expect((await post(padded(18 * BODY_BYTES_MAX))).status).toBe(200);
  expect((await post(padded(20 * BODY_BYTES_MAX))).status).toBe(413);
});

test('a sender that never stops is cut off', async () => {
  const { dial } = await openDoor();
  const { socket, answer } = dial();
  socket.write(
    'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
  );
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const send = () => {
    while (!socket.destroyed && socket.writable) {
      socket.write(`${chunk.length.toString(16)}\r\n`);
      socket.write(chunk);
      if (!socket.write('\r\n')) return void socket.once('drain', send);
    }
  };
  send();
  expect(await answer).toMatch(/^(HTTP\/1\.1 413 |$)/);
});

test('a body in pieces is put together', async () => {
  const { dial } = await openDoor();
  const { socket, answer } = dial();
  const head = 'POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n';
  socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
  for (const byte of '{"query":"{ hello(name: \\"é\\") }"}') {
    socket.write(`${Buffer.byteLength(byte)}\r\n${byte}\r\n`);
  }
  socket.write('0\r\n\r\n');
  expect(await answer).toContain('{"data":{"hello":"hello é"}}');
});
