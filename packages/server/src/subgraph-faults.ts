import type { Clock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import { failedResponse, type TransportResponse } from './transport.ts';

/** Everything that can keep a subgraph's answer from us. */
export type FaultKind = keyof typeof faults;
/** What happened; `reason` is for the log, not for clients. */
export type Fault = { readonly kind: FaultKind; readonly reason: string };

type FaultRule = {
  readonly code: 'UNAVAILABLE' | 'DEADLINE_EXCEEDED';
  /** What the client reads after "The <name> service". */
  readonly says: string;
  /** Whether the same query may be sent again: the subgraph may well answer the next time. */
  readonly isRetried: boolean;
  /** Whether it speaks against the subgraph's health; what one odd request causes, or we ourselves, does not. */
  readonly isFailure: boolean;
};

const faults = {
  /** No connection, a reset one, or one that closed before the answer was whole. */
  UNREACHABLE: { code: 'UNAVAILABLE', says: 'cannot be reached.', isRetried: true, isFailure: true },
  /** 502, 503 or 504 without a GraphQL response. */
  OUT_OF_SERVICE: { code: 'UNAVAILABLE', says: 'cannot be reached.', isRetried: true, isFailure: true },
  /** Another status from 500 on, without a GraphQL response. */
  BROKEN: { code: 'UNAVAILABLE', says: 'gave no valid answer.', isRetried: false, isFailure: true },
  /** Any other answer that is no GraphQL response. */
  NOT_GRAPHQL: { code: 'UNAVAILABLE', says: 'gave no valid answer.', isRetried: false, isFailure: false },
  /** More bytes than `responseBytesMax`. */
  TOO_LARGE: { code: 'UNAVAILABLE', says: 'gave an answer over the size limit.', isRetried: false, isFailure: false },
  /** HTTP cannot carry it. */
  NOT_SENT: { code: 'UNAVAILABLE', says: 'cannot be asked this.', isRetried: false, isFailure: false },
  /** The transport is closed. */
  CLOSED: { code: 'UNAVAILABLE', says: 'is not asked any more.', isRetried: false, isFailure: false },
  /** As many requests wait for a connection as may. */
  BUSY: { code: 'UNAVAILABLE', says: 'has too many requests waiting.', isRetried: false, isFailure: false },
  /** Its circuit breaker is open. */
  REJECTED_BY_BREAKER: { code: 'UNAVAILABLE', says: 'is not asked for now.', isRetried: false, isFailure: false },
  /** Not within `deadlineMs`, retries included. */
  DEADLINE: { code: 'DEADLINE_EXCEEDED', says: 'took too long.', isRetried: false, isFailure: true },
} as const satisfies Readonly<Record<string, FaultRule>>;

/** How often a subgraph's faults are logged at most: an outage must not drown the log. */
export const FAULT_LOG_EVERY_MS = 1_000;

/** How a fault is treated. */
export function ruleOf(kind: FaultKind): FaultRule {
  return faults[kind];
}

/** What the client's operation sees of a fault. `limits` are named in the error's extensions. */
export function faultResponse(
  subgraph: string,
  kind: FaultKind,
  limits: Readonly<Record<string, number>> = {},
): TransportResponse {
  const { code, says } = ruleOf(kind);
  return failedResponse(code, `The ${subgraph} service ${says}`, limits);
}

/** Writes faults of one subgraph: one line per FAULT_LOG_EVERY_MS, which tells how many it stands for. */
export function createFaultLog(options: {
  readonly subgraph: string;
  /** As it may be logged. */
  readonly url: string;
  readonly logger: Logger;
  readonly clock: Clock;
}): (fault: Fault, correlationId: string) => void {
  const { subgraph, url, logger, clock } = options;
  const takeTurn = createLogTurns(clock);
  return ({ kind, reason }, correlationId) => {
    const unwritten = takeTurn();
    if (unwritten === null) return;
    logger.warn({ subgraph, url, correlationId, kind, reason, unwritten }, 'a subgraph gave no answer');
  };
}

/**
 * Whether a line may be written now: once per FAULT_LOG_EVERY_MS it gives how many were not since the last one; else
 * null, and counts.
 */
export function createLogTurns(clock: Clock): () => number | null {
  let writtenAtMs = Number.NEGATIVE_INFINITY;
  let unwritten = 0;
  return () => {
    const nowMs = clock.nowMs();
    const sinceMs = nowMs - writtenAtMs;
    if (sinceMs >= 0 && sinceMs < FAULT_LOG_EVERY_MS) {
      unwritten++;
      return null;
    }
    const missed = unwritten;
    writtenAtMs = nowMs;
    unwritten = 0;
    return missed;
  };
}
