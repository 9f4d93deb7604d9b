/** Room for a first answer; it grows by doubling. */
const BYTES_MIN = 64 * 1024;
/** A larger room is not kept for the next answer. */
const SPARE_BYTES_MAX = 1024 * 1024;
/** Up to here writing byte by byte is cheaper than a call out of JavaScript. */
const SHORT_CHARS_MAX = 512;
/** And where nothing has to be looked at on the way. */
const SHORT_PLAIN_CHARS_MAX = 32;
/** What a UTF-16 code unit takes in UTF-8 at most. */
const BYTES_PER_CHAR_MAX = 3;
/** Whatever is not itself in a JSON string in ASCII: control characters, quotes, backslashes and all above. */
const NOT_PLAIN_PATTERN = /[^ !#-[\]-~]/;
const [QUOTE, BACKSLASH, SPACE, TILDE] = [0x22, 0x5c, 0x20, 0x7e];

/** Printing is never interrupted, so that one room serves every answer: what is printed is copied out of it. */
let spare: Buffer | null = null;

/**
 * JSON under way, as UTF-8. Text as a list of strings would be walked through, joined and encoded once more at the end;
 * and what stands in an answer many times is copied here by one move of memory.
 */
export class JsonOutput {
  #bytes: Buffer;
  /** The same memory: V8 stores single bytes faster where a plain `Uint8Array` is all that it meets. */
  #units: Uint8Array;
  #length = 0;
  readonly #isPlain: boolean;

  /** `isPlain`: every string for `writeString` is ASCII without control characters, quotes and backslashes. */
  constructor(isPlain = false) {
    this.#isPlain = isPlain;
    this.#bytes = spare ?? Buffer.allocUnsafeSlow(BYTES_MIN);
    this.#units = unitsOf(this.#bytes);
    spare = null;
  }

  /** How many bytes are written: a place to come back to. */
  get length(): number {
    return this.#length;
  }

  /** Takes back what was written from `length` on. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** Text as it is: JSON already. */
  write(text: string): void {
    const { length } = text;
    if (length > SHORT_CHARS_MAX) {
      this.#writeLong(text);
      return;
    }
    this.#reserve(length * BYTES_PER_CHAR_MAX);
    const units = this.#units;
    const start = this.#length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > TILDE) {
        this.#writeLong(text);
        return;
      }
      units[start + i] = code;
    }
    this.#length = start + length;
  }

  /** A string as JSON. */
  writeString(text: string): void {
    const { length } = text;
    if (this.#isPlain && length > SHORT_PLAIN_CHARS_MAX) {
      this.#writePlain(text);
      return;
    }
    if (length > SHORT_CHARS_MAX) {
      this.#writeLongString(text);
      return;
    }
    this.#reserve(length + 2);
    const units = this.#units;
    const start = this.#length + 1;
    units[start - 1] = QUOTE;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code < SPACE || code > TILDE || code === QUOTE || code === BACKSLASH) {
        this.#writeLong(JSON.stringify(text));
        return;
      }
      units[start + i] = code;
    }
    units[start + length] = QUOTE;
    this.#length = start + length + 1;
  }

  /** Once more what stands between two places. */
  repeat(start: number, end: number): void {
    this.#reserve(end - start);
    this.#bytes.copyWithin(this.#length, start, end);
    this.#length += end - start;
  }

  /** What was written, as text. */
  toString(): string {
    return this.#bytes.toString('utf8', 0, this.#length);
  }

  /** `head`, what was written, and `tail`, in memory of their own. Nothing may be written any more. */
  finish(head: string, tail: string): Buffer {
    const headBytes = Buffer.byteLength(head);
    const whole = Buffer.allocUnsafeSlow(headBytes + this.#length + Buffer.byteLength(tail));
    whole.write(head);
    this.#bytes.copy(whole, headBytes, 0, this.#length);
    whole.write(tail, headBytes + this.#length);
    this.discard();
    return whole;
  }

  /** Leaves its room to the next one. Nothing may be written any more. */
  discard(): void {
    if (this.#bytes.length <= SPARE_BYTES_MAX && this.#bytes !== NO_BYTES) spare = this.#bytes;
    this.#bytes = NO_BYTES;
    this.#length = 0;
  }

  #writeLong(text: string): void {
    this.#reserve(text.length * BYTES_PER_CHAR_MAX);
    this.#length += this.#bytes.write(text, this.#length);
  }

  #writeLongString(text: string): void {
    if (NOT_PLAIN_PATTERN.test(text)) this.#writeLong(JSON.stringify(text));
    else this.#writePlain(text);
  }

  #writePlain(text: string): void {
    this.#reserve(text.length + 2);
    const bytes = this.#bytes;
    bytes[this.#length] = QUOTE;
    bytes.write(text, this.#length + 1, 'latin1');
    this.#length += text.length + 2;
    bytes[this.#length - 1] = QUOTE;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
    this.#units = unitsOf(larger);
  }
}

function unitsOf({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

const NO_BYTES = Buffer.alloc(0);
