/** What one process and one socket may cost. */
export type WebSocketLimits = {
  /** Sockets of one process; the next one is refused with 503. */
  readonly socketsMax: number;
  /** Operations that run on one socket at the same time; one more closes it with 4429. */
  readonly operationsMax: number;
  /** The largest message of a client; a larger one closes the socket with 1009. */
  readonly messageBytesMax: number;
  /** Bytes of pongs, errors and completions that wait for a client's network; then it is closed with 4429. */
  readonly bufferedBytesMax: number;
  /** How long a new socket may take to say who it is: then 4408. */
  readonly initMsMax: number;
  /** How often a client is pinged; one that was not heard of since the ping before is cut off. */
  readonly pingMs: number;
  /** How long a socket may be without an operation: then 1000. */
  readonly idleMsMax: number;
  /** How long queries and mutations under way may take once the server drains. */
  readonly drainMsMax: number;
  /** How long clients may take over the closing handshake when the server drains. */
  readonly closeMsMax: number;
};

export const defaultLimits: WebSocketLimits = {
  socketsMax: 10_000,
  operationsMax: 100,
  messageBytesMax: 256 * 1024,
  bufferedBytesMax: 1024 * 1024,
  initMsMax: 5_000,
  pingMs: 15_000,
  idleMsMax: 10 * 60_000,
  drainMsMax: 5_000,
  closeMsMax: 1_000,
};
