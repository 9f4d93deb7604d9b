import { brotliDecompressSync, unzipSync } from 'node:zlib';

type Decode = (bytes: Buffer, limits: { readonly maxOutputLength: number }) => Buffer;

const decoders: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['identity', (bytes) => bytes],
  ['gzip', unzipSync],
  ['x-gzip', unzipSync],
  ['deflate', unzipSync],
  ['br', brotliDecompressSync],
]);

/** What zlib says when there would be more than it may give. */
const OVER_LIMIT = 'ERR_BUFFER_TOO_LARGE';

/**
 * A body as it was before its sender encoded it as `coding`: at most `bytesMax` bytes, TOO_LARGE when there are more, null
 * for a coding that is not known and for what is not encoded so. Nobody is asked for an encoding, for the networks
 * between a gateway and its subgraphs are fast; but who is asked for none may choose one (RFC 9110, 12.5.3), and proxies
 * do. At once, as the JSON in it is read at once too.
 */
export function decodeBody(bytes: Buffer, coding: string, bytesMax: number): Buffer | 'TOO_LARGE' | null {
  const decode = decoders.get(coding.trim().toLowerCase());
  if (!decode) return null;
  if (bytes.length === 0) return bytes;
  try {
    return decode(bytes, { maxOutputLength: bytesMax });
  } catch (error) {
    return error instanceof RangeError && 'code' in error && error.code === OVER_LIMIT ? 'TOO_LARGE' : null;
  }
}
