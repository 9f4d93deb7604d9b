import type { Fault } from './subgraph-faults.ts';
import type { Cancel, Exchange, ReplyHead, SubgraphPool } from './subgraph-pool.ts';

/** The largest answer that is read when nothing else is said. */
export const RESPONSE_BYTES_MAX = 52_428_800;

/** A whole answer. */
export type Reply = Pick<ReplyHead, 'status' | 'contentType' | 'cacheControl'> & { readonly bytes: Buffer };

/** Told once how a request went. */
export type OnOutcome = (outcome: Reply | Fault) => void;

/** Sends one request and gives its answer whole, or TOO_LARGE as soon as that is known. */
export function sendAndCollect(
  target: { readonly pool: SubgraphPool; readonly responseBytesMax: number },
  { headers, body }: Pick<Exchange, 'headers' | 'body'>,
  done: OnOutcome,
): Cancel {
  const collector = createCollector(target.responseBytesMax, (outcome) => {
    done(outcome);
    if ('kind' in outcome) cancel();
  });
  let cancel: Cancel = () => undefined;
  cancel = target.pool.send({ headers, body, ...collector });
  return cancel;
}

/** The receiving side of an exchange. After `done` it may hear more, and says no more. */
export function createCollector(
  responseBytesMax: number,
  done: OnOutcome,
): Pick<Exchange, 'onHead' | 'onChunk' | 'onEnd' | 'onFault'> {
  let head: ReplyHead | null = null;
  let chunks: Buffer[] = [];
  let length = 0;
  let isDone = false;
  const finish = (outcome: Reply | Fault): void => {
    if (isDone) return;
    isDone = true;
    chunks = [];
    done(outcome);
  };
  const checkLength = (bytes: number): void => {
    if (bytes > responseBytesMax) finish({ kind: 'TOO_LARGE', reason: `more than ${responseBytesMax} bytes` });
  };
  return {
    onHead(given) {
      head = given;
      checkLength(given.contentLength ?? 0);
    },
    onChunk(chunk) {
      if (isDone) return;
      length += chunk.length;
      chunks.push(chunk);
      checkLength(length);
    },
    onEnd() {
      const [only, ...more] = chunks;
      const bytes = only && more.length === 0 ? only : Buffer.concat(chunks, length);
      if (head) finish({ status: head.status, contentType: head.contentType, cacheControl: head.cacheControl, bytes });
    },
    onFault: finish,
  };
}
