import type { TransportAnswer, TransportRequest } from '@playgraph/server/transport';
import { OperationTypeNode } from 'graphql';
import type { CallCounts } from './call-counts.ts';
import type { Guess } from './confidence.ts';
import type { RememberedCall } from './execution-memory.ts';
import type { ForeseenCall, SubgraphCall } from './subgraph-call.ts';

/** The most calls of one execution that are noted, and so the most that are ever sent ahead. */
export const RECORDED_CALLS_MAX = 64;

/** One request of an execution, on its way or answered. */
export type RecordedCall = {
  readonly subgraph: string;
  readonly request: TransportRequest;
  readonly purpose: unknown;
  /** What the same request brought last time; null when it was not sent then. */
  readonly remembered: RememberedCall | null;
  /** Null until it is there. */
  answer: TransportAnswer | null;
  /** Whether it is byte for byte what it was last time. */
  isEqual: boolean;
  /** Whether the execution has asked for it. */
  isClaimed: boolean;
};

/** Stands between one execution and the subgraphs, and knows what the last one sent. */
export type Recorder = {
  /**
   * What the execution calls: takes what is on its way already, else sends. Within the run equal requests are one, so
   * that what was recorded tells all about what the execution was told.
   */
  readonly call: SubgraphCall;
  /** Sends everything that was sent last time. */
  predict(): void;
  /**
   * After `predict`: true when every answer has come and is equal to the remembered one, false at the first that is
   * not. No answer at all is never equal.
   */
  isAllEqual(): Promise<boolean>;
  /** What `predict` sent and the last execution has noted the purpose of. */
  foreseen(): readonly ForeseenCall[];
  /** Counts everything predicted as asked for: the execution would have asked for exactly this. */
  claimAll(): void;
  /** What the execution has asked for so far, in that order. */
  claimed(): readonly RecordedCall[];
  /** Whether the execution was told anything that is not recorded. */
  isPartial(): boolean;
  /** Whether exactly the remembered requests were asked for. */
  isAsRemembered(): boolean;
  /** How what was sent last time compares with what was asked for now. */
  guess(): Guess;
  /** Adds what became of the prediction, once the execution is over. */
  count(counts: CallCounts): void;
};

export type RecorderOptions = {
  readonly send: SubgraphCall;
  readonly remembered: readonly RememberedCall[];
  /** Subgraphs whose requests are neither recorded nor predicted. */
  readonly optOut: Pick<ReadonlySet<string>, 'has'>;
};

type Asked = Pick<RecordedCall, 'subgraph' | 'request' | 'purpose'>;
type Sent = RecordedCall & {
  readonly sent: Promise<TransportAnswer>;
  /** Answered, or failed. */
  isSettled: boolean;
};

export function createRecorder({ send, remembered, optOut }: RecorderOptions): Recorder {
  const calls: Sent[] = [];
  const claimed: RecordedCall[] = [];
  let isPredicted = false;
  let isPartial = false;

  /** Told of each call that settles, while somebody waits for all of them. */
  let onSettled: ((call: Sent) => void) | null = null;

  const begin = ({ subgraph, request, purpose }: Asked, last: RememberedCall | null): Sent => {
    const call: Sent = {
      subgraph,
      request,
      purpose,
      remembered: last,
      answer: null,
      isEqual: false,
      isClaimed: false,
      sent: send(subgraph, request),
      isSettled: false,
    };
    calls.push(call);
    const settle = (answer: TransportAnswer | null) => {
      call.isSettled = true;
      if (answer) takeAnswer(call, answer);
      onSettled?.(call);
    };
    // Nobody may ever ask for it: a failure is told to whoever does.
    call.sent.then(settle, () => settle(null));
    return call;
  };
  const isAllEqual = () =>
    new Promise<boolean>((resolve) => {
      let missing = calls.length;
      onSettled = (call) => {
        missing -= 1;
        if (call.isEqual && missing > 0) return;
        onSettled = null;
        resolve(call.isEqual);
      };
      for (const call of calls) if (call.isSettled) onSettled?.(call);
    });
  const isRecordable = ({ subgraph, request }: Asked) =>
    calls.length < RECORDED_CALLS_MAX && request.operationType === OperationTypeNode.QUERY && !optOut.has(subgraph);
  const beginOrFind = (asked: Asked): Sent | null => {
    const known = findSame(calls, asked);
    if (known) return known;
    return isRecordable(asked) ? begin(asked, isPredicted ? null : findSame(remembered, asked)) : null;
  };
  const claim = (sent: Sent) => {
    if (sent.isClaimed) return;
    sent.isClaimed = true;
    claimed.push(sent);
  };
  const countForeseen = () => claimed.reduce((sum, { remembered: last }) => sum + (last ? 1 : 0), 0);

  return {
    call(subgraph, request, purpose, isForeseeable = true) {
      const sent = isForeseeable ? beginOrFind({ subgraph, request, purpose }) : null;
      if (!sent) {
        isPartial = true;
        return send(subgraph, request);
      }
      claim(sent);
      return answerOf(sent);
    },
    predict() {
      isPredicted = true;
      for (const last of remembered) begin(last, last);
    },
    foreseen: () => calls.filter(isForeseen).map((sent) => toForeseenCall(sent, claim)),
    isAllEqual,
    claimAll: () => calls.forEach(claim),
    claimed: () => claimed,
    isPartial: () => isPartial,
    isAsRemembered: () =>
      claimed.length === remembered.length && claimed.every(({ remembered: last }) => last !== null),
    guess: () => ({
      guessed: remembered.length,
      claimed: countForeseen(),
      isPredicted,
    }),
    count(counts) {
      if (!isPredicted) return;
      counts.predicted += remembered.length;
      counts.claimed += countForeseen();
      counts.unforeseen += claimed.length - countForeseen();
      for (const call of calls) if (!call.isClaimed) countWaste(counts, call);
    },
  };
}

function isForeseen({ remembered, purpose }: Sent): boolean {
  return remembered !== null && purpose !== undefined;
}

function toForeseenCall(sent: Sent, claim: (sent: Sent) => void): ForeseenCall {
  return {
    purpose: sent.purpose,
    claim() {
      claim(sent);
      return answerOf(sent);
    },
  };
}

/** What whoever asks is told, once it is there. */
function answerOf(call: Sent): Promise<TransportAnswer> {
  // Taken in before anybody who waits is told of it.
  return call.sent.then((answer) => call.answer ?? answer);
}

/** Takes an answer that came again in its remembered form, which is parsed already. */
function takeAnswer(call: RecordedCall, answer: TransportAnswer): void {
  const last = call.remembered;
  call.isEqual = last !== null && isSameAnswer(last, answer);
  call.answer = (call.isEqual && last?.answer) || answer;
  // Whoever counts answers with errors hears of it when it is read.
  if (call.answer !== answer && call.answer.read().errors?.length) answer.read();
}

/** How long an answer may be kept belongs to what the client is told, so it belongs to the comparison. */
function isSameAnswer(last: RememberedCall, { bytes, cacheControl }: TransportAnswer): boolean {
  return bytes !== null && cacheControl === last.cacheControl && bytes.equals(last.bytes);
}

/** A walk over few calls: cheaper than hashing every body, since bodies of other lengths differ at once. */
function findSame<Call extends Asked>(calls: readonly Call[], { subgraph, request: { body } }: Asked): Call | null {
  for (const call of calls) if (call.request.body === body && call.subgraph === subgraph) return call;
  return null;
}

function countWaste(counts: CallCounts, { request, answer }: RecordedCall): void {
  counts.unclaimed += 1;
  counts.unclaimedBytes += request.body.length + (answer?.bytes?.byteLength ?? 0);
}
