import { expect, test } from 'vitest';
import { errorCodesOf } from '../../src/telemetry/error-codes.ts';

const codesOf = (body: string) => errorCodesOf({ body: Buffer.from(body) });

test('the codes of a printed answer are read from its errors, with data, without, and refused', () => {
  const errors = '[{"message":"a","extensions":{"code":"ONE"}},{"message":"b"}]';
  expect(codesOf(`{"errors":${errors},"data":{"a":1}}`)).toEqual(['ONE', undefined]);
  expect(codesOf(`{"errors":${errors},"data":null,"extensions":{}}`)).toEqual(['ONE', undefined]);
  expect(codesOf(`{"errors":${errors}}`)).toEqual(['ONE', undefined]);
});

test('an answer without errors has no codes, even when its data looks like errors', () => {
  expect(codesOf('{"data":{}}')).toEqual([]);
  expect(codesOf('{"data":{"errors":[{"extensions":{"code":"MINE"}}]}}')).toEqual([]);
  expect(codesOf('{"data":{"text":"{\\"errors\\":[{}],\\"data\\":"}}')).toEqual([]);
});

test('errors that hold a key `data` or such a text are read to their own end', () => {
  const tricky = '[{"message":"],\\"data\\":null","extensions":{"a":{},"data":{"b":[1],"data":2},"code":"ONE"}}]';
  expect(codesOf(`{"errors":${tricky},"data":{"data":1}}`)).toEqual(['ONE']);
});

test('a list of errors that is too long to be read counts as one error without a code', () => {
  const errors = Array.from({ length: 1_000 }, () => ({ message: 'a', extensions: { code: 'ONE' } }));
  expect(codesOf(JSON.stringify({ errors, data: null }))).toEqual([undefined]);
  expect(codesOf(JSON.stringify({ errors }))).toEqual([undefined]);
});
