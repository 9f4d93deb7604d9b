/**
 * The media type of several operations in one HTTP body, and of their answers. Both are frames of two lines, each ended
 * by a line feed: a head (JSON), then a body (JSON without a line feed, which printed JSON never has).
 *
 * ```
 * {"identity":"<signed over the next line>","correlationId":"...","meter":true,"headers":["traceparent","00-..."]}
 * {"query":"...","variables":{...}}
 * ```
 *
 * Everything in a request's head but `correlationId` may be absent. Each operation is admitted by its own signature
 * over its own body, exactly as if it had been posted alone. An answer's head is `{"index":0,"status":200,
 * "cacheControl":"..."}`: which operation (counted from 0), and what its own HTTP answer would have said. Answers are
 * written as they become ready, in any order, so that a slow operation holds up no other.
 *
 * Why not a JSON array: a signature and the comparison of two answers need the very bytes of an element, and an array
 * can be read only when its last element has come.
 */
export const BATCH_MEDIA_TYPE = 'application/vnd.playgraph.batch';
/** How many operations one body may have. */
export const BATCH_MAX = 50;
/** How large a body of several operations may be. */
export const BATCH_BYTES_MAX = 1_048_576;

/** What a request's head says of its operation. */
export type RequestHead = {
  readonly identity?: string;
  readonly correlationId?: string;
  readonly meter?: boolean;
  /** Names and values in turn. */
  readonly headers?: readonly string[];
};

/** One operation as it arrived. */
export type RequestFrame = { readonly head: RequestHead; readonly body: Buffer };

/** What an answer's head says. */
export type AnswerHead = { readonly index: number; readonly status: number; readonly cacheControl?: string };

const LINE_FEED = 0x0a;

/** One frame. `body` has no line feed. */
export function printFrame(head: RequestHead | AnswerHead, body: string): string {
  return `${JSON.stringify(head)}\n${body}\n`;
}

/** Whether `body` can be a frame's: insignificant white space may hold a line feed, though we print none. */
export function fitsFrame(body: string): boolean {
  return !body.includes('\n');
}

/** The operations of a whole body; null when it is not of this format, or has none, or more than BATCH_MAX. */
export function readRequestFrames(bytes: Buffer): RequestFrame[] | null {
  const lines: Buffer[] = [];
  const readLines = createLineReader(bytes.length, (line) => void (line && lines.push(line)));
  readLines(bytes);
  const isWhole = bytes.at(-1) === LINE_FEED && lines.length % 2 === 0 && lines.length <= 2 * BATCH_MAX;
  if (!isWhole) return null;
  const frames: RequestFrame[] = [];
  for (let index = 0; index < lines.length; index += 2) {
    const [line, body] = [lines[index], lines[index + 1]];
    const head = line && parseRequestHead(line);
    if (!head || !body) return null;
    frames.push({ head, body });
  }
  return frames;
}

function parseRequestHead(line: Buffer): RequestHead | null {
  const head = parseObject(line);
  if (!head) return null;
  const { identity, correlationId, meter, headers } = head;
  return {
    ...(typeof identity === 'string' && { identity }),
    ...(typeof correlationId === 'string' && { correlationId }),
    ...(meter === true && { meter }),
    ...(Array.isArray(headers) && { headers: headers.map(String) }),
  };
}

/** The head of an answer; null when the line is none. */
export function parseAnswerHead(line: Buffer): AnswerHead | null {
  const { index, status, cacheControl } = parseObject(line) ?? {};
  if (typeof index !== 'number' || typeof status !== 'number') return null;
  return { index, status, ...(typeof cacheControl === 'string' && { cacheControl }) };
}

function parseObject(line: Buffer): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line.toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/**
 * Cuts what arrives into lines. `onLine` gets each without its line feed, as a copy that keeps nothing else alive, or
 * null for one of more than `lineBytesMax`, whose bytes are dropped.
 */
export function createLineReader(lineBytesMax: number, onLine: (line: Buffer | null) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let length = 0;
  const take = (part: Buffer): void => {
    length += part.length;
    if (length > lineBytesMax) parts = [];
    else parts.push(part);
  };
  return (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      take(chunk.subarray(start, end));
      const line = length > lineBytesMax ? null : Buffer.concat(parts, length);
      parts = [];
      length = 0;
      start = end + 1;
      onLine(line);
    }
    if (start < chunk.length) take(chunk.subarray(start));
  };
}
