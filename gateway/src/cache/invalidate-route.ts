import type { IncomingMessage, ServerResponse } from 'node:http';
import { authenticate, deriveKey, isAuthentic } from '@playgraph/auth/secret';
import { DomainError } from '@playgraph/kernel/errors';
import { parseExact } from '@playgraph/kernel/exact-json';
import type { Logger } from '@playgraph/kernel/logger';
import type { EntityCache } from './entity-cache.ts';
import { parseInvalidations } from './invalidation.ts';

/** The largest body: more than any list of invalidations needs. */
export const INVALIDATE_BODY_BYTES_MAX = 256 * 1024;
const BEARER_PATTERN = /^Bearer +(.{1,512})$/i;

export type InvalidateRouteDeps = {
  readonly cache: Pick<EntityCache, 'invalidate'>;
  /** Shared with who may invalidate; at least 32 characters. */
  readonly secret: string;
  readonly logger: Logger;
};

/** Why a request was not followed. */
type Refusal = { readonly status: number; readonly code: string; readonly message: string };

const NO_SECRET = refuse(
  401,
  'UNAUTHENTICATED',
  'There is no secret: it belongs into "authorization: Bearer <secret>".',
);
const WRONG_SECRET = refuse(401, 'UNAUTHENTICATED', 'The secret does not count.');

/**
 * Takes one invalidation or a list of them by POST, with `authorization: Bearer <secret>`. 204 when it holds, at every
 * gateway on the same store; 503 when it cannot be made to hold now: repeat it. 400, 401, 405, 413 for what is no such
 * request. @throws TypeError when the secret is too short.
 */
export function createInvalidateRoute({ cache, secret, logger }: InvalidateRouteDeps) {
  const key = deriveKey(secret, 'cache-invalidation');
  const mac = authenticate(key, secret);
  /** Null when the sender has the secret. */
  const refusalOf = (header: string | undefined): Refusal | null => {
    const given = BEARER_PATTERN.exec(header ?? '')?.[1];
    if (given === undefined) return NO_SECRET;
    // By its MAC, so that the comparison takes the same time whatever the length.
    return isAuthentic(key, given, mac) ? null : WRONG_SECRET;
  };
  const answer = async (request: IncomingMessage): Promise<Refusal | null> => {
    if (request.method !== 'POST') return refuse(405, 'BAD_REQUEST', 'Invalidations are sent by POST.');
    const stranger = refusalOf(request.headers.authorization);
    if (stranger) return stranger;
    const body = await readBody(request);
    if (body === null) return refuse(413, 'BAD_REQUEST', 'The body is too large.');
    try {
      await cache.invalidate(parseInvalidations(parseJson(body)));
      return null;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'BAD_USER_INPUT') {
        return refuse(400, error.code, error.message);
      }
      logger.warn({ err: error }, 'an invalidation could not be made to hold');
      return refuse(503, 'UNAVAILABLE', 'The invalidation does not hold yet: repeat it.');
    }
  };
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refusal = await answer(request).catch(() => refuse(400, 'BAD_REQUEST', 'The body broke off.'));
    response.setHeader('cache-control', 'no-store');
    if (!refusal) {
      response.writeHead(204).end();
      return;
    }
    const { status, code, message } = refusal;
    if (status === 405) response.setHeader('allow', 'POST');
    if (status === 401) response.setHeader('www-authenticate', 'Bearer');
    // What is left of the body is not read.
    if (status !== 400 && status !== 503) response.setHeader('connection', 'close');
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify({ errors: [{ message, extensions: { code } }] }));
  };
}

function refuse(status: number, code: string, message: string): Refusal {
  return { status, code, message };
}

/** The whole body as text; null when it is too large. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > INVALIDATE_BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What is no JSON is no invalidation either. */
function parseJson(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    return null;
  }
}
