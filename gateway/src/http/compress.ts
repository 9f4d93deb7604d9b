import { promisify } from 'node:util';
import { brotliCompress, gzip, constants as zlib } from 'node:zlib';
import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';

/** A coding that answers are written in; null is none. */
export type Coding = 'br' | 'gzip' | null;

/** Below this size the headers outweigh what compression saves. */
export const COMPRESSED_BYTES_MIN = 1024;
/** Both chosen for speed: JSON shrinks to a tenth anyway, and higher levels cost several times the CPU. */
const GZIP_LEVEL = 4;
const BROTLI_QUALITY = 3;
const KEPT_HEADERS_MAX = 256;
const KEPT_HEADER_CHARS_MAX = 256;

const codings = new LRUCache<string, { readonly coding: Coding }>({ max: KEPT_HEADERS_MAX });
const compress = { br: promisify(brotliCompress), gzip: promisify(gzip) };

/** The coding for a body of this size, by an `accept-encoding` header with q-values. */
export function chooseCoding(header: string | undefined, bytes: number): Coding {
  if (header === undefined || bytes < COMPRESSED_BYTES_MIN) return null;
  const kept = codings.get(header);
  if (kept) return kept.coding;
  const coding = negotiate(header);
  if (header.length <= KEPT_HEADER_CHARS_MAX) codings.set(header, { coding });
  return coding;
}

function negotiate(header: string): Coding {
  const coding = new Negotiator({ headers: { 'accept-encoding': header } }).encoding(['br', 'gzip', 'identity']);
  return coding === 'br' || coding === 'gzip' ? coding : null;
}

/** Answers are shared between requests: each is compressed once, for as long as somebody holds it. */
const compressed = { br: new WeakMap<Buffer, Promise<Buffer>>(), gzip: new WeakMap<Buffer, Promise<Buffer>>() };

/** `body` in that coding, made off the event loop. */
export function compressBody(body: Buffer, coding: 'br' | 'gzip'): Promise<Buffer> {
  const known = compressed[coding].get(body);
  if (known) return known;
  const made = coding === 'gzip' ? compress.gzip(body, { level: GZIP_LEVEL }) : compress.br(body, brotliOptions(body));
  compressed[coding].set(body, made);
  return made;
}

function brotliOptions(body: Buffer) {
  return { params: { [zlib.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [zlib.BROTLI_PARAM_SIZE_HINT]: body.length } };
}
