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
  /** Whether there was data; null for a batch, a stream, and what is no GraphQL request. 200 hides failures, this does not. */
  readonly outcome: PrintedAnswer['outcome'] | null;
  /** Of the answer's errors, the first few. */
  readonly errorCodes: readonly string[];
  readonly userId: string | null;
  readonly correlationId: string;
  /** Null where nothing is traced. */
  readonly traceId: string | null;
  readonly userAgent: string | null;
};

/** Hears of every request. It runs on the hot path and must not throw. */
export type OnRequest = (entry: AccessEntry) => void;

/** Writes one JSON line for each request. */
export function createAccessLog(logger: Logger): OnRequest {
  return (entry) => logger.info(entry, 'request');
}
