import type { IncomingMessage } from 'node:http';
import { accessTokenExpiryMs } from '@playgraph/auth/access-token';
import { DomainError } from '@playgraph/kernel/errors';
import type { ClientInfo } from '../client-request.ts';
import { type RequestInfoDeps, readCorrelationId, readForwarded, readIdentity } from '../http/request-info.ts';
import { type Closing, closings } from './messages.ts';

/** The payload of `connection_init`. */
export type ConnectionParams = Readonly<Record<string, unknown>> | undefined;

/** Whoever connected: the same for all operations of the socket. */
export type Caller = {
  readonly client: Omit<ClientInfo, 'signal'>;
  /** When the token stops counting, in milliseconds since the epoch; null when there is none or it does not say. */
  readonly expiresAtMs: number | null;
};

/**
 * Who connects, by `authorization` (in any case) in the payload, else by the header of the same name. Headers that the
 * rule forwards may stand in the payload as well, which is all that a browser can set.
 * @throws DomainError UNAUTHENTICATED for a token that does not count; whatever else verifying it throws.
 */
export async function admit(
  deps: RequestInfoDeps,
  request: IncomingMessage,
  params: ConnectionParams,
): Promise<Caller> {
  const headers = { ...request.headers, ...toHeaders(params) };
  const { authorization } = headers;
  const identity = await readIdentity(deps, authorization);
  const client = {
    identity,
    correlationId: readCorrelationId({ headers } as IncomingMessage),
    isMetered: false,
    headers: readForwarded(deps.forwardHeaders ?? [], headers),
    allowsSharing: true,
  };
  const token = identity && typeof authorization === 'string' ? authorization.split(/ +/)[1] : undefined;
  return { client, expiresAtMs: token === undefined ? null : accessTokenExpiryMs(token, deps.clockToleranceMs) };
}

/** How a socket is closed whose client could not be admitted; null when it is our own fault. */
export function closingOf(error: unknown): Closing | null {
  if (!(error instanceof DomainError)) return null;
  if (error.code === 'FORBIDDEN') return closings.forbidden;
  if (error.code === 'UNAUTHENTICATED') return closings.badToken;
  return closings.tryLater;
}

function toHeaders(params: ConnectionParams): Record<string, string> {
  const texts = Object.entries(params ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(texts.map(([name, value]) => [name.toLowerCase(), value]));
}
