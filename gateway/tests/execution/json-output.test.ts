import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonOutput } from '../../src/execution/writer/json-output.ts';

/** Texts around every bound of the writer: short and long, plain and not, lone surrogates among them. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme-ascii', minLength: 500, maxLength: 530 }),
  fc.string({ unit: 'binary', minLength: 500, maxLength: 530 }),
  fc.constantFrom('', '"', '\\', '\u0000', '\u007f', '\u0080', 'é', '\ud800', '\udc00x', '😀', 'a"b', '\u2028'),
);

test('a string is written as JSON.stringify would print it', () => {
  fc.assert(
    fc.property(fc.array(anyText, { maxLength: 8 }), (texts) => {
      const out = new JsonOutput();
      for (const text of texts) out.writeString(text);
      expect(out.finish('', '').toString()).toBe(texts.map((text) => JSON.stringify(text)).join(''));
    }),
  );
});

test('where no string needs an escape each is written as JSON.stringify would print it', () => {
  const needsNone = fc.string({ unit: 'grapheme-ascii', maxLength: 600 }).map((text) => text.replaceAll(/["\\]/g, ''));
  fc.assert(
    fc.property(fc.array(needsNone, { maxLength: 8 }), (texts) => {
      const out = new JsonOutput(true);
      for (const text of texts) out.writeString(text);
      expect(out.finish('', '').toString()).toBe(texts.map((text) => JSON.stringify(text)).join(''));
    }),
  );
});

test('text goes out as it is, in UTF-8, with what stands around it', () => {
  fc.assert(
    fc.property(fc.array(anyText, { maxLength: 8 }), anyText, anyText, (texts, head, tail) => {
      const out = new JsonOutput();
      for (const text of texts) out.write(text);
      const expected = Buffer.concat([head, ...texts, tail].map((text) => Buffer.from(text)));
      expect(out.finish(head, tail)).toEqual(expected);
    }),
  );
});

test('what is larger than the room that is kept is written all the same, and the next answer is its own', () => {
  const long = 'a long text, '.repeat(100_000);
  const first = new JsonOutput();
  first.writeString(long);
  const printed = first.finish('[', ']');
  const second = new JsonOutput();
  second.write('another');
  expect(second.finish('', '').toString()).toBe('another');
  expect(printed.toString()).toBe(JSON.stringify([long]));
});

test('an answer that is finished is not touched by the next ones', () => {
  const answers = ['one', 'two', 'three'].map((text) => {
    const out = new JsonOutput();
    out.writeString(text);
    return out.finish('', '');
  });
  expect(answers.map(String)).toEqual(['"one"', '"two"', '"three"']);
});

test('two that are written at the same time do not meet', () => {
  const [left, right] = [new JsonOutput(), new JsonOutput()];
  left.write('left');
  right.write('right');
  left.write('!');
  expect([left.finish('', ''), right.finish('', '')].map(String)).toEqual(['left!', 'right']);
});

test('what is taken back is gone, and what stands there can be written once more', () => {
  const out = new JsonOutput();
  out.write('[');
  const start = out.length;
  out.writeString('again');
  const end = out.length;
  out.write(',"never"');
  out.truncate(end);
  out.write(',');
  out.repeat(start, end);
  out.write(']');
  expect(out.toString()).toBe('["again","again"]');
  expect(out.finish('', '').toString()).toBe('["again","again"]');
});
