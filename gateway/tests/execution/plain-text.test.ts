import { expect, test } from 'vitest';
import { noteText } from '../../src/execution/plain-text.ts';
import type { Run } from '../../src/execution/run.ts';

/** Whether a run that has been told these answers prints their strings as they are. */
function isPlainAfter(texts: readonly (string | null)[]): boolean {
  const run = { isPlain: true } as Run;
  for (const text of texts) noteText(run, text === null ? null : { bytes: Buffer.from(text) });
  return run.isPlain;
}

test.each([
  ['ASCII without an escape', ['{"data":{"name":"Teapot"}}', '{"data":{}}'], true],
  ['an escaped quote', ['{"data":{"name":"a \\"pot\\""}}'], false],
  ['a character that is written as an escape', ['{"data":{"name":"\\u0001"}}'], false],
  ['a letter beyond ASCII', ['{"data":{"name":"Théière"}}'], false],
  ['one such answer among others', ['{"data":{}}', '{"data":{"name":"é"}}', '{"data":{}}'], false],
  ['what came another way', ['{"data":{}}', null, '{"data":{}}'], false],
])('strings are printed as they are, or not: %s', (_title, texts, isPlain) => {
  expect(isPlainAfter(texts)).toBe(isPlain);
});
