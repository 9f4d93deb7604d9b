import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { codeOf, openDoor } from './door-world.ts';

const HEAD = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
const BODY = '{"query":"{ hello }"}';
const LENGTH = `content-length: ${BODY.length}\r\n`;
const LAST = 'GET /graphql?query={whoAmI} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
const GREETING = '{"data":{"hello":"hello world"}}';

/** The status of each answer in what came over a connection. */
const statusesIn = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

test('a byte order mark before the JSON is passed over', async () => {
  const { post } = await openDoor();
  expect(await (await post(`\uFEFF${BODY}`)).text()).toBe(GREETING);
  expect(await codeOf(await post(`\uFEFF\uFEFF${BODY}`))).toBe('BAD_REQUEST');
});

test('a client that waits to be told to go on is told so, and its connection stays', async () => {
  const { dial } = await openDoor();
  const { socket, answer } = dial();
  socket.write(`${HEAD}${LENGTH}expect: 100-continue\r\n\r\n`);
  expect(String((await once(socket, 'data'))[0])).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  socket.write(BODY + LAST);
  const text = await answer;
  expect(statusesIn(text)).toEqual([100, 200, 200]);
  expect(text).toContain(GREETING);
});

test.each([
  ['too large a body', `${HEAD}content-length: 2000000\r\n`, 413],
  ['a body of another type', `${HEAD.replace('json', 'xml')}${LENGTH}`, 415],
  ['an answer that cannot be written', `${HEAD}${LENGTH}accept: text/plain\r\n`, 406],
])('a client that waits is refused before it sends: %s', async (_title, head, status) => {
  const { dial } = await openDoor();
  const { socket, answer } = dial();
  socket.write(`${head}expect: 100-continue\r\n\r\n`);
  const text = await answer;
  expect(statusesIn(text)).toEqual([status]);
  expect(text).toMatch(/connection: close/i);
});

test('a client that waits can talk to the other addresses too', async () => {
  const { dial } = await openDoor();
  const { socket, answer } = dial();
  socket.write('POST /nowhere HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n');
  await once(socket, 'data');
  socket.write(`{}${LAST}`);
  expect(statusesIn(await answer)).toEqual([100, 404, 200]);
});

test('a client that waits is let finish when the server drains', async () => {
  const { dial, close } = await openDoor();
  const { socket, answer } = dial();
  socket.write(`${HEAD}${LENGTH}expect: 100-continue\r\n\r\n`);
  await once(socket, 'data');
  const closed = close();
  socket.write(BODY);
  expect(await answer).toContain(GREETING);
  await closed;
});

const UPGRADE = 'connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n';

test.each([
  ['a query in the address', `GET /graphql?query={hello} HTTP/1.1\r\nhost: x\r\n${UPGRADE}\r\n`],
  ['a body that came with it', `${HEAD}${UPGRADE}${LENGTH}\r\n${BODY}`],
  ['a body in chunks', `${HEAD}${UPGRADE}transfer-encoding: chunked\r\n\r\n15\r\n${BODY}\r\n0\r\n\r\n`],
])('a client that would rather speak HTTP/2 is answered in HTTP/1.1: %s', async (_title, bytes) => {
  const { dial, seen } = await openDoor();
  const { socket, answer } = dial();
  socket.write(bytes);
  expect(String((await once(socket, 'data'))[0])).toContain(GREETING);
  // The connection is like any other after that.
  socket.write(`${HEAD}${LENGTH}\r\n`);
  socket.write(BODY);
  expect(String((await once(socket, 'data'))[0])).toContain(GREETING);
  socket.write(LAST);
  expect(statusesIn(await answer)).toEqual([200, 200, 200]);
  expect(seen.entries).toHaveLength(3);
});

test('a body that comes after the wish for another protocol is waited for', async () => {
  const { dial } = await openDoor();
  const { socket, answer } = dial();
  socket.write(`${HEAD}${UPGRADE}${LENGTH}\r\n${BODY.slice(0, 4)}`);
  await new Promise((resolve) => setImmediate(resolve));
  socket.write(BODY.slice(4) + LAST);
  const text = await answer;
  expect(statusesIn(text)).toEqual([200, 200]);
  expect(text).toContain(GREETING);
});

test('a connection that is to end with such a request ends', async () => {
  const { dial, seen } = await openDoor();
  const { socket, answer } = dial();
  socket.write('GET /graphql?query={hello} HTTP/1.1\r\nhost: x\r\nconnection: close, upgrade\r\nupgrade: h2c\r\n\r\n');
  expect(await answer).toContain(GREETING);
  expect(seen.entries).toHaveLength(1);
});

test('a client that wishes for HTTP/2 with every request leaves nothing behind on its connection', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => void warnings.push(warning);
  process.on('warning', note);
  onTestFinished(() => void process.off('warning', note));
  const { dial } = await openDoor();
  const { socket, answer } = dial();
  for (let i = 0; i < 30; i++) {
    socket.write(`GET /graphql?query={hello} HTTP/1.1\r\nhost: x\r\n${UPGRADE}\r\n`);
    expect(String((await once(socket, 'data'))[0])).toContain(GREETING);
  }
  socket.write(LAST);
  expect(statusesIn(await answer)).toHaveLength(31);
  expect(warnings).toEqual([]);
});

test('a client that wishes for HTTP/2 while an answer is owed to it gets none out of turn', async () => {
  const { dial, seen } = await openDoor();
  const { socket, answer } = dial();
  socket.write('GET /graphql?query={hangs} HTTP/1.1\r\nhost: x\r\n\r\n');
  await seen.asked.opened;
  socket.write(`GET /graphql?query={hello} HTTP/1.1\r\nhost: x\r\n${UPGRADE}\r\n`);
  expect(await answer).toBe('');
});

const ADDRESS = '/graphql?query={hello}';

test.each([
  ['no host', `GET ${ADDRESS} HTTP/1.1\r\n\r\n`, 400],
  ['two hosts', `GET ${ADDRESS} HTTP/1.1\r\nhost: x\r\nHost: x\r\n\r\n`, 400],
  ['two hosts in older HTTP', `GET ${ADDRESS} HTTP/1.0\r\nhost: x\r\nHost: y\r\n\r\n`, 400],
  ['several hosts in one header', `GET ${ADDRESS} HTTP/1.1\r\nhost: x, y\r\n\r\n`, 400],
  ['a host that is none', `GET ${ADDRESS} HTTP/1.1\r\nhost: user@x\r\n\r\n`, 400],
  ['another coding of the message', `${HEAD}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 501],
  ['another version', `GET ${ADDRESS} HTTP/2.0\r\nhost: x\r\n\r\n`, 505],
  ['another expectation', `${HEAD}${LENGTH}expect: cake\r\n\r\n${BODY}`, 417],
  ['no host at another address', 'GET /health/live HTTP/1.1\r\n\r\n', 400],
])('what HTTP wants refused is refused like everything else: %s', async (_title, bytes, status) => {
  const { dial, seen } = await openDoor();
  const { socket, answer } = dial();
  socket.write(bytes);
  const [head = '', body = ''] = (await answer).split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} .*connection: close`, 'is'));
  expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  expect(seen.entries).toEqual([]);
});

test.each([
  ['no host in older HTTP', `GET ${ADDRESS} HTTP/1.0\r\n\r\n`],
  ['an empty host', `GET ${ADDRESS} HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n`],
  ['an address of version 6', `GET ${ADDRESS} HTTP/1.1\r\nhost: [::1]:4000\r\nconnection: close\r\n\r\n`],
  ['chunks in capitals', `${HEAD}connection: close\r\ntransfer-encoding: Chunked\r\n\r\n15\r\n${BODY}\r\n0\r\n\r\n`],
])('what HTTP allows is served: %s', async (_title, bytes) => {
  const { dial } = await openDoor();
  const { socket, answer } = dial();
  socket.write(bytes);
  expect(await answer).toContain(GREETING);
});

test('an address that is a scheme and a host alone is that of the root', async () => {
  const { dial } = await openDoor();
  for (const address of ['http://x', 'http://x?query={hello}', 'http://x/nowhere']) {
    const { socket, answer } = dial();
    socket.write(`GET ${address} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(await answer, address).toMatch(/^HTTP\/1\.1 404 .*"NOT_FOUND"/s);
  }
});

test('health is as it is now: nobody keeps it, nobody is told that nothing has changed', async () => {
  const { origin } = await openDoor();
  for (const address of ['live', 'ready']) {
    const response = await fetch(`${origin}/health/${address}`, { headers: { 'if-none-match': '*' } });
    expect([response.status, response.headers.get('cache-control'), response.headers.get('etag')]).toEqual([
      200,
      'no-store',
      null,
    ]);
  }
});

test('connections are counted once, whatever they ask for', async () => {
  let open = 0;
  const { dial, close } = await openDoor({
    doorObserver: {
      onConnectionOpened: () => {
        open += 1;
      },
    },
  });
  const { socket, answer } = dial();
  socket.write(`GET /graphql?query={hello} HTTP/1.1\r\nhost: x\r\n${UPGRADE}\r\n`);
  await once(socket, 'data');
  expect(open).toBe(1);
  await close();
  expect(statusesIn(await answer)).toEqual([200]);
});

test.each([
  ['lists with nothing in them', ';;;,,q=', 406],
  ['a type that is weighed as nothing', 'application/json;q=0, application/graphql-response+json;q=0', 406],
  ['one of two that is weighed as nothing', 'application/json;q=0, application/graphql-response+json', 200],
  ['another charset', 'application/graphql-response+json;charset=iso-8859-1', 406],
  ['a quoted charset in capitals', 'application/graphql-response+json;charset="UTF-8"', 200],
])('an `accept` with %s is read as HTTP says', async (_title, accept, status) => {
  const { get } = await openDoor();
  expect((await get({ query: '{ hello }' }, { accept })).status).toBe(status);
});
