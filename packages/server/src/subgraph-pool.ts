import { type Dispatcher, errors, Pool } from 'undici';
import type { Fault } from './subgraph-faults.ts';

/** How many connections one subgraph gets at most when nothing else is said. */
export const CONNECTIONS_MAX = 128;
/** How many requests may wait for a connection when nothing else is said. */
export const QUEUE_MAX = 10_000;
/** How long a connection may take to open. */
const CONNECT_MS_MAX = 5_000;
/** How long an idle connection is kept: less than the 5 s after which Node's servers close theirs. */
const KEEP_ALIVE_MS_MAX = 4_000;

/** What comes before the body of an answer. */
export type ReplyHead = {
  readonly status: number;
  /** Media type with its parameters; empty when the subgraph names none. */
  readonly contentType: string;
  readonly cacheControl: string | null;
  /** As announced; null when it is not. */
  readonly contentLength: number | null;
};

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

/** Takes an exchange back: nobody is told anything more, and the subgraph sees the connection close. */
export type Cancel = () => void;

/** The connections to one subgraph. */
export type SubgraphPool = {
  /** Sends now, or when a connection is free. May call `onFault` before it returns. */
  send(exchange: Exchange): Cancel;
  counts(): { readonly running: number; readonly waiting: number };
  /** Takes no more, lets what was taken come to its end, then closes the connections. */
  close(): Promise<void>;
};

type PoolState = { running: number; isClosed: boolean; onIdle: (() => void) | null };

/** One exchange on its way: not sent while `controller` is null. */
type Sending = { readonly exchange: Exchange; controller: Dispatcher.DispatchController | null; isOver: boolean };

/** Keep-alive connections without pipelining: one slow answer must not hold back another. */
export function createSubgraphPool(options: {
  readonly url: string;
  readonly connectionsMax?: number;
  readonly queueMax?: number;
}): SubgraphPool {
  const { connectionsMax = CONNECTIONS_MAX, queueMax = QUEUE_MAX } = options;
  const { origin, pathname, search } = new URL(options.url);
  const target = { path: `${pathname}${search}`, method: 'POST' } as const;
  const pool = createPool(origin, connectionsMax);
  const waiting = new Set<Sending>();
  const state: PoolState = { running: 0, isClosed: false, onIdle: null };

  const start = (sending: Sending): void => {
    state.running++;
    const { headers, body } = sending.exchange;
    pool.dispatch({ ...target, headers, body }, handlerOf(sending, release));
  };
  const release = (): void => {
    state.running--;
    for (const next of waiting) {
      waiting.delete(next);
      start(next);
      return;
    }
    if (state.running === 0) state.onIdle?.();
  };
  return {
    send(exchange) {
      const sending: Sending = { exchange, controller: null, isOver: false };
      if (state.isClosed) exchange.onFault({ kind: 'NOT_SENT', reason: 'the transport is closed' });
      else if (state.running < connectionsMax) start(sending);
      else if (waiting.size < queueMax) waiting.add(sending);
      else exchange.onFault({ kind: 'BUSY', reason: `${queueMax} requests wait for a connection` });
      return () => {
        if (sending.isOver) return;
        sending.isOver = true;
        waiting.delete(sending);
        sending.controller?.abort(new errors.RequestAbortedError());
      };
    },
    counts: () => ({ running: state.running, waiting: waiting.size }),
    async close() {
      state.isClosed = true;
      if (state.running > 0) {
        await new Promise<void>((resolve) => {
          state.onIdle = resolve;
        });
      }
      await pool.close();
    },
  };
}

/** undici's side of an exchange. `release` is called once, when its connection is free again. */
function handlerOf(sending: Sending, release: () => void): Dispatcher.DispatchHandler {
  const { exchange } = sending;
  let isReleased = false;
  const end = (tell: () => void): void => {
    if (isReleased) return;
    isReleased = true;
    const wasOver = sending.isOver;
    sending.isOver = true;
    release();
    if (!wasOver) tell();
  };
  return {
    onRequestStart(controller) {
      sending.controller = controller;
      // Taken back while its connection opened.
      if (sending.isOver) controller.abort(new errors.RequestAbortedError());
    },
    onResponseStart(_controller, status, headers) {
      // 1xx only announces the answer.
      if (status >= 200 && !sending.isOver) exchange.onHead(readHead(status, headers));
    },
    onResponseData(_controller, chunk) {
      if (!sending.isOver) exchange.onChunk(chunk);
    },
    onResponseEnd: () => end(() => exchange.onEnd()),
    onResponseError: (_controller, error) => end(() => exchange.onFault(toFault(error))),
  };
}

function readHead(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): ReplyHead {
  const length = Number.parseInt(textOf(headers['content-length']) ?? '', 10);
  return {
    status,
    contentType: textOf(headers['content-type']) ?? '',
    cacheControl: textOf(headers['cache-control']),
    contentLength: Number.isNaN(length) ? null : length,
  };
}

/** A header that is sent twice comes as a list; `cache-control` means both, the others are an error of the subgraph. */
function textOf(value: string | string[] | undefined): string | null {
  return Array.isArray(value) ? value.join(', ') : (value ?? null);
}

function toFault(error: Error): Fault {
  const kind = error instanceof errors.InvalidArgumentError ? 'NOT_SENT' : 'UNREACHABLE';
  return { kind, reason: 'code' in error ? `${String(error.code)}: ${error.message}` : String(error) };
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
