import type { ReplyHead } from './reply-head.ts';
import type { Fault } from './subgraph-faults.ts';
import type { Exchange } from './subgraph-pool.ts';

/** The largest answer that is read when nothing else is said. */
export const RESPONSE_BYTES_MAX = 52_428_800;

/**
 * How many pieces are put together to one as they come: a piece takes some hundred bytes beside its own, which would
 * make the size limit mean nothing for an answer that comes byte by byte.
 */
const PIECES_MAX = 1_024;

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
  /** How many of `#more` have been put together. */
  #joined = 0;
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
    else this.#add(this.#more, chunk);
    this.#checkLength(this.#length);
  }

  onEnd(): void {
    if (!this.#head) return;
    const { status, contentType, cacheControl, contentEncoding, location } = this.#head;
    const bytes = this.#more ? Buffer.concat(this.#more, this.#length) : (this.#first ?? NOTHING);
    this.#finish({ status, contentType, cacheControl, contentEncoding, location, bytes });
  }

  onFault(fault: Fault): void {
    this.#finish(fault);
  }

  #add(pieces: Buffer[], chunk: Buffer): void {
    pieces.push(chunk);
    if (pieces.length - this.#joined < PIECES_MAX) return;
    pieces.push(Buffer.concat(pieces.splice(this.#joined)));
    this.#joined++;
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
