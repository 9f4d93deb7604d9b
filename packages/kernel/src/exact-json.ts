import { randomUUID } from 'node:crypto';

/** A number as JSON writes it. */
const NUMBER_PATTERN = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** Every number in valid JSON outside of strings. */
const NUMBERS_PATTERN = /-?\d[\d.]*(?:[eE][+-]?\d+)?/g;
const EXPONENT_PATTERN = /[eE][+-]?\d+/y;
/** A double carries every number of 15 digits: one that it does not has at least so many digits and dots in a row. */
const LONG_CHARS = 16;
const HALF_CHARS = LONG_CHARS / 2;
const LONG_PATTERN = /[\d.]{16}/;
const [ZERO, NINE, DOT, MINUS] = [0x30, 0x39, 0x2e, 0x2d];
/** What may stand before a number in JSON: blanks, `[`, `,`, `:`. */
const BEFORE_NUMBER: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0x5b, 0x2c, 0x3a]);

/** Whether this process has ever met one: most never do, and then nobody need look what kind of object a value is. */
let isAnyMade = false;
/** How many exact numbers `JSON.stringify` has met: whether a text has some is known without looking for them. */
let met = 0;
/** Stands before each exact number while `printExact` prints a second time. */
let markOfPrinting: string | null = null;

/**
 * A number of JSON with more digits than a double carries. It never changes and has no properties; as a number (`Number`,
 * arithmetic) and in `JSON.stringify` it is the nearest double, as `String` and in `printExact` it is its digits.
 */
export class ExactNumber {
  readonly #text: string;

  /** @throws TypeError when `text` is not a number as JSON writes it. */
  constructor(text: string) {
    if (!NUMBER_PATTERN.test(text)) throw new TypeError(`not a number in JSON: ${text}`);
    this.#text = text;
    isAnyMade = true;
  }

  toString(): string {
    return this.#text;
  }

  valueOf(): number {
    return Number(this.#text);
  }

  toJSON(): number | string {
    met += 1;
    return markOfPrinting === null ? Number(this.#text) : markOfPrinting + this.#text;
  }
}

/** Whether `value` is one; of all objects it can be asked without cost. */
export function isExactNumber(value: unknown): value is ExactNumber {
  return isAnyMade && value instanceof ExactNumber;
}

/** A number from its JSON: an `ExactNumber` where a double would lose digits. Text of fewer than 16 digits is a double. */
export function parseExactNumber(text: string): number | ExactNumber {
  return isCarried(text) ? Number(text) : new ExactNumber(text);
}

/**
 * As `JSON.parse`, save that a number of 16 digits or more that a double does not carry digit by digit is an
 * `ExactNumber`. Text without one costs a look at every 16th character more. @throws SyntaxError when it is no JSON.
 */
export function parseExact(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!holdsInexact(text)) return value;
  // Nobody knows it before, so that no string of the text can begin with it.
  const mark = randomUUID();
  return restore(JSON.parse(markNumbers(text, mark)), mark);
}

/** As `JSON.stringify`, save that an `ExactNumber` is printed with all its digits. Without one it costs nothing more. */
export function printExact(value: unknown): string {
  const before = met;
  // Undefined for what is no JSON, such as `undefined` itself: as null where it stands in a list.
  const text: string | undefined = JSON.stringify(value);
  if (met === before) return text ?? 'null';
  markOfPrinting = randomUUID();
  try {
    return unmark(JSON.stringify(value), markOfPrinting);
  } finally {
    markOfPrinting = null;
  }
}

/** Whether there is an `ExactNumber` anywhere in a JSON value. */
export function holdsExact(value: unknown): boolean {
  if (!isAnyMade || typeof value !== 'object' || value === null) return false;
  if (value instanceof ExactNumber) return true;
  for (const key in value) if (holdsExact((value as Record<string, unknown>)[key])) return true;
  return false;
}

function isCarried(number: string): boolean {
  return !LONG_PATTERN.test(number) || String(Number(number)) === number;
}

/** May say yes for a number within a string; never says no where there is one. */
function holdsInexact(text: string): boolean {
  let end = 0;
  for (let at = LONG_CHARS - 1; at < text.length; at += LONG_CHARS) {
    if (!isDigitOrDot(text.charCodeAt(at))) continue;
    // A long run goes on for half of its length to one side at least.
    if (!isDigitOrDot(text.charCodeAt(at - HALF_CHARS)) && !isDigitOrDot(text.charCodeAt(at + HALF_CHARS))) continue;
    let start = at;
    while (start > end && isDigitOrDot(text.charCodeAt(start - 1))) start--;
    end = at + 1;
    while (end < text.length && isDigitOrDot(text.charCodeAt(end))) end++;
    if (end - start >= LONG_CHARS && mayStartNumber(text, start) && !isCarried(numberAt(text, start, end))) return true;
    at = end;
  }
  return false;
}

function isDigitOrDot(code: number): boolean {
  // Letters are the commonest.
  return code <= NINE && (code >= ZERO || code === DOT);
}

/** Long digits within a string are mostly all of it: a quote stands before them. */
function mayStartNumber(text: string, start: number): boolean {
  const first = text.charCodeAt(start - 1) === MINUS ? start - 1 : start;
  return first === 0 || BEFORE_NUMBER.has(text.charCodeAt(first - 1));
}

/** The number whose digits are from `start` to before `end`, with its sign and exponent. */
function numberAt(text: string, start: number, end: number): string {
  EXPONENT_PATTERN.lastIndex = end;
  const exponent = EXPONENT_PATTERN.exec(text)?.[0] ?? '';
  return text.slice(text.charCodeAt(start - 1) === MINUS ? start - 1 : start, end) + exponent;
}

/** Valid JSON with strings in the place of the numbers that a double does not carry. */
function markNumbers(text: string, mark: string): string {
  const toMarked = (number: string): string => (isCarried(number) ? number : `"${mark}${number}"`);
  let marked = '';
  let copied = 0;
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    const end = quote === -1 ? text.length : quote;
    // Between most strings there is no room for one.
    if (end - at >= LONG_CHARS) {
      marked += text.slice(copied, at) + text.slice(at, end).replace(NUMBERS_PATTERN, toMarked);
      copied = end;
    }
    at = quote === -1 ? end : endOfString(text, quote);
  }
  return marked + text.slice(copied);
}

/** Where the string that begins at `quote` is over. */
function endOfString(text: string, quote: number): number {
  let end = text.indexOf('"', quote + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}

/** Puts exact numbers in the place of the marked strings. JSON may nest deeper than calls can, so that it does not recurse. */
function restore(value: unknown, mark: string): unknown {
  const whole = { value };
  const open: object[] = [whole];
  for (let holder = open.pop(); holder; holder = open.pop()) {
    const members = holder as Record<string, unknown>;
    for (const key of Object.keys(members)) {
      const member = members[key];
      if (typeof member === 'object' && member !== null) open.push(member);
      else if (typeof member === 'string' && member.startsWith(mark))
        members[key] = new ExactNumber(member.slice(mark.length));
    }
  }
  return whole.value;
}

/** Takes the marks, and the quotes around what they mark, out of printed JSON. */
function unmark(text: string, mark: string): string {
  const [head = '', ...rest] = text.split(`"${mark}`);
  // The first quote is the end of the marked string: numbers have none.
  return head + rest.map((part) => part.replace('"', '')).join('');
}
