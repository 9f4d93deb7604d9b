import { checkIdentitySecret } from '@playgraph/auth/signed-identity';
import type { Clock } from '@playgraph/kernel/clock';
import { type Random, systemRandom } from '@playgraph/kernel/random';
import { OperationTypeNode } from 'graphql';
import { type CallWatch, watchCall } from './call-watch.ts';
import { type CircuitBreaker, createCircuitBreaker } from './circuit-breaker.ts';
import { RESPONSE_BYTES_MAX, type Reply } from './collect-reply.ts';
import type { CallEvent, HttpTransportOptions } from './http-transport-options.ts';
import { marksOf } from './request-headers.ts';
import { createRetryBudget, RETRIES_MAX, type RetryBudget, retryWaitMs } from './retry-budget.ts';
import { createSender, type SendOperation } from './send-operation.ts';
import { hasErrors, toAnswer } from './subgraph-answer.ts';
import { createFaultLog, type Fault, faultResponse, ruleOf } from './subgraph-faults.ts';
import { createSubgraphPool } from './subgraph-pool.ts';
import { answerOf, type TransportAnswer, type TransportInfo, type TransportRequest } from './transport.ts';

/** How long a call to a subgraph may take when nothing else is said. */
export const SUBGRAPH_DEADLINE_MS = 10_000;

type Parts = {
  readonly options: HttpTransportOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly send: SendOperation;
  readonly breaker: CircuitBreaker | null;
  readonly budget: RetryBudget;
  readonly logFault: (fault: Fault, correlationId: string) => void;
};

/** One call under way. */
type Call = { readonly request: TransportRequest; readonly info: TransportInfo; readonly watch: CallWatch };

/** How a call ended; null when its client left. */
type Result = { readonly outcome: TransportAnswer | Fault | null; readonly retries: number };

/**
 * Makes the calls of one transport.
 * @throws TypeError when the secret is too short or the address is none.
 */
export function createCaller(options: HttpTransportOptions) {
  const { name, url, clock, logger, identitySecret } = options;
  if (identitySecret !== null) checkIdentitySecret(identitySecret);
  const pool = createSubgraphPool(options);
  const breaker = options.breaker === null ? null : createBreaker(options);
  const parts: Parts = {
    options,
    clock,
    random: options.random ?? systemRandom,
    send: createSender(pool, options),
    breaker,
    budget: createRetryBudget(),
    logFault: createFaultLog({ subgraph: name, url, logger, clock }),
  };
  return {
    call: (request: TransportRequest, info: TransportInfo) => callSubgraph(parts, request, info),
    stats: () => ({ breaker: breaker?.state() ?? 'CLOSED', ...pool.counts() }),
    close: pool.close,
  };
}

function createBreaker({ name, clock, logger, breaker, onStateChange }: HttpTransportOptions): CircuitBreaker {
  return createCircuitBreaker({
    clock,
    ...(breaker && { limits: breaker }),
    onStateChange(from, to) {
      logger.warn({ subgraph: name, from, to }, 'a circuit breaker changed');
      onStateChange?.({ subgraph: name, from, to });
    },
  });
}

async function callSubgraph(parts: Parts, request: TransportRequest, info: TransportInfo): Promise<TransportAnswer> {
  info.signal.throwIfAborted();
  const { onCall, deadlineMs = SUBGRAPH_DEADLINE_MS } = parts.options;
  const startMs = onCall ? parts.clock.nowMs() : 0;
  const watch = watchCall(info.signal, deadlineMs);
  const result = await tryUntilDone(parts, { request, info, watch }).finally(watch.end);
  onCall?.(describeCall(parts, request, { ...result, startMs }), info);
  if (result.outcome === null) throw info.signal.reason;
  return 'kind' in result.outcome ? refuse(parts, result.outcome, info) : result.outcome;
}

/** Queries are asked again after a fault that may pass, as far as the budget allows. */
async function tryUntilDone(parts: Parts, call: Call): Promise<Result> {
  const { retriesMax = RETRIES_MAX } = parts.options;
  const isQuery = call.request.operationType === OperationTypeNode.QUERY;
  parts.budget.deposit();
  for (let retries = 0; ; retries++) {
    const outcome = await tryOnce(parts, call);
    const isOver = outcome === null || !('kind' in outcome) || !ruleOf(outcome.kind).isRetried;
    if (isOver || !isQuery || retries >= retriesMax || !parts.budget.withdraw()) return { outcome, retries };
    const stopped = await pause(retryWaitMs(retries, parts.random), call.watch);
    if (stopped) return { outcome: stopFault(stopped), retries };
  }
}

async function tryOnce(parts: Parts, call: Call): Promise<TransportAnswer | Fault | null> {
  const { breaker } = parts;
  const permit = breaker?.admit();
  if (permit === null) return { kind: 'REJECTED_BY_BREAKER', reason: 'the circuit breaker is open' };
  const outcome = await exchange(parts, call).catch(notSent);
  if (permit !== undefined) breaker?.settle(permit, judge(outcome));
  return outcome;
}

function judge(outcome: TransportAnswer | Fault | null): 'SUCCESS' | 'FAILURE' | 'UNKNOWN' {
  if (outcome === null) return 'UNKNOWN';
  if (!('kind' in outcome)) return 'SUCCESS';
  if (outcome.kind === 'BUSY' || outcome.kind === 'NOT_SENT') return 'UNKNOWN';
  return ruleOf(outcome.kind).isFailure ? 'FAILURE' : 'SUCCESS';
}

/** Sends once and waits for the answer, or for the watch to stop the call. */
async function exchange(parts: Parts, { request, info, watch }: Call): Promise<TransportAnswer | Fault | null> {
  if (watch.stopped) return stopFault(watch.stopped);
  const { body, operationType } = request;
  const isAlone = operationType === OperationTypeNode.MUTATION;
  const outcome = await new Promise<Reply | Fault | null>((resolve) => {
    const cancel = parts.send({ body, marks: marksOf(parts.options, body, info), isAlone }, resolve);
    watch.onStop = () => {
      cancel();
      resolve(watch.stopped && stopFault(watch.stopped));
    };
  });
  if (outcome === null || 'kind' in outcome) return outcome;
  return toAnswer(outcome, (fault) => refuse(parts, fault, info).read());
}

/** A body that cannot be printed, say: the permit is settled all the same. */
function notSent(error: unknown): Fault {
  return { kind: 'NOT_SENT', reason: String(error) };
}

function stopFault(stopped: 'ABORTED' | 'DEADLINE'): Fault | null {
  return stopped === 'ABORTED' ? null : { kind: 'DEADLINE', reason: 'not answered in time' };
}

/** Gives why the call has to stop, should that come before the time is over. */
function pause(waitMs: number, watch: CallWatch): Promise<CallWatch['stopped']> {
  if (watch.stopped) return Promise.resolve(watch.stopped);
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, waitMs, null);
    watch.onStop = () => {
      clearTimeout(timer);
      resolve(watch.stopped);
    };
  });
}

/** The fault, written down, as an answer. */
function refuse(parts: Parts, fault: Fault, { correlationId }: TransportInfo): TransportAnswer {
  const { name, responseBytesMax = RESPONSE_BYTES_MAX } = parts.options;
  parts.logFault(fault, correlationId);
  return answerOf(faultResponse(name, fault.kind, fault.kind === 'TOO_LARGE' ? { responseBytesMax } : {}));
}

function describeCall(
  { options, clock }: Parts,
  { operationType }: TransportRequest,
  { outcome, retries, startMs }: Result & { readonly startMs: number },
): CallEvent {
  const bytes = outcome && 'bytes' in outcome ? (outcome.bytes?.length ?? 0) : 0;
  const durationMs = clock.nowMs() - startMs;
  return { subgraph: options.name, operationType, durationMs, outcome: nameOutcome(outcome), retries, bytes };
}

function nameOutcome(outcome: TransportAnswer | Fault | null): CallEvent['outcome'] {
  if (outcome === null) return 'ABORTED';
  if (!('kind' in outcome)) return hasErrors(outcome) ? 'ERRORS' : 'OK';
  return outcome.kind === 'REJECTED_BY_BREAKER' ? outcome.kind : ruleOf(outcome.kind).code;
}
