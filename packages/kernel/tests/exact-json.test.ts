import { ExactNumber, holdsExact, parseExact, parseExactNumber, printExact } from '@playgraph/kernel/exact-json';
import fc from 'fast-check';
import { expect, test } from 'vitest';

/** Integers and decimals of so many digits that a double carries few of them. */
const longNumber = fc
  .tuple(fc.boolean(), fc.stringMatching(/^[1-9]\d{17,40}$/), fc.option(fc.stringMatching(/^\d{1,30}$/)))
  .map(
    ([isNegative, integer, fraction]) => `${isNegative ? '-' : ''}${integer}${fraction === null ? '' : `.${fraction}`}`,
  );

/** JSON as text, with long numbers in it and blanks around; and as text that looks like marks and numbers. */
const { tree: longJson } = fc.letrec<{ tree: string; list: string; object: string }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    longNumber,
    fc.jsonValue({ maxDepth: 0 }).map((value) => JSON.stringify(value)),
    fc.stringMatching(/^[\\":,[\] \d-]{0,40}$/).map((text) => JSON.stringify(text)),
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('tree'), { maxLength: 5 }).map((items) => `[${items.join(',')}]`),
  object: fc
    .dictionary(fc.oneof(fc.string(), fc.stringMatching(/^[\\"\d:]{0,30}$/), fc.constant('__proto__')), tie('tree'), {
      maxKeys: 5,
    })
    .map((members) => {
      const printed = Object.entries(members).map(([key, text]) => `${JSON.stringify(key)}:${text}`);
      return `{${printed.join(',')}}`;
    }),
}));

test('JSON without long numbers is read and printed as by JSON itself', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), fc.constantFrom('', ' ', '\t'), (value, space) => {
      const text = JSON.stringify(value, null, space);
      // A double that is printed by its shortest digits is read as the same double.
      expect(parseExact(text)).toStrictEqual(JSON.parse(text));
      expect(printExact(value)).toBe(JSON.stringify(value));
    }),
  );
});

test('JSON with numbers of any length comes out of reading and printing as it went in', () => {
  fc.assert(
    fc.property(longJson, (text) => {
      const value = parseExact(text);
      // JSON itself reads -0 and prints 0.
      fc.pre(!/-0(?![.\d])/.test(text));
      expect(printExact(value)).toBe(canonical(text));
      expect(holdsExact(value)).toBe(printExact(value) !== JSON.stringify(JSON.parse(text)));
    }),
    { numRuns: 400 },
  );
});

/** The order of keys and the escapes that JSON itself prints, with the digits of the text. */
function canonical(text: string): string {
  const digits: string[] = [];
  // Strings and long numbers in turn: what stands in a string stays.
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|(?<![\d.])-?\d{16}[\d.]*/g, (token) => {
    if (token.startsWith('"')) return token;
    digits.push(token);
    return `"~mark ${digits.length - 1}~"`;
  });
  const printed = JSON.stringify(JSON.parse(marked));
  return printed.replace(/"~mark (\d+)~"/g, (_mark, index: string) => digits[Number(index)] ?? '');
}

test.each([
  ['12345678901234567890', true],
  ['-12345678901234567890', true],
  ['[9007199254740993]', true],
  ['{"a":[1,{"b":0.12345678901234567890}]}', true],
  [' 1234567890.123456789 ', true],
  ['{"a":123456789012345678e-20}', true],
  ['9007199254740992', false],
  ['0.30000000000000004', false],
  ['{"a":"12345678901234567890"}', false],
  ['{"12345678901234567890":1}', false],
  ['"in a text: 12345678901234567890, or [12345678901234567890]"', false],
  ['"a quote \\" , 12345678901234567890"', false],
  ['123456789012345', false],
])('%s holds a number that a double does not carry: %s', (text, isExact) => {
  const value = parseExact(text);
  expect(holdsExact(value)).toBe(isExact);
  expect(printExact(value)).toBe(text.trim());
});

test('a long number is found at whatever place of a text it stands, and of whatever length it is', () => {
  for (let place = 0; place < 40; place++) {
    for (let digits = 17; digits < 50; digits++) {
      const text = `{"a":"1.5"${' '.repeat(place)},"b":${'3'.repeat(digits)}}`;
      expect(printExact(parseExact(text)), text).toBe(text.replaceAll(' ', ''));
    }
  }
});

test('what is no JSON is refused, however long its numbers', () => {
  const bad = [
    '',
    '12345678901234567890.',
    '012345678901234567890',
    '1234567890123456.78.9',
    '{12345678901234567890:1}',
    '[12345678901234567890',
    '--12345678901234567890',
    '{"a":12345678901234567890,}',
  ];
  for (const text of bad) expect(() => parseExact(text), text).toThrow(SyntaxError);
});

test('an exact number is its nearest double to whoever does not know it, and its digits as text', () => {
  const exact = parseExact('{"n":9007199254740993}') as { n: ExactNumber };
  expect(JSON.stringify(exact)).toBe('{"n":9007199254740992}');
  expect(Number(exact.n)).toBe(9_007_199_254_740_992);
  expect(String(exact.n)).toBe('9007199254740993');
  expect(Object.keys(exact.n)).toEqual([]);
});

test('only what JSON takes for a number can be an exact number', () => {
  for (const text of ['', '1,2', '01', '1e', 'NaN', '1"', '+1']) expect(() => new ExactNumber(text)).toThrow(TypeError);
  expect(parseExactNumber('5')).toBe(5);
  expect(String(parseExactNumber('12345678901234567890'))).toBe('12345678901234567890');
});

test('JSON that nests deeper than calls can is read with its long numbers', () => {
  const levels = 200_000;
  let value = parseExact(`${'['.repeat(levels)}12345678901234567890${']'.repeat(levels)}`);
  for (let i = 0; i < levels; i++) value = (value as unknown[])[0];
  expect(String(value)).toBe('12345678901234567890');
});

test('a failure to print leaves nothing behind for the next one', () => {
  const circular: unknown[] = [new ExactNumber('12345678901234567890')];
  circular.push(circular);
  expect(() => printExact(circular)).toThrow(TypeError);
  expect(JSON.stringify([new ExactNumber('12345678901234567890')])).toBe('[12345678901234567000]');
});
