import { placeOf } from '@playgraph/auth/fetch-keys';
import { checkIdentitySecret } from '@playgraph/auth/signed-identity';
import type { Clock } from '@playgraph/kernel/clock';
import { type Random, systemRandom } from '@playgraph/kernel/random';
import { OperationTypeNode } from 'graphql';
import { type BreakerPermit, type CircuitBreaker, createCircuitBreaker } from './circuit-breaker.ts';
import { RESPONSE_BYTES_MAX, type Reply } from './collect-reply.ts';
import type { CallEvent, HttpTransportOptions } from './http-transport-options.ts';
import { marksOf, type RequestMarks } from './request-headers.ts';
import { createRetryBudget, RETRIES_MAX, type RetryBudget, retryWaitMs } from './retry-budget.ts';
import { createSender, type OutgoingOperation, type SendOperation } from './send-operation.ts';
import { toAnswer } from './subgraph-answer.ts';
import { createFaultLog, type Fault, faultResponse, ruleOf } from './subgraph-faults.ts';
import { type Cancellable, createSubgraphPool } from './subgraph-pool.ts';
import { answerOf, type TransportAnswer, type TransportInfo, type TransportRequest } from './transport.ts';
import { type AbortListener, unwatchAbort, watchAbort } from './watch-abort.ts';

/** How long a call to a subgraph may take when nothing else is said. */
export const SUBGRAPH_DEADLINE_MS = 10_000;

type Parts = {
  readonly options: HttpTransportOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly send: SendOperation;
  readonly breaker: CircuitBreaker | null;
  readonly budget: RetryBudget;
  readonly open: OpenCalls;
  readonly logFault: (fault: Fault, correlationId: string) => void;
};

/** Calls that are not concluded, those that wait to be sent again among them. */
type OpenCalls = { count: number; isClosed: boolean; onIdle: (() => void) | null };

/**
 * Makes the calls of one transport. `close` takes no more, lets those under way come to their end, retries and all, and
 * closes the connections.
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
    open: { count: 0, isClosed: false, onIdle: null },
    logFault: createFaultLog({ subgraph: name, url: placeOf(url), logger, clock }),
  };
  return {
    call: (request: TransportRequest, info: TransportInfo) => callSubgraph(parts, request, info),
    stats: () => ({ breaker: breaker?.state() ?? 'CLOSED', ...pool.counts() }),
    close: async () => {
      const { open } = parts;
      open.isClosed = true;
      if (open.count > 0) {
        await new Promise<void>((resolve) => {
          open.onIdle = resolve;
        });
      }
      await pool.close();
    },
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

/** How an attempt ended; null when its client left. */
type Outcome = TransportAnswer | Fault | null;

/**
 * One call under way: sent, and sent again while that helps, until it is answered, its client leaves or its time is over.
 * A single object instead of closures and promises of its steps: a heavy operation makes many calls, and most of what
 * they take is made anew for each.
 */
class Call implements OutgoingOperation, AbortListener {
  /** Of the attempt on its way: a signature says when it was made. */
  marks: RequestMarks = NO_MARKS;
  readonly #parts: Parts;
  readonly #request: TransportRequest;
  readonly #info: TransportInfo;
  readonly #resolve: (answer: TransportAnswer) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #startMs: number;
  readonly #deadline: NodeJS.Timeout;
  #retries = 0;
  #permit: BreakerPermit | null = null;
  /** Set while an attempt is on its way, whose outcome counts. */
  #isTrying = false;
  #sent: Cancellable | null = null;
  #retry: NodeJS.Timeout | null = null;

  /** Begins at once. */
  constructor(parts: Parts, { request, info, resolve, reject }: Asked) {
    this.#parts = parts;
    this.#request = request;
    this.#info = info;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#startMs = parts.options.onCall ? parts.clock.nowMs() : 0;
    this.#deadline = setTimeout(giveUp, parts.options.deadlineMs ?? SUBGRAPH_DEADLINE_MS, this);
    watchAbort(info.signal, this);
    const { open } = parts;
    open.count++;
    if (open.isClosed) {
      this.#conclude({ kind: 'CLOSED', reason: 'the transport is closed' });
      return;
    }
    parts.budget.deposit();
    this.#try();
  }

  get body(): string {
    return this.#request.body;
  }

  get isAlone(): boolean {
    return this.#request.operationType === OperationTypeNode.MUTATION;
  }

  onOutcome(outcome: Reply | Fault): void {
    if (!this.#isTrying) return;
    const result = 'kind' in outcome ? outcome : this.#read(outcome);
    // It may be known before all of the answer is there.
    if ('kind' in result) this.#sent?.cancel();
    this.#endTry(result);
    if (this.#mayRetry(result)) {
      this.#retry = setTimeout(tryAgain, retryWaitMs(this.#retries, this.#parts.random), this);
      this.#retries++;
    } else this.#conclude(result);
  }

  onAbort(): void {
    this.#stop(null);
  }

  onDeadline(): void {
    this.#stop({ kind: 'DEADLINE', reason: 'not answered in time' });
  }

  onRetry(): void {
    this.#try();
  }

  #try(): void {
    const { breaker, send } = this.#parts;
    const permit = breaker === null ? null : breaker.admit();
    if (breaker !== null && permit === null) {
      this.#conclude({ kind: 'REJECTED_BY_BREAKER', reason: 'the circuit breaker is open' });
      return;
    }
    this.#permit = permit;
    this.#isTrying = true;
    this.#sent = null;
    try {
      this.marks = marksOf(this.#parts.options, this.#request.body, this.#info);
      const sent = send(this);
      // Unless it is over already.
      if (this.#isTrying) this.#sent = sent;
    } catch (error) {
      // A body that cannot be printed, say: the permit is settled all the same.
      this.onOutcome({ kind: 'NOT_SENT', reason: String(error) });
    }
  }

  #stop(outcome: Fault | null): void {
    if (this.#isTrying) {
      this.#sent?.cancel();
      this.#endTry(outcome);
    }
    this.#conclude(outcome);
  }

  #endTry(outcome: Outcome): void {
    this.#isTrying = false;
    if (this.#permit !== null) this.#parts.breaker?.settle(this.#permit, judge(outcome));
  }

  /** Queries are asked again after a fault that may pass, as far as the budget allows. */
  #mayRetry(result: TransportAnswer | Fault): boolean {
    if (!('kind' in result) || !ruleOf(result.kind).isRetried) return false;
    const { retriesMax = RETRIES_MAX } = this.#parts.options;
    const isQuery = this.#request.operationType === OperationTypeNode.QUERY;
    return isQuery && this.#retries < retriesMax && this.#parts.budget.withdraw();
  }

  #conclude(outcome: Outcome): void {
    clearTimeout(this.#deadline);
    if (this.#retry) clearTimeout(this.#retry);
    unwatchAbort(this.#info.signal, this);
    const { open, options } = this.#parts;
    open.count--;
    if (open.count === 0) open.onIdle?.();
    if (outcome === null) this.#reject(this.#info.signal.reason);
    else this.#resolve('kind' in outcome ? refuse(this.#parts, outcome, this.#info) : outcome);
    // Last: the call is over, whatever a listener makes of that.
    options.onCall?.(this.#describe(outcome), this.#info);
  }

  #read(reply: Reply): TransportAnswer | Fault {
    const { options } = this.#parts;
    return toAnswer(reply, {
      refuse: (fault) => refuse(this.#parts, fault, this.#info).read(),
      bytesMax: options.responseBytesMax ?? RESPONSE_BYTES_MAX,
      readsExactly: this.#request.readsExactly,
      ...(options.onErrors && { onErrors: options.onErrors }),
    });
  }

  #describe(outcome: Outcome): CallEvent {
    const { options, clock } = this.#parts;
    return {
      subgraph: options.name,
      operationType: this.#request.operationType,
      durationMs: clock.nowMs() - this.#startMs,
      outcome: nameOutcome(outcome),
      retries: this.#retries,
      bytes: outcome !== null && 'bytes' in outcome ? (outcome.bytes?.length ?? 0) : 0,
    };
  }
}

const NO_MARKS: RequestMarks = { identity: null, correlationId: '', isMetered: false, forwarded: [] };

type Asked = {
  readonly request: TransportRequest;
  readonly info: TransportInfo;
  readonly resolve: (answer: TransportAnswer) => void;
  readonly reject: (reason: unknown) => void;
};

function giveUp(call: Call): void {
  call.onDeadline();
}

function tryAgain(call: Call): void {
  call.onRetry();
}

function callSubgraph(parts: Parts, request: TransportRequest, info: TransportInfo): Promise<TransportAnswer> {
  if (info.signal.aborted) return Promise.reject(info.signal.reason);
  return new Promise((resolve, reject) => {
    new Call(parts, { request, info, resolve, reject });
  });
}

function judge(outcome: Outcome): 'SUCCESS' | 'FAILURE' | 'UNKNOWN' {
  if (outcome === null) return 'UNKNOWN';
  if (!('kind' in outcome)) return 'SUCCESS';
  if (outcome.kind === 'BUSY' || outcome.kind === 'NOT_SENT') return 'UNKNOWN';
  return ruleOf(outcome.kind).isFailure ? 'FAILURE' : 'SUCCESS';
}

/** The fault, written down, as an answer. */
function refuse(parts: Parts, fault: Fault, { correlationId }: TransportInfo): TransportAnswer {
  const { name, responseBytesMax = RESPONSE_BYTES_MAX } = parts.options;
  parts.logFault(fault, correlationId);
  return answerOf(faultResponse(name, fault.kind, fault.kind === 'TOO_LARGE' ? { responseBytesMax } : {}));
}

function nameOutcome(outcome: Outcome): CallEvent['outcome'] {
  if (outcome === null) return 'ABORTED';
  if (!('kind' in outcome)) return 'OK';
  return outcome.kind === 'REJECTED_BY_BREAKER' ? outcome.kind : ruleOf(outcome.kind).code;
}
