import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { SMALL_BODY_BYTES_MAX } from './admission.ts';
import { badRequest, ClientGoneError, HttpError } from './http-error.ts';

/** The largest request body, before and after it is inflated. */
export const BODY_BYTES_MAX = 1024 * 1024;
/** How much of a body that is too large is still taken in and dropped, so that the client gets to read its refusal. */
const LINGER_BYTES_MAX = 16 * 1024 * 1024;

const inflaters = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
] as const);
const READABLE_CODINGS = 'gzip, deflate, br, identity';

type BodyLimits = {
  readonly bytesMax: number;
  /** Asked when a body that did not say its length turns out not to be small: why it is not read on, or null. */
  readonly onLarge: (() => HttpError | null) | null;
};

/**
 * The body as text.
 * @throws HttpError 413 when it has more than `bytesMax` bytes, what `onLarge` says, 415 for a content coding that we do not read, 400 when
 * it is not what the coding says or not UTF-8.
 * @throws ClientGoneError when the connection closed before its end.
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<string> {
  const coding = request.headers['content-encoding'];
  const isPlain = coding === undefined || coding === '' || coding.toLowerCase() === 'identity';
  const inflated = isPlain ? null : inflaterOf(coding);
  const sent = await collect(request, limits);
  const bytes = inflated ? await inflated(sent, limits.bytesMax) : sent;
  if (!isUtf8(bytes)) throw badRequest('The body is not UTF-8.');
  return bytes.toString();
}

function collect(request: IncomingMessage, { bytesMax, onLarge }: BodyLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let refusal: HttpError | null = null;
    request.on('data', (chunk: Buffer) => {
      const wasSmall = bytes <= SMALL_BODY_BYTES_MAX;
      bytes += chunk.length;
      if (wasSmall && bytes > SMALL_BODY_BYTES_MAX) refusal = onLarge?.() ?? null;
      if (refusal) reject(refusal);
      if (bytes <= bytesMax && !refusal) chunks.push(chunk);
      else chunks.length = 0;
      if (bytes > bytesMax + LINGER_BYTES_MAX) reject(tooLarge(bytesMax));
    });
    request.once('end', () => {
      const [first] = chunks;
      if (bytes > bytesMax) reject(tooLarge(bytesMax));
      else resolve(first && chunks.length === 1 ? first : Buffer.concat(chunks));
    });
    request.once('error', () => reject(new ClientGoneError()));
    request.once('close', () => {
      // Every request closes in the end: an error, and its stack, is made only for one that is not whole.
      if (!request.readableEnded) reject(new ClientGoneError());
    });
  });
}

function inflaterOf(coding: string): (sent: Buffer, bytesMax: number) => Promise<Buffer> {
  const inflater = inflaters.get(coding.trim().toLowerCase() as 'gzip');
  if (!inflater) {
    throw new HttpError(415, `A body may be encoded as ${READABLE_CODINGS}.`, {
      headers: ['accept-encoding', READABLE_CODINGS],
    });
  }
  return async (sent, bytesMax) => {
    try {
      return await inflater(sent, { maxOutputLength: bytesMax });
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(bytesMax);
      throw badRequest(`The body is not ${coding}.`);
    }
  };
}

/** The connection ends with the answer: what may still come of the body is nobody's to read. */
function tooLarge(bytesMax: number): HttpError {
  return new HttpError(413, `The body is larger than ${bytesMax} bytes.`, { headers: ['connection', 'close'] });
}
