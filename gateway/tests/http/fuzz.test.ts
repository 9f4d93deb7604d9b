import { createSeededRandom } from '@playgraph/kernel/random';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDoor } from './door-world.ts';

const CASES = 600;
const BATCH = 60;
/** Many times what one round may leave behind, and far below what a leak of bodies would. */
const HEAP_GROWTH_BYTES_MAX = 128 * 1024 * 1024;
const HEAD = 'POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n';

const random = createSeededRandom('http door');
const pick = <Item>(items: readonly Item[]): Item => items[random.int(items.length)] as Item;
const unhandled: unknown[] = [];
const note = (error: unknown) => void unhandled.push(error);

beforeAll(() => void process.on('unhandledRejection', note).on('uncaughtException', note));
afterAll(() => void process.off('unhandledRejection', note).off('uncaughtException', note));

const VALUES = [
  null,
  0,
  -1,
  1e308,
  true,
  '',
  '\u0000',
  'x'.repeat(5_000),
  [],
  {},
  [[]],
  { __proto__: 1 },
  '{ hello }',
  '\ud800',
];
const KEYS = [
  'query',
  'operationName',
  'variables',
  'extensions',
  'documentId',
  '__proto__',
  'constructor',
  'toString',
];
const DOCUMENTS = [
  '{ hello }',
  '{',
  '{ hello '.repeat(20_000),
  `{ ${'hello '.repeat(14_000)} }`,
  `{ hello(name: ${'['.repeat(14_000)}`,
  `query (${'$a: Int '.repeat(7_000)}) { hello }`,
  '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
  `{ hello(name: "${'\\u0000'.repeat(5_000)}") }`,
  '"""'.repeat(1_000),
  '#'.repeat(100_000),
];

function randomBytes(): Buffer {
  return Buffer.from(random.bytes(random.int(2_000)));
}

function randomBody(): Buffer {
  const entries = Array.from({ length: random.int(6) }, () => [pick(KEYS), pick([...VALUES, ...DOCUMENTS])]);
  const body = Buffer.from(JSON.stringify(Object.fromEntries([['query', pick(DOCUMENTS)], ...entries])));
  const flips = pick([0, 0, 1, 5]);
  for (let i = 0; i < flips; i++) body[random.int(body.length)] = random.int(256);
  return random.int(4) === 0 ? body.subarray(0, random.int(body.length)) : body;
}

/** What a client that is broken or means harm sends over a bare connection. */
function randomRequest(): Buffer {
  const body = pick([randomBytes, randomBody, randomBody])();
  const accept = pick(['*/*', 'text/event-stream', 'multipart/mixed', ';;;,,q=', '', `a/b;q=${'9'.repeat(500)}`]);
  const coding = pick([
    '',
    '',
    'content-encoding: gzip\r\n',
    'content-encoding: br\r\n',
    'content-encoding: nonsense\r\n',
  ]);
  const wish = pick([
    '',
    '',
    '',
    'expect: 100-continue\r\n',
    'connection: upgrade\r\nupgrade: h2c\r\n',
    'connection: upgrade\r\nupgrade: websocket\r\n',
  ]);
  const head = `${HEAD}accept: ${accept}\r\n${coding}${wish}`;
  return pick([
    () => Buffer.concat([Buffer.from(`${head}content-length: ${body.length}\r\n\r\n`), body]),
    () => Buffer.concat([Buffer.from(`${head}content-length: ${random.int(5_000)}\r\n\r\n`), body]),
    () => Buffer.concat([Buffer.from(`${head}transfer-encoding: chunked\r\n\r\n${random.int(99)}\r\n`), body]),
    () =>
      Buffer.from(
        `GET /graphql?${body.subarray(0, 500).toString('latin1').replaceAll(/[\s]/g, '%')} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      ),
    () =>
      Buffer.from(
        `GET /graphql?query=${'%7B'.repeat(random.int(9_000))} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      ),
    randomBytes,
  ])();
}

test('whatever is sent is answered or its connection closed, and the door goes on', async () => {
  // What never ends is given up soon.
  const { dial, post } = await openDoor({ requestMsMax: 100 });
  const statuses = new Set<string>();
  for (let done = 0; done < CASES; done += BATCH) {
    const answers = Array.from({ length: BATCH }, () => {
      const { socket, answer } = dial();
      socket.write(randomRequest());
      return answer;
    });
    for (const text of await Promise.all(answers)) {
      expect(text).toMatch(/^(HTTP\/1\.1 (100|200|400|404|405|406|408|413|414|415|431) |$)/);
      statuses.add(text.slice(9, 12));
      expect(text).not.toMatch(/node_modules|\bat \w+ \(/);
    }
    expect((await post({ query: '{ hello }' })).status).toBe(200);
  }
  expect([...statuses]).toEqual(expect.arrayContaining(['200', '400', '408', '414', '415', '406']));
  expect(unhandled).toEqual([]);
});

test('many large bodies at once leave no memory behind', async () => {
  const { post } = await openDoor();
  const body = JSON.stringify({ query: `{ hello } #${'x'.repeat(900_000)}` });
  const round = () => Promise.all(Array.from({ length: 20 }, async () => (await post(body)).text()));
  await round();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 3; i++) await round();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(HEAP_GROWTH_BYTES_MAX);
});

test('half-sent requests on many connections do not keep others from their answers', async () => {
  const { dial, post, close } = await openDoor();
  const slow = Array.from({ length: 200 }, () => dial());
  for (const { socket } of slow) socket.write(`${HEAD}content-length: 1000\r\n\r\n{"query"`);
  expect((await post({ query: '{ hello }' })).status).toBe(200);
  for (const { socket } of slow) socket.destroy();
  await Promise.all(slow.map(({ answer }) => answer));
  await close();
  expect(unhandled).toEqual([]);
});
