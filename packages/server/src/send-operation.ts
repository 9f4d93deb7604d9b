import { createBatchCollector } from './batch-collector.ts';
import { fitsFrame } from './batch-format.ts';
import { type OnOutcome, RESPONSE_BYTES_MAX, sendAndCollect } from './collect-reply.ts';
import { sendBatch } from './request-batch.ts';
import { type HeaderPairs, type RequestMarks, withMarks } from './request-headers.ts';
import type { Cancel, SubgraphPool } from './subgraph-pool.ts';

/** One operation as it is sent. */
export type OutgoingOperation = {
  readonly body: string;
  readonly marks: RequestMarks;
  /** Whether it must travel alone: a mutation. */
  readonly isAlone: boolean;
};

/** Sends an operation once and tells once how that went, unless it was cancelled before. */
export type SendOperation = (operation: OutgoingOperation, done: OnOutcome) => Cancel;

const ACCEPT = 'application/json, application/graphql-response+json;q=0.9';
const fixedHeaders: HeaderPairs = ['content-type', 'application/json', 'accept', ACCEPT];

/** Sends each operation as a request of its own, or, with `batching`, with those that come in the same turn. */
export function createSender(
  pool: SubgraphPool,
  options: { readonly responseBytesMax?: number; readonly batching?: boolean },
): SendOperation {
  const target = { pool, responseBytesMax: options.responseBytesMax ?? RESPONSE_BYTES_MAX };
  const sendAlone = (body: string, marks: RequestMarks, done: OnOutcome): Cancel =>
    sendAndCollect(target, { headers: withMarks(fixedHeaders, marks), body }, done);
  if (!options.batching) return ({ body, marks }, done) => sendAlone(body, marks, done);
  const collector = createBatchCollector((elements) => {
    const [{ body, marks, done }, ...more] = elements;
    return more.length === 0 ? sendAlone(body, marks, done) : sendBatch(target, elements);
  });
  return ({ body, marks, isAlone }, done) =>
    isAlone || !fitsFrame(body) ? sendAlone(body, marks, done) : collector.add({ body, marks, done });
}
