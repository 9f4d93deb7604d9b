import { connect, type Socket } from 'node:net';
import { createResponseReader } from './read-response.ts';
import { percentile } from './statistics.ts';

/** How many latencies are kept of one measurement; requests past that are counted only. */
const LATENCIES_MAX = 2_000_000;
/** A request that gets no answer for so long has failed. */
const REQUEST_MS_MAX = 30_000;
/** Read buffer of a connection: an answer arrives in few pieces, and no memory is allocated for them. */
const READ_BYTES = 128 * 1024;
/** How often a gateway may close connections between requests before that is a failure. */
const RECONNECTS_MAX = 10_000;

export type LoadOptions = {
  readonly port: number;
  readonly connections: number;
  /** The bytes of the next request, which is request number `count` of the load. */
  readonly nextRequest: (count: number) => Buffer;
  /** Whether the whole answer to request number `count` is to be collected and given to `check`. */
  readonly isSampled: (count: number) => boolean;
  /** Why an answer is wrong; null when it is right. */
  readonly check: (body: string, count: number) => string | null;
  /** The length that every answer must have; null when any will do. */
  readonly bodyBytes: number | null;
};

/** What was measured since the load started or was last read. Times in milliseconds. */
export type LoadResult = {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly failures: number;
  /** What the first failure was; null without one. Failures are never forgotten by `read`. */
  readonly failure: string | null;
};

export type Load = {
  /** What was measured since the last call, and starts anew. */
  read(): LoadResult;
  /** Sends nothing more; resolves with how many requests there were in all when the last is answered. */
  drain(): Promise<number>;
  /** Ends all connections. */
  stop(): void;
};

type Tally = {
  started: number;
  failures: number;
  failure: string | null;
  reconnects: number;
  onDrained: (() => void) | null;
  requests: number;
  sinceMs: number;
  readonly latenciesMs: Float64Array;
};

/** Keeps `connections` keep-alive connections busy, without think time, until it is stopped. */
export function startLoad(options: LoadOptions): Load {
  const tally: Tally = {
    started: 0,
    failures: 0,
    failure: null,
    reconnects: 0,
    onDrained: null,
    requests: 0,
    sinceMs: performance.now(),
    latenciesMs: new Float64Array(LATENCIES_MAX),
  };
  const sockets = new Set<Socket>();
  const fail = (reason: string) => {
    tally.failures += 1;
    tally.failure ??= reason;
  };
  for (let i = 0; i < options.connections; i++) openConnection(options, { tally, sockets, fail });
  return {
    read: () => readTally(tally),
    drain: async () => {
      // Every connection ends with the answer that it waits for, or by its own time limit.
      await new Promise<void>((resolve) => {
        tally.onDrained = resolve;
        if (sockets.size === 0) resolve();
      });
      return tally.started;
    },
    stop: () => {
      for (const socket of sockets) {
        socket.removeAllListeners('close').destroy();
      }
      sockets.clear();
    },
  };
}

type Shared = { readonly tally: Tally; readonly sockets: Set<Socket>; readonly fail: (reason: string) => void };

function openConnection(options: LoadOptions, shared: Shared): void {
  const { tally, sockets, fail } = shared;
  const pieces: Buffer[] = [];
  let count = 0;
  let sentMs = 0;
  let isWaiting = false;
  let isSampled = false;

  const send = () => {
    count = tally.started++;
    isSampled = options.isSampled(count);
    isWaiting = true;
    sentMs = performance.now();
    socket.write(options.nextRequest(count));
  };
  const push = createResponseReader({
    onBody: (piece) => {
      if (isSampled) pieces.push(Buffer.from(piece));
    },
    onEnd: ({ status, bodyBytes, closes }) => {
      isWaiting = false;
      noteLatency(tally, performance.now() - sentMs);
      const body = isSampled ? Buffer.concat(pieces.splice(0)).toString() : null;
      if (status !== 200) fail(`status ${status}`);
      else if (options.bodyBytes !== null && bodyBytes !== options.bodyBytes) fail(`an answer of ${bodyBytes} bytes`);
      else if (body !== null) failOf(options.check(body, count), fail);
      if (closes || tally.onDrained) socket.end();
      else send();
    },
  });
  const onRead = (bytes: number, memory: Uint8Array): boolean => {
    try {
      push(Buffer.from(memory.buffer, memory.byteOffset, bytes));
    } catch (error) {
      fail(String(error));
      socket.destroy();
    }
    return true;
  };
  const onread = { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback: onRead };
  const socket = connect({ port: options.port, host: '127.0.0.1', noDelay: true, onread });
  sockets.add(socket);
  socket.setTimeout(REQUEST_MS_MAX, () => socket.destroy(new Error(`no answer within ${REQUEST_MS_MAX} ms`)));
  socket.once('connect', send);
  socket.once('error', (error) => fail(error.message));
  socket.once('close', (hadError) => {
    sockets.delete(socket);
    if (isWaiting && !hadError) fail('a connection was closed before the answer');
    if (tally.onDrained) {
      if (sockets.size === 0) tally.onDrained();
    } else if (!isWaiting && ++tally.reconnects <= RECONNECTS_MAX) openConnection(options, shared);
  });
}

function failOf(reason: string | null, fail: (reason: string) => void): void {
  if (reason !== null) fail(reason);
}

function noteLatency(tally: Tally, latencyMs: number): void {
  if (tally.requests < LATENCIES_MAX) tally.latenciesMs[tally.requests] = latencyMs;
  tally.requests += 1;
}

function readTally(tally: Tally): LoadResult {
  const nowMs = performance.now();
  const sorted = tally.latenciesMs.slice(0, Math.min(tally.requests, LATENCIES_MAX)).sort();
  const result = {
    requests: tally.requests,
    seconds: (nowMs - tally.sinceMs) / 1000,
    p50Ms: percentile(sorted, 0.5),
    p95Ms: percentile(sorted, 0.95),
    p99Ms: percentile(sorted, 0.99),
    failures: tally.failures,
    failure: tally.failure,
  };
  tally.requests = 0;
  tally.sinceMs = performance.now();
  return result;
}
