/** How many requests, operations over WebSocket among them, may be under way at once where nothing else is said. */
export const REQUESTS_MAX = 5_000;
/** The same for subscriptions, over WebSocket and HTTP together. */
export const STREAMS_MAX = 50_000;

/** Bodies up to this size are bounded by the number of connections alone. */
export const SMALL_BODY_BYTES_MAX = 64 * 1024;
/** What bodies above that may take together while they arrive. */
const LARGE_BODIES_BYTES_MAX = 128 * 1024 * 1024;

/** What a door turned away: a request, a subscription, a WebSocket, or a connection. */
export type Shed = 'request' | 'stream' | 'socket' | 'connection';

/** Told of what happens at the doors; for metrics. Every method is optional and must not throw. */
export type DoorObserver = {
  onShed?(what: Shed): void;
  onConnectionOpened?(): void;
  onConnectionClosed?(): void;
};

/**
 * How much one process takes on at once, by whichever door it comes. What is beyond that is turned away before it costs
 * anything: an answer that comes too late for its client is work for nothing, and holds up all the others.
 */
export type Admission = {
  /** Whether a request need not even be read. */
  isFull(): boolean;
  /**
   * Whether there is room to read a body of so many bytes; who is told so calls `endBody` with as many. Small bodies are
   * not counted: senders of large ones, however slow, keep each other waiting and nobody else.
   */
  tryBody(bytes: number): boolean;
  endBody(bytes: number): void;
  /** Whether there is room for one more request, from when it is read; who is told so calls `endRequest` at its end. */
  tryRequest(): boolean;
  endRequest(): void;
  /** The request is a stream from here on, and makes room for another request. False: too many run, it stays a request. */
  tryStream(): boolean;
  /** The stream is over: a request again, that is about to end. */
  endStream(): void;
};

export type AdmissionLimits = { readonly requestsMax: number; readonly streamsMax: number };

export function createAdmission(
  { requestsMax = REQUESTS_MAX, streamsMax = STREAMS_MAX }: Partial<AdmissionLimits> = {},
  observer: DoorObserver = {},
): Admission {
  let [requests, streams, bodyBytes] = [0, 0, 0];
  const isFull = (): boolean => {
    if (requests < requestsMax) return false;
    observer.onShed?.('request');
    return true;
  };
  return {
    isFull,
    tryBody(bytes) {
      if (bytes <= SMALL_BODY_BYTES_MAX) return true;
      // A single one may be as large as the operator allows.
      if (bodyBytes > 0 && bodyBytes + bytes > LARGE_BODIES_BYTES_MAX) {
        observer.onShed?.('request');
        return false;
      }
      bodyBytes += bytes;
      return true;
    },
    endBody(bytes) {
      if (bytes > SMALL_BODY_BYTES_MAX) bodyBytes -= bytes;
    },
    tryRequest() {
      if (isFull()) return false;
      requests += 1;
      return true;
    },
    endRequest() {
      requests -= 1;
    },
    tryStream() {
      if (streams >= streamsMax) {
        observer.onShed?.('stream');
        return false;
      }
      streams += 1;
      requests -= 1;
      return true;
    },
    endStream() {
      streams -= 1;
      requests += 1;
    },
  };
}
