import { type Dispatcher, errors, Pool } from 'undici';
import { type ReplyHead, type ReplyHeaders, readHead } from './reply-head.ts';
import type { Fault } from './subgraph-faults.ts';

/** How many connections one subgraph gets at most when nothing else is said. */
export const CONNECTIONS_MAX = 128;
/** How many requests may wait for a connection when nothing else is said. */
export const QUEUE_MAX = 10_000;
/** How long a connection may take to open. */
const CONNECT_MS_MAX = 5_000;
/** How long an idle connection is kept: less than the 5 s after which Node's servers close theirs. */
const KEEP_ALIVE_MS_MAX = 4_000;

/** One POST, and who hears of its answer: `onHead`, `onChunk`s, then `onEnd`; or `onFault` at any point, as the last. */
export type Exchange = {
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: string;
  onHead(head: ReplyHead): void;
  onChunk(chunk: Buffer): void;
  onEnd(): void;
  onFault(fault: Fault): void;
};

/** What can be taken back: nobody is told anything more, and the subgraph sees the connection close. */
export type Cancellable = { cancel(): void };

/** The connections to one subgraph. */
export type SubgraphPool = {
  /** Sends now, or when a connection is free. May call `onFault` before it returns. */
  send(exchange: Exchange): Cancellable;
  counts(): { readonly running: number; readonly waiting: number };
  /**
   * Takes no more and closes the connections. To be called when nobody waits for an answer any more: what is left then,
   * a connection that still opens for somebody who has gone, say, is not waited for.
   */
  close(): Promise<void>;
};

/** Keep-alive connections without pipelining: one slow answer must not hold back another. */
export function createSubgraphPool(options: {
  readonly url: string;
  readonly connectionsMax?: number;
  readonly queueMax?: number;
}): SubgraphPool {
  const { connectionsMax = CONNECTIONS_MAX, queueMax = QUEUE_MAX } = options;
  const { origin, pathname, search } = new URL(options.url);
  const path = `${pathname}${search}`;
  const pool = createPool(origin, connectionsMax);
  const waiting = new Set<Sending>();
  const state = { running: 0, isClosed: false };

  const start = (sending: Sending): void => {
    const { exchange } = sending;
    if (!exchange) return;
    state.running++;
    pool.dispatch({ path, method: 'POST', headers: exchange.headers, body: exchange.body }, sending);
  };
  const release = (): void => {
    state.running--;
    for (const next of waiting) {
      waiting.delete(next);
      start(next);
      return;
    }
  };
  const line: Line = { release, leave: (sending) => waiting.delete(sending) };
  return {
    send(exchange) {
      const sending = new Sending(exchange, line);
      if (state.isClosed) exchange.onFault({ kind: 'NOT_SENT', reason: 'the transport is closed' });
      else if (state.running < connectionsMax) start(sending);
      else if (waiting.size < queueMax) waiting.add(sending);
      else exchange.onFault({ kind: 'BUSY', reason: `${queueMax} requests wait for a connection` });
      return sending;
    },
    counts: () => ({ running: state.running, waiting: waiting.size }),
    async close() {
      state.isClosed = true;
      await pool.destroy();
    },
  };
}

/** The pool as one of its exchanges sees it. */
type Line = {
  /** The exchange's connection is free again; called once for each that was started. */
  release(): void;
  leave(sending: Sending): void;
};

/** One exchange on its way, and undici's side of it: a single object, since a heavy operation has many of them. */
class Sending implements Dispatcher.DispatchHandler, Cancellable {
  /**
   * Null when it is told nothing more. A connection may hold on to its last request: it must not hold on to the answer, and
   * all that was made of it, as well.
   */
  exchange: Exchange | null;
  readonly #line: Line;
  /** Null while it is not sent. */
  #controller: Dispatcher.DispatchController | null = null;
  #isReleased = false;

  constructor(exchange: Exchange, line: Line) {
    this.exchange = exchange;
    this.#line = line;
  }

  cancel(): void {
    if (!this.exchange) return;
    this.exchange = null;
    this.#line.leave(this);
    this.#controller?.abort(new errors.RequestAbortedError());
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Taken back while its connection opened.
    if (!this.exchange) controller.abort(new errors.RequestAbortedError());
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ReplyHeaders): void {
    // 1xx only announces the answer.
    if (status >= 200) this.exchange?.onHead(readHead(status, headers));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.exchange?.onChunk(chunk);
  }

  onResponseEnd(): void {
    this.#end()?.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#end()?.onFault(toFault(error));
  }

  /** Frees the connection; who is still to be told. */
  #end(): Exchange | null {
    if (this.#isReleased) return null;
    this.#isReleased = true;
    const { exchange } = this;
    this.exchange = null;
    this.#line.release();
    return exchange;
  }
}

function toFault(error: Error): Fault {
  const kind = error instanceof errors.InvalidArgumentError ? 'NOT_SENT' : 'UNREACHABLE';
  // Not every error that has a place for a code has one in it.
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return { kind, reason: `${code}: ${error.message}` };
}

function createPool(origin: string, connections: number): Pool {
  return new Pool(origin, {
    connections,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS_MAX,
    connect: { timeout: CONNECT_MS_MAX },
    // Each call has a deadline of its own, which covers both.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}
