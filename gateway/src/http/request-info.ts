import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Identity } from '@playgraph/auth/identity';
import type { TransportInfo } from '@playgraph/server/transport';

const CORRELATION_ID_PATTERN = /^[\w-]{8,64}$/;
const BEARER_PATTERN = /^Bearer +(\S+)$/i;

/** Turns an access token into who is asking. @throws DomainError UNAUTHENTICATED for a token that does not count. */
export type VerifyToken = (token: string) => Promise<Identity>;

export type RequestInfoDeps = {
  /** Null when the gateway knows no key set: then every request is anonymous. */
  readonly verifyToken: VerifyToken | null;
  /** Whether a client may ask for the usage of its operation by the header `playgraph-meter: 1`. */
  readonly allowMetering: boolean;
};

/** What the subgraphs learn about an HTTP request. Aborts when the client goes before the answer is written. */
export async function readHttpRequest(
  deps: RequestInfoDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<TransportInfo> {
  const correlationId = readCorrelationId(request);
  response.setHeader('x-correlation-id', correlationId);
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableEnded) gone.abort();
  });
  return {
    identity: await readIdentity(deps, request.headers.authorization),
    correlationId,
    signal: gone.signal,
    isMetered: deps.allowMetering && request.headers['playgraph-meter'] === '1',
  };
}

/** Who is asking, by an `Authorization` value; null without one. @throws DomainError UNAUTHENTICATED when it is no good. */
export async function readIdentity(deps: RequestInfoDeps, authorization: unknown): Promise<Identity | null> {
  if (typeof authorization !== 'string' || authorization === '' || !deps.verifyToken) return null;
  return deps.verifyToken(BEARER_PATTERN.exec(authorization)?.[1] ?? '');
}

/** The client's own `x-correlation-id` when it is a plain one, else a new one. */
export function readCorrelationId(request: IncomingMessage): string {
  const given = request.headers['x-correlation-id'];
  return typeof given === 'string' && CORRELATION_ID_PATTERN.test(given) ? given : randomUUID();
}
