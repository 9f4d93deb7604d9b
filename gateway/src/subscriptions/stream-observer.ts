import type { PrintedAnswer } from '../client-request.ts';

/** Told of what happens to streams and sockets; for metrics. Every method is optional and must not throw. */
export type StreamObserver = {
  onSocketOpened?(): void;
  onSocketClosed?(code: number): void;
  /** A client's subscription was refused before it began. */
  onRefused?(answer: PrintedAnswer): void;
  /** A client subscribed, `isShared` to a stream that others read too. */
  onStreamOpened?(facts: { readonly isShared: boolean }): void;
  onStreamClosed?(): void;
  /** A subgraph was asked for a stream. */
  onUpstreamOpened?(subgraph: string): void;
  onUpstreamClosed?(subgraph: string): void;
  /** A subgraph sent an event. */
  onEventIn?(subgraph: string): void;
  /** An event was handed to a client's queue. */
  onEventOut?(bytes: number): void;
  /** A client did not keep up: its stream was ended, or it lost the events that waited. */
  onSlowReader?(policy: SlowReaderPolicy): void;
};

/**
 * What becomes of a client that does not keep up, once its queue is full:
 * - `close`: its stream ends with TOO_SLOW (a WebSocket is closed with 4429), so that it knows that events are missing;
 * - `coalesce`: the events that wait give way to the newest one, for streams of states rather than of changes.
 */
export type SlowReaderPolicy = 'close' | 'coalesce';
