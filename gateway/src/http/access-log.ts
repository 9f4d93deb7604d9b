import type { Logger } from '@playgraph/kernel/logger';
import type { PrintedAnswer } from '../client-request.ts';

/** What proxies call a request whose client went away before it was answered. */
export const STATUS_CLIENT_GONE = 499;

/** One request to `/graphql`, seen from outside, when its answer is written. */
export type AccessEntry = {
  readonly method: string;
  readonly path: string;
  /** The HTTP status; 499 when the client went before there was one. */
  readonly status: number;
  /** From the request's head to the answer's last byte being handed over; for streams, to their end. */
  readonly durationMs: number;
  /** Of the body as it travelled. */
  readonly bytes: number;
  /** Null where the request did not get as far as that, or is a batch. */
  readonly operationName: string | null;
  readonly operationId: string | null;
  readonly operationType: string | null;
  /** Whether there was data; null for a batch, a stream, a preflight. 200 hides failures, this does not. */
  readonly outcome: PrintedAnswer['outcome'] | null;
  /** Of the answer's errors, the first few. */
  readonly errorCodes: readonly string[];
  /** Null where nobody is signed in. */
  readonly userId: string | null;
  readonly correlationId: string;
  /** Null where nothing is traced. */
  readonly traceId: string | null;
  readonly userAgent: string | null;
};

/** Hears of every request. It runs on the hot path and must not throw. */
export type OnRequest = (entry: AccessEntry) => void;

/**
 * Writes one JSON line for each request. Who asked is personal data, which some issuers of tokens even name by an address
 * of email: it is in the line only where the operator wants it there. The correlation id leads to a request without it.
 */
export function createAccessLog(
  logger: Logger,
  { showsUsers = false }: { readonly showsUsers?: boolean } = {},
): OnRequest {
  if (showsUsers) return (entry) => logger.info(entry, 'request');
  return ({ userId: _userId, ...entry }) => logger.info(entry, 'request');
}
