import {
  BATCH_MAX,
  createLineReader,
  fitsFrame,
  parseAnswerHead,
  printFrame,
  readRequestFrames,
} from '@playgraph/server/batch-format';
import { expect, test } from 'vitest';

/** What a reader makes of `text`, for every way to cut it in three. */
function readInEveryWay(text: string, lineBytesMax: number): Set<string> {
  const bytes = Buffer.from(text);
  const results = new Set<string>();
  for (let first = 0; first <= bytes.length; first++) {
    for (let second = first; second <= bytes.length; second++) {
      const read: (string | null)[] = [];
      const take = createLineReader(lineBytesMax, (line) => void read.push(line && String(line)));
      for (const [from, to] of [[0, first] as const, [first, second] as const, [second] as const]) {
        take(bytes.subarray(from, to));
      }
      results.add(JSON.stringify(read));
    }
  }
  return results;
}

test('lines come out as they went in, however the network cuts them', () => {
  const lines = ['{"a":"grün ☃"}', '', '{}', '👩‍👩‍👧', ''];
  expect(readInEveryWay(lines.map((line) => `${line}\n`).join(''), 100)).toEqual(new Set([JSON.stringify(lines)]));
});

test('a line at the limit is read, one over it is dropped, and the next is read again', () => {
  const expected = JSON.stringify(['1234', null, '', null, 'ab']);
  expect(readInEveryWay('1234\n12345\n\n123456789\nab\n', 4)).toEqual(new Set([expected]));
});

test('a kept line holds nothing of the bytes that it came in', () => {
  const lines: Buffer[] = [];
  const chunk = Buffer.from('abc\ndef\n');
  createLineReader(10, (line) => void (line && lines.push(line)))(chunk);
  chunk.fill(0);
  expect(lines.map(String)).toEqual(['abc', 'def']);
});

test('operations are read back as they were printed', () => {
  const head = { identity: 'a.b', correlationId: 'c', meter: true, headers: ['traceparent', '00'] };
  const bodies = ['{"query":"{ a }"}', '{"query":"{ \\n ü }"}'];
  const frames = readRequestFrames(Buffer.from(bodies.map((body) => printFrame(head, body)).join('')));
  expect(frames?.map((frame) => frame.head)).toEqual([head, head]);
  expect(frames?.map(({ body }) => String(body))).toEqual(bodies);
});

test.each([
  ['nothing', ''],
  ['a head without a body', '{}\n'],
  ['a last line without an end', '{}\n{}'],
  ['a head that is no JSON', 'x\n{}\n'],
  ['a head that is no object', '1\n{}\n'],
  ['more operations than may be', '{}\n{}\n'.repeat(BATCH_MAX + 1)],
])('%s is no batch', (_title, text) => {
  expect(readRequestFrames(Buffer.from(text))).toBeNull();
});

test('as many operations as may be are a batch, and odd members of a head are left out', () => {
  expect(readRequestFrames(Buffer.from('{}\n{}\n'.repeat(BATCH_MAX)))).toHaveLength(BATCH_MAX);
  const [frame] = readRequestFrames(Buffer.from('{"identity":1,"meter":"yes","headers":{},"other":1}\n{}\n')) ?? [];
  expect(frame?.head).toEqual({});
});

test('an answer needs to say which operation it is of, and its status', () => {
  const parse = (text: string) => parseAnswerHead(Buffer.from(text));
  expect(parse('{"index":0,"status":200,"cacheControl":"no-store"}')).toEqual({
    index: 0,
    status: 200,
    cacheControl: 'no-store',
  });
  for (const text of ['', 'x', '[]', 'null', '{"index":"0","status":200}', '{"index":0}']) {
    expect(parse(text)).toBeNull();
  }
});

test('a body that spreads over lines does not fit a frame', () => {
  expect([fitsFrame('{"a":"b\\n"}'), fitsFrame('{\n}')]).toEqual([true, false]);
});
