import type { ServerResponse } from 'node:http';
import type { Framing } from './framing.ts';
import { ClientGoneError, HttpError, RETRY_AFTER_SECONDS } from './http-error.ts';

/** How often a stream on which nothing happens shows that it is alive. */
export const HEARTBEAT_MS = 10_000;
/** How many heartbeats in a row may find a reader that takes nothing before it is cut off. */
const BLOCKED_HEARTBEATS_MAX = 3;

const SHUTTING_DOWN = new HttpError(503, 'The server is shutting down.', {
  code: 'UNAVAILABLE',
  retryAfterSeconds: RETRY_AFTER_SECONDS,
});

/** An open HTTP stream to one client. */
export type ClientStream = {
  /** Aborts when the client goes, takes nothing for too long, or the server drains: the operation ends then. */
  readonly signal: AbortSignal;
  /**
   * Resolves when the client can take the next frame, to false when there is none to take it. Callers wait for it: so
   * a slow reader holds up its own operation and at most one frame is in memory.
   */
  write(frame: Buffer): Promise<boolean>;
  /** Writes the protocol's own end and closes. */
  end(): void;
  /** How many bytes were written, frames and heartbeats. */
  bytes(): number;
};

export type StreamOptions = {
  readonly framing: Framing;
  /** As name, value, name, value. */
  readonly headers: readonly string[];
  /** True for subscriptions: no end of theirs can be waited for when the server drains. */
  readonly isEndless: boolean;
};

/**
 * All open streams: one timer beats for all of them. How many there may be others say: the admission, as a subscription or
 * as a request, and the connections, of which each holds one.
 */
export type StreamHub = {
  /** Writes the head and the start. @throws HttpError 503 when one without end is to begin while the server drains. */
  open(response: ServerResponse, options: StreamOptions): ClientStream;
  /** Ends every subscription properly and opens no more of them; what has an end of its own goes on to it. */
  close(): void;
};

/** A stream and what its heart knows of it. */
type OpenStream = {
  readonly response: ServerResponse;
  readonly framing: Framing;
  readonly isEndless: boolean;
  readonly ended: AbortController;
  /** Wakes whoever waits for the reader; null when nobody does. */
  wake: (() => void) | null;
  blockedBeats: number;
  bytes: number;
};

export function createStreamHub({ heartbeatMs = HEARTBEAT_MS }: { readonly heartbeatMs?: number }): StreamHub {
  const streams = new Set<OpenStream>();
  let isClosed = false;
  const timer = setInterval(() => {
    for (const stream of streams) beat(stream);
  }, heartbeatMs);
  timer.unref();

  return {
    open(response, { framing, headers, isEndless }) {
      if (isClosed && isEndless) throw SHUTTING_DOWN;
      // Its `close` would never be heard of again.
      if (response.destroyed) throw new ClientGoneError();
      const ended = new AbortController();
      const stream: OpenStream = { response, framing, isEndless, ended, wake: null, blockedBeats: 0, bytes: 0 };
      streams.add(stream);
      const wake = () => {
        stream.blockedBeats = 0;
        stream.wake?.();
      };
      response.on('drain', wake);
      response.once('close', () => {
        streams.delete(stream);
        if (isClosed && streams.size === 0) clearInterval(timer);
        ended.abort();
        wake();
      });
      response.writeHead(200, [...headers]);
      send(stream, framing.start);
      return {
        signal: ended.signal,
        write: (frame) => write(stream, frame),
        end: () => {
          if (response.writable) response.end(framing.complete);
        },
        bytes: () => stream.bytes,
      };
    },
    close() {
      isClosed = true;
      if (streams.size === 0) clearInterval(timer);
      for (const stream of streams) {
        if (!stream.isEndless) continue;
        stream.ended.abort();
        stream.wake?.();
      }
    },
  };
}

async function write(stream: OpenStream, frame: Buffer): Promise<boolean> {
  if (stream.ended.signal.aborted || !stream.response.writable) return false;
  if (!send(stream, frame)) {
    await new Promise<void>((resolve) => {
      stream.wake = resolve;
    });
    stream.wake = null;
  }
  return !stream.ended.signal.aborted;
}

function send(stream: OpenStream, frame: Buffer): boolean {
  stream.bytes += frame.length;
  return stream.response.write(frame);
}

/** A reader that is behind gets no heartbeats on top: they would only pile up. */
function beat(stream: OpenStream): void {
  const { response, framing } = stream;
  if (response.writableNeedDrain) {
    stream.blockedBeats += 1;
    if (stream.blockedBeats >= BLOCKED_HEARTBEATS_MAX) response.destroy();
  } else if (framing.heartbeat && response.writable) {
    send(stream, framing.heartbeat);
  }
}
