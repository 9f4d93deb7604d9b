import { type AnswerHead, BATCH_MEDIA_TYPE, createLineReader, parseAnswerHead, printFrame } from './batch-format.ts';
import { type OutcomeListener, type Reply, ReplyCollector } from './collect-reply.ts';
import type { ReplyHead } from './reply-head.ts';
import type { RequestMarks } from './request-headers.ts';
import type { Fault } from './subgraph-faults.ts';
import type { Cancellable, Exchange, SubgraphPool } from './subgraph-pool.ts';

/** One operation on its way to a subgraph, and who hears of it. `body` fits a frame. */
export type BatchElement = OutcomeListener & { readonly body: string; readonly marks: RequestMarks };

/** An element and the text that stands for it in a batch. */
export type FramedElement = BatchElement & { readonly frame: string };

/** The largest head of an answer that is read. */
const HEAD_BYTES_MAX = 8_192;
/** How long the end of a batch may take once each operation is answered: no call, and so no deadline, waits for it. */
const END_MS_MAX = 1_000;

/**
 * Sends operations as one HTTP body and tells each how it went, as soon as its own answer is there. Whoever is not
 * answered when the connection breaks hears of the fault; who was, does not.
 */
export function sendBatch(
  target: { readonly pool: SubgraphPool; readonly responseBytesMax: number },
  elements: readonly FramedElement[],
): Cancellable {
  const body = elements.map(({ frame }) => frame).join('');
  const headers = ['content-type', BATCH_MEDIA_TYPE, 'accept', BATCH_MEDIA_TYPE];
  const receiver = createReceiver({ headers, body }, elements, { ...target, onOverdue: () => sent.cancel() });
  const sent = target.pool.send(receiver);
  return sent;
}

/** The frame of an element, as batch-format.ts describes it. */
export function frameOf({ body, marks }: BatchElement): string {
  const { identity, correlationId, isMetered, forwarded } = marks;
  const head = {
    correlationId,
    ...(identity !== null && { identity }),
    ...(isMetered && { meter: true }),
    ...(forwarded.length > 0 && { headers: forwarded }),
  };
  return printFrame(head, body);
}

/** Frames for each element, or one answer for all of them from who does not know batches or refuses this one. */
function createReceiver(
  sent: Pick<Exchange, 'headers' | 'body'>,
  elements: readonly BatchElement[],
  { responseBytesMax, onOverdue }: { readonly responseBytesMax: number; readonly onOverdue: () => void },
): Exchange {
  const open = new Map(elements.entries());
  const settleAll = (outcome: Reply | Fault): void => {
    for (const [index, element] of open) {
      open.delete(index);
      element.onOutcome(outcome);
    }
  };
  const whole = new ReplyCollector(sent, responseBytesMax, { onOutcome: settleAll });
  const readFrames = createLineReader(
    Math.max(responseBytesMax, HEAD_BYTES_MAX),
    createFrameReader(open, responseBytesMax),
  );
  let isBatch = false;
  let overdue: NodeJS.Timeout | undefined;
  return {
    ...sent,
    onHead(head) {
      isBatch = isBatchAnswer(head);
      if (!isBatch) whole.onHead(head);
    },
    onChunk(chunk) {
      if (!isBatch) return whole.onChunk(chunk);
      readFrames(chunk);
      if (open.size === 0) overdue ??= setTimeout(onOverdue, END_MS_MAX).unref();
    },
    onEnd() {
      clearTimeout(overdue);
      if (isBatch) settleAll(brokenOff);
      else whole.onEnd();
    },
    onFault(fault) {
      clearTimeout(overdue);
      settleAll(fault);
    },
  };
}

const brokenOff: Fault = { kind: 'UNREACHABLE', reason: 'the batch ended without an answer to this operation' };

function isBatchAnswer({ status, contentType, contentEncoding }: ReplyHead): boolean {
  return status === 200 && contentEncoding === null && contentType.startsWith(BATCH_MEDIA_TYPE);
}

/** Takes lines in turn as head and body. A head that cannot be read leaves its element unanswered. */
function createFrameReader(open: Map<number, BatchElement>, responseBytesMax: number) {
  let head: AnswerHead | null = null;
  let isBody = false;
  return (line: Buffer | null): void => {
    if (isBody && head) settle(open, head, toOutcome(head, line, responseBytesMax));
    else if (!isBody) head = line && parseAnswerHead(line);
    isBody = !isBody;
  };
}

function settle(open: Map<number, BatchElement>, { index }: AnswerHead, outcome: Reply | Fault): void {
  const element = open.get(index);
  open.delete(index);
  element?.onOutcome(outcome);
}

function toOutcome({ status, cacheControl }: AnswerHead, bytes: Buffer | null, responseBytesMax: number) {
  if (!bytes || bytes.length > responseBytesMax) {
    return { kind: 'TOO_LARGE', reason: `more than ${responseBytesMax} bytes` } as const;
  }
  const contentType = 'application/json';
  return { status, contentType, cacheControl: cacheControl ?? null, contentEncoding: null, location: null, bytes };
}
