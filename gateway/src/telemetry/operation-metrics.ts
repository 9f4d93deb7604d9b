import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { RunResult } from '../calls/call-runner.ts';
import type { PreparedOperation } from '../operations/prepare-operation.ts';
import { type BoundedNames, CODES_MAX, createBoundedNames, OPERATION_NAMES_MAX, OTHER } from './bounded-names.ts';
import { CALLS_BUCKETS, DURATION_BUCKETS, METRIC_PREFIX, toSeconds } from './metric-names.ts';

/**
 * How an operation ended. `partial`: data and errors; `null`: no data; `refused`: nothing ran; `deferred`: the rest comes
 * later; `aborted`: the client left.
 */
export type OperationOutcome = 'ok' | 'partial' | 'null' | 'refused' | 'deferred' | 'aborted';

/** An operation that has ended. */
export type OperationEvent = {
  readonly operation: PreparedOperation;
  readonly outcome: OperationOutcome;
  readonly durationMs: number;
  readonly bytes: number;
};

/** How a document was found that the request names instead of, or beside, carrying it. */
export type PersistedResult = 'hit' | 'miss' | 'registered' | 'refused';

export type OperationMetrics = {
  /** To be matched by `onEnd`. */
  onBegin(): void;
  onEnd(event: OperationEvent): void;
  onSubscribe(operation: PreparedOperation): void;
  /** A request was refused before it ran, by what the `extensions` of its first error say. */
  onRefusal(extensions: Extensions | undefined): void;
  /** The same for one that got as far as to be executed; what failed there by our own fault is no refusal. */
  onRefusedRun(codes: readonly unknown[]): void;
  /** Codes of the errors of one answer. */
  onErrors(codes: readonly unknown[]): void;
  onPersisted(result: PersistedResult): void;
  onRun(operation: PreparedOperation, result: Pick<RunResult, 'how' | 'calls'>): void;
};

type Extensions = { readonly code?: unknown; readonly limit?: unknown };

/** The code of an error of ours that clients learn nothing of. */
const MASKED = 'INTERNAL_SERVER_ERROR';
/** What stands for an operation without a name. */
const ANONYMOUS = 'anonymous';

/** `knownNames` are operations whose names have their own time series whatever else comes. */
export function createOperationMetrics(registry: Registry, knownNames: Iterable<string>): OperationMetrics {
  const names = createBoundedNames(OPERATION_NAMES_MAX, [ANONYMOUS, ...knownNames]);
  const codes = createBoundedNames(CODES_MAX);
  const limits = createBoundedNames(CODES_MAX);
  const instruments = createInstruments(registry);
  const nameOf = ({ name }: PreparedOperation) => (name === null ? ANONYMOUS : names.of(name));
  let running = 0;
  instruments.running(() => running);
  const onRefusal = (extensions: Extensions | undefined): void => {
    const limit = extensions?.limit;
    instruments.refusals.inc({
      code: codeOf(codes, extensions?.code),
      limit: typeof limit === 'string' ? limits.of(limit) : '',
    });
  };
  return {
    onBegin() {
      running += 1;
    },
    onEnd({ operation, outcome, durationMs, bytes }) {
      running -= 1;
      const labels = { operation: nameOf(operation), type: operation.definition.operation };
      instruments.duration.observe({ outcome, ...labels }, toSeconds(durationMs));
      instruments.bytes.inc(labels, bytes);
    },
    onSubscribe: (operation) => instruments.subscriptions.inc({ operation: nameOf(operation) }),
    onRefusal,
    onRefusedRun([code]) {
      if (code !== MASKED) onRefusal({ code });
    },
    onErrors(given) {
      for (const code of given) instruments.errors.inc({ code: codeOf(codes, code) });
    },
    onPersisted: (result) => instruments.persisted.inc({ result }),
    onRun(operation, { how, calls }) {
      // Who joined another one's run asked nothing of its own: so the sum is what subgraphs were asked.
      const isJoined = how === 'JOINED';
      const labels = { operation: nameOf(operation) };
      instruments.calls.observe(labels, isJoined ? 0 : calls.sent + calls.shared);
      if (!isJoined && calls.unclaimed > 0) instruments.unclaimed.inc(labels, calls.unclaimed);
    },
  };
}

function codeOf(codes: BoundedNames, code: unknown): string {
  return typeof code === 'string' ? codes.of(code) : OTHER;
}

function createInstruments(registry: Registry) {
  const registers = [registry];
  return {
    duration: new Histogram({
      name: `${METRIC_PREFIX}operation_duration_seconds`,
      help: 'Queries and mutations, from when they may run to their printed answer.',
      labelNames: ['operation', 'type', 'outcome'],
      buckets: DURATION_BUCKETS,
      registers,
    }),
    bytes: new Counter({
      name: `${METRIC_PREFIX}answer_bytes_total`,
      help: 'Size of answers to queries and mutations, before compression.',
      labelNames: ['operation', 'type'],
      registers,
    }),
    subscriptions: new Counter({
      name: `${METRIC_PREFIX}subscriptions_started_total`,
      help: 'Subscriptions that clients began.',
      labelNames: ['operation'],
      registers,
    }),
    refusals: new Counter({
      name: `${METRIC_PREFIX}refusals_total`,
      help: 'Requests that were refused before they ran: by parser, validation, protection, planner or the list of operations.',
      labelNames: ['code', 'limit'],
      registers,
    }),
    errors: new Counter({
      name: `${METRIC_PREFIX}errors_total`,
      help: 'Errors in answers, by extensions.code.',
      labelNames: ['code'],
      registers,
    }),
    persisted: new Counter({
      name: `${METRIC_PREFIX}persisted_operations_total`,
      help: 'Requests that name their document by id or hash.',
      labelNames: ['result'],
      registers,
    }),
    calls: new Histogram({
      name: `${METRIC_PREFIX}operation_calls`,
      help: 'Subgraph requests of one operation, unneeded predictions included; 0 for one that joined an equal one.',
      labelNames: ['operation'],
      buckets: CALLS_BUCKETS,
      registers,
    }),
    unclaimed: new Counter({
      name: `${METRIC_PREFIX}operation_unclaimed_calls_total`,
      help: 'Predicted subgraph requests that the operation did not need.',
      labelNames: ['operation'],
      registers,
    }),
    running: (read: () => number) =>
      new Gauge({
        name: `${METRIC_PREFIX}operations_running`,
        help: 'Queries and mutations that run now.',
        registers,
        collect() {
          this.set(read());
        },
      }),
  };
}
