import type { TransportAnswer } from '@playgraph/server/transport';
import type { CancelSignal } from '@playgraph/server/watch-abort';
import type { PrintedAnswer } from '../client-request.ts';
import type { CallCounts } from './call-counts.ts';
import { createConfidence } from './confidence.ts';
import {
  createExecutionMemory,
  type ExecutionMemory,
  type ExecutionMemoryLimits,
  type RememberedCall,
  type RememberedExecution,
  toOwnBytes,
  toRememberedRequest,
} from './execution-memory.ts';
import { createNovelty } from './novelty.ts';
import { createRecorder, type RecordedCall, type Recorder } from './recorder.ts';
import type { Execute, SubgraphCall } from './subgraph-call.ts';

/** After so many executions in a row with other answers these are no longer kept each time, but at every so many-th. */
const CHANGES_MAX = 4;
const CHANGES_BETWEEN_LOOKS = 16;

/** An execution that may be foreseen. */
export type ForeseeableExecution = {
  /** Equal keys: the same operation with the same variables for clients that no subgraph can tell apart. */
  readonly key: string;
  readonly operationId: string;
  /** A pure function of what it is told by `call` and by what it claims, which waits for everything that it asks for. */
  readonly execute: Execute;
  readonly send: SubgraphCall;
  /** Aborts when nobody waits any more. */
  readonly signal: CancelSignal;
  /** Whether the execution was told nothing but by `call` and by claims, asked when it is over. True when absent. */
  readonly isRepeatable?: (() => boolean) | undefined;
  /** Where the prediction is counted. */
  readonly counts: CallCounts;
};

export type ForeseenAnswer = {
  readonly answer: PrintedAnswer;
  /** Whether it is the remembered one, so that nothing was executed. */
  readonly isRemembered: boolean;
};

/** Remembers what executions sent, and sends it ahead the next time. */
export type Foresight = {
  /** Answers as `execute` would. What is still on its way afterwards is not needed: the caller cancels it. */
  run(execution: ForeseeableExecution): Promise<ForeseenAnswer>;
  forget(): void;
  confidenceOf(operationId: string): number;
  size: ExecutionMemory['size'];
};

export type ForesightOptions = {
  /** Subgraphs to which nothing is sent before it is asked for, and of whose answers nothing is remembered. */
  readonly optOut: Pick<ReadonlySet<string>, 'has'>;
  readonly limits: ExecutionMemoryLimits;
  /** Calls whose answers are kept elsewhere: sending them ahead would ask for what need not be asked for. */
  readonly isKept?: ((call: RecordedCall) => boolean) | undefined;
};

export function createForesight({ optOut, limits, isKept = () => false }: ForesightOptions): Foresight {
  const memory = createExecutionMemory(limits);
  const confidence = createConfidence();
  const novelty = createNovelty();
  /** Rises when everything is forgotten: what began before teaches nothing about what comes after. */
  let generation = 0;

  return {
    async run(execution) {
      const { key, operationId, send, counts } = execution;
      const begunIn = generation;
      const last = memory.find(key) ?? null;
      const isWorthwhile = novelty.note(operationId, key, last !== null);
      const isPredicted = last !== null && confidence.decide(operationId);
      // Joining steps takes time: only for who will profit of it.
      const isLearned = last === null && isWorthwhile && novelty.mayTeach(operationId);
      const recorder = createRecorder({
        send,
        remembered: last?.calls ?? [],
        optOut,
      });
      try {
        const foreseen = isPredicted
          ? await runAhead(execution, recorder, last)
          : {
              answer: await execution.execute(recorder.call, [], { isLearned }),
              isRemembered: false,
            };
        if (begunIn !== generation) return foreseen;
        if (last) confidence.note(operationId, recorder.guess());
        if (last && foreseen.isRemembered) last.changes = 0;
        if (foreseen.isRemembered || !isWorthwhile || isUnsteady(last, recorder)) return foreseen;
        const learned = toRemembered(recorder, foreseen.answer, {
          last,
          isKept,
          isPure: execution.isRepeatable?.() !== false,
        });
        novelty.noteTaught(operationId, learned !== null);
        if (learned) memory.keep(key, learned);
        return foreseen;
      } finally {
        if (isPredicted) recorder.count(counts);
      }
    },
    forget() {
      generation += 1;
      memory.clear();
      confidence.clear();
      novelty.clear();
    },
    confidenceOf: (operationId) => confidence.of(operationId),
    size: () => memory.size(),
  };
}

/**
 * Sends at once what the last execution sent, and answers as a step-by-step execution over the same subgraph answers
 * would. When all answers are equal to the remembered ones, the remembered output is the answer, since the executor is a
 * pure function of them. At the first one that is not, the executor runs: it takes what is on its way and sends what was
 * not foreseen. Every answer is of now, none is of then.
 *
 * Why waiting for that first difference costs no time. While all answers that have come are equal, an executor that had
 * been told exactly these would, by purity, have sent nothing but a part of the remembered requests: there is nothing
 * unforeseen that it could have sent earlier. This holds in whatever order answers come, also when one of a later step
 * comes before the root's: only asking has an order, and everything foreseen has been asked.
 *
 * Nor is anything waited for in vain. Let some requests be pending that are not needed this time. What makes a request
 * unneeded is another answer to a request of an earlier step; the earliest such request is needed, and when it
 * is answered, it starts the executor, which waits only for what it claims. When no answer differs, all requests are needed.
 * A request that fails or meets its deadline has no bytes and is never equal: it starts the executor when that is known,
 * and until then it is pending as any other. And whatever is claimed was sent no later than a step-by-step execution
 * could have sent it.
 *
 * An executor whose requests depend on when answers come, since it puts together what it needs at one time, might have put
 * them together otherwise. What it needs is on its way all the same, and `ForeseenCall` tells it in which request.
 */
async function runAhead(
  { execute, signal }: ForeseeableExecution,
  recorder: Recorder,
  last: RememberedExecution,
): Promise<ForeseenAnswer> {
  recorder.predict();
  if (last.output && (await recorder.isAllEqual())) {
    recorder.claimAll();
    return { answer: last.output, isRemembered: true };
  }
  signal.throwIfAborted();
  return {
    answer: await execute(recorder.call, recorder.foreseen(), { isLearned: false }),
    isRemembered: false,
  };
}

/**
 * Whether answers change so often that keeping them is work for nothing: then only now and then the newest are kept, to
 * see whether they have come to rest. What was sent is known in any case.
 */
function isUnsteady(last: RememberedExecution | null, recorder: Recorder): boolean {
  if (!last || !recorder.isAsRemembered()) return false;
  last.changes += 1;
  return last.changes >= CHANGES_MAX && last.changes % CHANGES_BETWEEN_LOOKS !== 0;
}

/**
 * What to remember of an execution; null when it teaches nothing: when a subgraph gave no answer, later steps are
 * missing, so that what was remembered before is the better guess; answers that never were bytes cannot be compared.
 */
function toRemembered(
  recorder: Recorder,
  answer: PrintedAnswer,
  { last, isKept, isPure }: Learning,
): RememberedExecution | null {
  const claimed = recorder.claimed().filter((call) => !isKept(call));
  const isAll = claimed.length === recorder.claimed().length;
  const calls: RememberedCall[] = [];
  for (const recorded of claimed) {
    const call = toRememberedCall(recorded);
    if (!call) return null;
    calls.push(call);
  }
  if (calls.length === 0) return null;
  const isRepeatable =
    isPure && isAll && answer.outcome === 'DATA' && !recorder.isPartial() && !claimed.some(hasErrors);
  const output = isRepeatable ? { ...answer, body: toOwnBytes(answer.body) } : null;
  return { calls, output, changes: last?.changes ?? 0 };
}

type Learning = {
  readonly last: RememberedExecution | null;
  readonly isKept: (call: RecordedCall) => boolean;
  readonly isPure: boolean;
};

function toRememberedCall(recorded: RecordedCall): RememberedCall | null {
  const { subgraph, request, purpose, remembered, answer, isEqual } = recorded;
  if (!answer?.bytes) return null;
  if (remembered && isEqual) return remembered.answer ? remembered : withParsedAnswer(remembered, answer);
  return {
    subgraph,
    purpose,
    request: remembered?.request ?? toRememberedRequest(request),
    bytes: toOwnBytes(answer.bytes),
    cacheControl: answer.cacheControl,
    answer: null,
  };
}

/** Keeps what was parsed and not the answer itself, which may hold on to more than its bytes. */
function withParsedAnswer(call: RememberedCall, answer: TransportAnswer): RememberedCall {
  const response = answer.read();
  return {
    ...call,
    answer: {
      bytes: call.bytes,
      cacheControl: call.cacheControl,
      read: () => response,
    },
  };
}

/** Errors may carry what belongs to one request alone, such as its correlation id. */
function hasErrors({ answer }: RecordedCall): boolean {
  return answer?.read().errors !== undefined;
}
