import type { Fault } from './subgraph-faults.ts';
import type { Exchange, ReplyHead } from './subgraph-pool.ts';

/** The largest answer that is read when nothing else is said. */
export const RESPONSE_BYTES_MAX = 52_428_800;

/** A whole answer. */
export type Reply = Omit<ReplyHead, 'contentLength'> & { readonly bytes: Buffer };

/** Told once how a request went. */
export type OutcomeListener = { onOutcome(outcome: Reply | Fault): void };

/** The receiving side of an exchange: gives its answer whole, or TOO_LARGE as soon as that is known, and then no more. */
export class ReplyCollector implements Exchange {
  readonly headers: string[];
  readonly body: string;
  readonly #listener: OutcomeListener;
  readonly #responseBytesMax: number;
  #head: ReplyHead | null = null;
  /** Nearly every answer comes in one piece. */
  #first: Buffer | null = null;
  #more: Buffer[] | null = null;
  #length = 0;
  #isDone = false;

  constructor(
    { headers, body }: Pick<Exchange, 'headers' | 'body'>,
    responseBytesMax: number,
    listener: OutcomeListener,
  ) {
    this.headers = headers;
    this.body = body;
    this.#responseBytesMax = responseBytesMax;
    this.#listener = listener;
  }

  onHead(head: ReplyHead): void {
    this.#head = head;
    this.#checkLength(head.contentLength ?? 0);
  }

  onChunk(chunk: Buffer): void {
    if (this.#isDone) return;
    this.#length += chunk.length;
    if (this.#first === null) this.#first = chunk;
    else if (this.#more === null) this.#more = [this.#first, chunk];
    else this.#more.push(chunk);
    this.#checkLength(this.#length);
  }

  onEnd(): void {
    if (!this.#head) return;
    const { status, contentType, cacheControl, contentEncoding } = this.#head;
    const bytes = this.#more ? Buffer.concat(this.#more, this.#length) : (this.#first ?? NOTHING);
    this.#finish({ status, contentType, cacheControl, contentEncoding, bytes });
  }

  onFault(fault: Fault): void {
    this.#finish(fault);
  }

  #checkLength(bytes: number): void {
    const bytesMax = this.#responseBytesMax;
    if (bytes > bytesMax) this.#finish({ kind: 'TOO_LARGE', reason: `more than ${bytesMax} bytes` });
  }

  #finish(outcome: Reply | Fault): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#first = null;
    this.#more = null;
    this.#listener.onOutcome(outcome);
  }
}

const NOTHING = Buffer.alloc(0);
