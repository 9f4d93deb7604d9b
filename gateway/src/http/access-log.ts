import type { IncomingMessage } from 'node:http';
import type { Logger } from '@playgraph/kernel/logger';
import type { PrintedAnswer } from '../client-request.ts';

/** What proxies call a request whose client went away before it was answered. */
export const STATUS_CLIENT_GONE = 499;

/** What is seen from outside of a request to `/graphql`, by whichever door it came. */
type RequestEntry = {
  readonly path: string;
  /** Of the body as it travelled; over WebSocket, of the answers. */
  readonly bytes: number;
  /** Null where the request did not get as far as that, or is a batch. */
  readonly operationName: string | null;
  readonly operationId: string | null;
  readonly operationType: string | null;
  /** Whether there was data; null for a batch, a stream, a preflight. 200 hides failures, this does not. */
  readonly outcome: PrintedAnswer['outcome'] | null;
  /** Of the answer's errors, the first few; of a stream over WebSocket, of the one that ended it. */
  readonly errorCodes: readonly string[];
  /** Null where nobody is signed in. */
  readonly userId: string | null;
  readonly correlationId: string;
  /** Null where nothing is traced. */
  readonly traceId: string | null;
  readonly userAgent: string | null;
};

/** One request over HTTP, when its answer is written. */
export type AccessEntry = RequestEntry & {
  readonly method: string;
  /** The HTTP status; 499 when the client went before there was one. */
  readonly status: number;
  /** From the request's head to the answer's last byte being handed over; for streams, to their end. */
  readonly durationMs: number;
};

/**
 * How an operation over WebSocket ended: the gateway said `complete` or `error`, the client said `complete`, or the socket
 * was closed.
 */
export type SocketEnd = 'COMPLETE' | 'ERROR' | 'CLIENT' | 'SOCKET';

/** One operation over WebSocket, when it has ended. */
export type SocketEntry = RequestEntry & {
  readonly method: 'WEBSOCKET';
  readonly status: null;
  /** From `subscribe` to the last word being handed over. */
  readonly durationMs: number;
  /** How many answers were sent: 1 for a query, one for each event of a subscription. */
  readonly events: number;
  readonly ended: SocketEnd;
  /** With `SOCKET`: how it was closed; and why, where that was the gateway's doing. */
  readonly closeCode: number | null;
  readonly closeReason: string | null;
};

/** Hears of every request over HTTP. It runs on the hot path and must not throw. */
export type OnRequest = (entry: AccessEntry) => void;
/** Hears of every operation over WebSocket. It runs on the hot path and must not throw. */
export type OnSocketOperation = (entry: SocketEntry) => void;

const USER_AGENT_CHARS_MAX = 200;
const ERROR_CODES_MAX = 5;
const NO_CODES: readonly string[] = [];

/** What a client calls itself, as far as it is written down. */
export function userAgentOf({ headers }: IncomingMessage): string | null {
  return headers['user-agent']?.slice(0, USER_AGENT_CHARS_MAX) ?? null;
}

/** As many codes as are written down; an error without one is `undefined`. */
export function codesInLog(codes: readonly unknown[]): readonly string[] {
  return codes.length === 0 ? NO_CODES : codes.slice(0, ERROR_CODES_MAX).map(String);
}

/**
 * Writes one JSON line for each request. Who asked is personal data, which some issuers of tokens even name by an address
 * of email: it is in the line only where the operator wants it there. The correlation id leads to a request without it.
 */
export function createAccessLog(
  logger: Logger,
  { showsUsers = false }: { readonly showsUsers?: boolean } = {},
): OnRequest & OnSocketOperation {
  const write = (entry: object): void => logger.info(entry, 'request');
  if (showsUsers) return write;
  return ({ userId: _userId, ...entry }: AccessEntry | SocketEntry) => write(entry);
}
