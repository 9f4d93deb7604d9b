/** Who hears what a connection answers. */
export type ResponseListener = {
  /** A piece of the body; only valid during the call, as its memory is used again. */
  onBody(piece: Buffer): void;
  onEnd(response: { readonly status: number; readonly bodyBytes: number; readonly closes: boolean }): void;
};

const HEAD_END = '\r\n\r\n';
const LINE_END = '\r\n';
const HEAD_BYTES_MAX = 64 * 1024;

/** What comes next on the connection. */
type Part = 'head' | 'sized body' | 'chunk size' | 'chunk' | 'end of chunk' | 'trailers';

type Reader = {
  readonly listener: ResponseListener;
  part: Part;
  /** The beginning of a head or line whose end is still to come. */
  unread: Buffer | null;
  /** Bytes that are left of the body or chunk. */
  left: number;
  bodyBytes: number;
  status: number;
  closes: boolean;
};

/**
 * Reads HTTP/1.1 responses from the pieces that a socket gives: bodies by content-length or in chunks.
 * The returned function throws TypeError on what is not such a response.
 */
export function createResponseReader(listener: ResponseListener): (piece: Buffer) => void {
  const reader: Reader = {
    listener,
    part: 'head',
    unread: null,
    left: 0,
    bodyBytes: 0,
    status: 0,
    closes: false,
  };
  return (piece) => {
    for (let bytes: Buffer | null = piece; bytes && bytes.length > 0; ) bytes = readPart(reader, bytes);
  };
}

/** Takes one part off the front; what is behind it, or null when the part is not whole yet. */
function readPart(reader: Reader, bytes: Buffer): Buffer | null {
  if (reader.part === 'sized body' || reader.part === 'chunk') return readBody(reader, bytes);
  const taken = takeText(reader, bytes, reader.part === 'head' ? HEAD_END : LINE_END);
  if (!taken) return null;
  if (reader.part === 'head') startBody(reader, taken.text);
  else if (reader.part === 'chunk size') startChunk(reader, taken.text);
  else if (reader.part === 'end of chunk') reader.part = 'chunk size';
  else if (taken.text === '') endResponse(reader);
  return taken.rest;
}

function takeText(reader: Reader, bytes: Buffer, terminator: string): { text: string; rest: Buffer } | null {
  const all = reader.unread ? Buffer.concat([reader.unread, bytes]) : bytes;
  const at = all.indexOf(terminator, 0, 'latin1');
  if (at === -1) {
    if (all.length > HEAD_BYTES_MAX) throw new TypeError('the head of a response does not end');
    reader.unread = Buffer.from(all);
    return null;
  }
  reader.unread = null;
  return { text: all.toString('latin1', 0, at), rest: all.subarray(at + terminator.length) };
}

function startBody(reader: Reader, head: string): void {
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
  if (status === undefined) throw new TypeError(`not a response: ${head.slice(0, 40)}`);
  reader.status = Number(status);
  reader.closes = /\r\nconnection: *close/i.test(head);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    reader.left = Number(length);
    reader.part = 'sized body';
    if (reader.left === 0) endResponse(reader);
  } else if (/\r\ntransfer-encoding: *chunked/i.test(head)) reader.part = 'chunk size';
  else throw new TypeError('a response without a length');
}

function startChunk(reader: Reader, line: string): void {
  reader.left = Number.parseInt(line, 16);
  if (Number.isNaN(reader.left)) throw new TypeError(`not the size of a chunk: ${line.slice(0, 40)}`);
  reader.part = reader.left === 0 ? 'trailers' : 'chunk';
}

function readBody(reader: Reader, bytes: Buffer): Buffer {
  const taken = Math.min(reader.left, bytes.length);
  reader.listener.onBody(taken === bytes.length ? bytes : bytes.subarray(0, taken));
  reader.bodyBytes += taken;
  reader.left -= taken;
  if (reader.left === 0) {
    if (reader.part === 'chunk') reader.part = 'end of chunk';
    else endResponse(reader);
  }
  return bytes.subarray(taken);
}

function endResponse(reader: Reader): void {
  const { status, bodyBytes, closes } = reader;
  reader.part = 'head';
  reader.bodyBytes = 0;
  reader.listener.onEnd({ status, bodyBytes, closes });
}
