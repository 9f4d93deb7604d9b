import { ExactNumber } from '@playgraph/kernel/exact-json';
import { toAnswer } from '@playgraph/server/subgraph-answer';
import { failedResponse, isTransportResponse } from '@playgraph/server/transport';
import { expect, test } from 'vitest';

const LONG = '9007199254740993';

function read(text: string, readsExactly?: boolean) {
  const head = {
    status: 200,
    contentType: 'application/json',
    cacheControl: null,
    contentEncoding: null,
    location: null,
  };
  const reply = { ...head, bytes: Buffer.from(text) };
  const refuse = () => failedResponse('UNAVAILABLE', 'no response');
  const answer = toAnswer(reply, { refuse, readsExactly, bytesMax: 1_000 });
  if ('kind' in answer) throw new TypeError(answer.reason);
  return answer.read();
}

test('numbers are read with all their digits where somebody asks for that, and else as JSON reads them', () => {
  const text = `{"data":{"no":${LONG},"small":1}}`;
  expect(read(text)).toEqual({ data: { no: 9_007_199_254_740_992, small: 1 } });
  expect(read(text, false)).toEqual({ data: { no: 9_007_199_254_740_992, small: 1 } });
  const { no, small } = read(text, true).data ?? {};
  expect(no).toBeInstanceOf(ExactNumber);
  expect([String(no), small]).toEqual([LONG, 1]);
});

test('a number with many digits is no response, and no data of one', () => {
  for (const text of [LONG, `{"data":${LONG}}`, `{"data":null,"errors":${LONG}}`, `{"errors":[${LONG}]}`]) {
    expect(read(text, true).errors, text).toEqual([{ message: 'no response', extensions: { code: 'UNAVAILABLE' } }]);
  }
  expect(isTransportResponse({ data: new ExactNumber(LONG) })).toBe(false);
});

test('a byte order mark before a response is passed over, one anywhere else is not', () => {
  for (const readsExactly of [false, true]) {
    expect(read('\ufeff{"data":{"a":"\ufeffb"}}', readsExactly)).toEqual({ data: { a: '\ufeffb' } });
    expect(read('\ufeff\ufeff{"data":{"a":1}}', readsExactly).errors).toHaveLength(1);
  }
});
