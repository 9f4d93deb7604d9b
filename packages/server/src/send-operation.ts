import { createBatchCollector } from './batch-collector.ts';
import { fitsFrame } from './batch-format.ts';
import { type OutcomeListener, RESPONSE_BYTES_MAX, ReplyCollector } from './collect-reply.ts';
import { sendBatch } from './request-batch.ts';
import { type HeaderPairs, type RequestMarks, withMarks } from './request-headers.ts';
import type { Cancellable, SubgraphPool } from './subgraph-pool.ts';

/** One operation as it is sent, and who hears of it. */
export type OutgoingOperation = OutcomeListener & {
  readonly body: string;
  readonly marks: RequestMarks;
  /** Whether it must travel alone: a mutation. */
  readonly isAlone: boolean;
};

/**
 * Sends an operation once; its listener hears once how that went, perhaps before this returns, unless it was cancelled
 * before. Who is told TOO_LARGE cancels, so that the rest is not read.
 */
export type SendOperation = (operation: OutgoingOperation) => Cancellable;

const ACCEPT = 'application/json, application/graphql-response+json;q=0.9';
const fixedHeaders: HeaderPairs = ['content-type', 'application/json', 'accept', ACCEPT];

/** Sends each operation as a request of its own, or, with `batching`, with those that come in the same turn. */
export function createSender(
  pool: SubgraphPool,
  options: { readonly responseBytesMax?: number; readonly batching?: boolean },
): SendOperation {
  const target = { pool, responseBytesMax: options.responseBytesMax ?? RESPONSE_BYTES_MAX };
  const sendAlone = (body: string, marks: RequestMarks, listener: OutcomeListener): Cancellable =>
    pool.send(new ReplyCollector({ headers: withMarks(fixedHeaders, marks), body }, target.responseBytesMax, listener));
  if (!options.batching) return (operation) => sendAlone(operation.body, operation.marks, operation);
  const collector = createBatchCollector((elements) => {
    const [first, ...more] = elements;
    return more.length === 0 ? sendAlone(first.body, first.marks, first) : sendBatch(target, elements);
  });
  return (operation) =>
    operation.isAlone || !fitsFrame(operation.body)
      ? sendAlone(operation.body, operation.marks, operation)
      : collector.add(operation);
}
