import { printExact } from '@playgraph/kernel/exact-json';
import { MessageType, type SubscribePayload, stringifyMessage } from 'graphql-ws';
import { WebSocket } from 'ws';
import { type BoundedStream, createBoundedStream } from './bounded-stream.ts';
import { readServerMessage, type ServerMessage, SUBPROTOCOL } from './socket-messages.ts';
import { isTransportResponse, type TransportResponse } from './transport.ts';

/** How long the handshake and the acknowledgement may take together, when nothing else is said. */
export const CONNECT_MS_MAX = 10_000;
/** How long a socket without operations is kept for the next one. */
export const SOCKET_IDLE_MS = 10_000;
/** How often the server is pinged, when nothing else is said. */
export const PING_MS = 15_000;
/** How long the server may take over the closing handshake. */
const CLOSE_MS_MAX = 1_000;
/** The largest message that a server may send, when nothing else is said. */
export const MESSAGE_BYTES_MAX = 8 * 1024 * 1024;
/** How many events of one operation wait for their reader. */
export const WAITING_EVENTS_MAX = 1_000;
/** How many bytes of events of one operation wait for their reader. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;
const TOO_LARGE_CODE = 1009;
/** A server that closes with one of these would do so again: bad request, unauthorized, forbidden, no such protocol. */
const FINAL_CODES: ReadonlySet<number> = new Set([TOO_LARGE_CODE, 4400, 4401, 4403, 4406, 4409, 4429]);
/** Those of which a single operation is the reason, though all that share the socket are lost by it. */
const FINAL_FOR_ONE_CODES: ReadonlySet<number> = new Set([TOO_LARGE_CODE, 4400, 4409]);

type BreakFacts = {
  /** Whether the server has heard of the operation: then there may be events that nobody will ever see. */
  readonly wasSubscribed: boolean;
  /** Whether it makes no sense to connect again. */
  readonly isFinal: boolean;
  /** Whether the reader was the reason, and not the way. */
  readonly isTooSlow?: boolean;
  /** Whether the server speaks another protocol. */
  readonly isForeign?: boolean;
  /** Whether the reason may have been another operation of the socket: on one of its own it would show. */
  readonly isUnclear?: boolean;
};

/** The way to a subscription broke, or its reader was so slow that events would have been lost. */
export class StreamBrokenError extends Error {
  override readonly name = 'StreamBrokenError';
  readonly facts: BreakFacts;

  constructor(message: string, facts: BreakFacts) {
    super(message);
    this.facts = facts;
  }
}

/** One graphql-transport-ws socket with any number of operations; opened by the first, closed when it is idle. */
export type SocketClient = {
  /**
   * One response per event, until the server completes, `signal` aborts or the reader returns: all three at once. An
   * `error` message is a last response with `errors` and no `data`. Throws StreamBrokenError.
   */
  subscribe(payload: () => SubscribePayload, signal: AbortSignal): AsyncGenerator<TransportResponse, void, void>;
  /** How many operations are open. */
  operations(): number;
  close(): void;
};

export type SocketClientOptions = {
  /** ws: or wss: */
  readonly url: string;
  /** Of the upgrade request. */
  readonly headers: Readonly<Record<string, string>>;
  /** The payload of `connection_init`, made anew for each connection. */
  readonly connectionParams: () => Record<string, unknown>;
  readonly idleMs: number;
  readonly connectMsMax: number;
  readonly messageBytesMax: number;
  /** How often the server is pinged; one that has not answered by the next ping is gone. */
  readonly pingMs: number;
  readonly onOpen: () => void;
  /** So many operations broke for one reason. */
  readonly onLost: (reason: string, operations: number) => void;
  /** No operation is left and the socket is closed: it can be forgotten. */
  readonly onUnused: () => void;
};

type Operation = { readonly stream: BoundedStream<TransportResponse>; payload(): SubscribePayload; wasSent: boolean };
type Connection = { readonly socket: WebSocket; isAcknowledged: boolean };
type State = {
  readonly options: SocketClientOptions;
  readonly operations: Map<string, Operation>;
  connection: Connection | null;
  lastId: number;
  idleTimer: NodeJS.Timeout | null;
};

export function createSocketClient(options: SocketClientOptions): SocketClient {
  const state: State = { options, operations: new Map(), connection: null, lastId: 0, idleTimer: null };
  return {
    subscribe: (payload, signal) => open(state, payload, signal),
    operations: () => state.operations.size,
    close: () => close(state),
  };
}

function open(
  state: State,
  payload: () => SubscribePayload,
  signal: AbortSignal,
): AsyncGenerator<TransportResponse, void, void> {
  state.lastId += 1;
  const id = String(state.lastId);
  const leave = (): void => void stream.items.return();
  const stream = createBoundedStream<TransportResponse>({
    limits: { itemsMax: WAITING_EVENTS_MAX, bytesMax: WAITING_BYTES_MAX },
    onReturn: () => forget(state, id, { tellServer: true }),
    onDone: () => signal.removeEventListener('abort', leave),
  });
  if (signal.aborted) {
    leave();
    return stream.items;
  }
  signal.addEventListener('abort', leave, { once: true });
  const operation: Operation = { stream, payload, wasSent: false };
  state.operations.set(id, operation);
  if (state.idleTimer) clearTimeout(state.idleTimer);
  state.connection ??= connect(state);
  if (state.connection.isAcknowledged) send(state, id, operation);
  return stream.items;
}

function connect(state: State): Connection {
  const { options } = state;
  const { url, headers, connectMsMax, messageBytesMax: maxPayload } = options;
  const socket = new WebSocket(url, SUBPROTOCOL, { headers, maxPayload });
  const connection: Connection = { socket, isAcknowledged: false };
  const failure: Partial<Mutable<Closed>> = {};
  const tooLate = setTimeout(() => {
    failure.reason = `no acknowledged connection within ${connectMsMax} ms`;
    socket.terminate();
  }, connectMsMax);
  const stopPinging = keepAlive(socket, options.pingMs);
  socket.on('upgrade', ({ headers: { 'sec-websocket-protocol': chosen } }) => {
    if (chosen !== SUBPROTOCOL) failure.isForeign = true;
  });
  socket.on('open', () => {
    options.onOpen();
    socket.send(stringifyMessage({ type: MessageType.ConnectionInit, payload: options.connectionParams() }));
  });
  socket.on('message', (data) => {
    const message = readServerMessage(String(data));
    if (!message) return socket.close(4400, 'Invalid message received');
    if (message.type === MessageType.ConnectionAck) clearTimeout(tooLate);
    receive(state, connection, { message, bytes: byteLengthOf(data) });
  });
  // 'close' follows and tells the operations.
  socket.on('error', (error: NodeJS.ErrnoException) => {
    failure.reason ??= error.message;
    // Cut off by us: the code that we gave is not what 'close' tells.
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') failure.code = TOO_LARGE_CODE;
  });
  socket.on('close', (code, said) => {
    clearTimeout(tooLate);
    stopPinging();
    lose(state, connection, { code, reason: String(said) || 'the connection was lost', ...failure });
  });
  return connection;
}

function receive(state: State, connection: Connection, received: { message: ServerMessage; bytes: number }): void {
  const { message, bytes } = received;
  switch (message.type) {
    case MessageType.ConnectionAck:
      // A second one is too many: what was asked would be asked twice.
      if (connection.isAcknowledged) return;
      connection.isAcknowledged = true;
      for (const [id, operation] of state.operations) send(state, id, operation);
      return;
    case MessageType.Ping:
      connection.socket.send(stringifyMessage({ type: MessageType.Pong }));
      return;
    case MessageType.Next:
      deliver(state, message.id, { response: message.payload, bytes });
      return;
    case MessageType.Error:
      deliver(state, message.id, { response: { errors: message.errors }, bytes });
      complete(state, message.id);
      return;
    case MessageType.Complete:
      complete(state, message.id);
      return;
  }
}

function send(state: State, id: string, operation: Operation): void {
  const socket = state.connection?.socket;
  // While it closes nothing reaches the server any more; 'close' tells the operation, which may be sent elsewhere.
  if (socket?.readyState !== WebSocket.OPEN) return;
  operation.wasSent = true;
  socket.send(printExact({ id, type: MessageType.Subscribe, payload: operation.payload() }));
}

/** Events that come on while a `complete` of ours is on its way find no operation. */
function deliver(state: State, id: string, event: { response: unknown; bytes: number }): void {
  const operation = state.operations.get(id);
  if (!operation) return;
  const { response, bytes } = event;
  const facts = { wasSubscribed: true, isFinal: !isTransportResponse(response) };
  if (!facts.isFinal && operation.stream.push(response as TransportResponse, bytes)) return;
  const reason = facts.isFinal ? 'an event is not a GraphQL response' : 'the reader is too slow';
  state.options.onLost(reason, 1);
  operation.stream.end(new StreamBrokenError(reason, { ...facts, isTooSlow: !facts.isFinal }));
  forget(state, id, { tellServer: true });
}

function complete(state: State, id: string): void {
  state.operations.get(id)?.stream.end();
  forget(state, id, { tellServer: false });
}

function forget(state: State, id: string, { tellServer }: { tellServer: boolean }): void {
  const operation = state.operations.get(id);
  if (!operation) return;
  state.operations.delete(id);
  const { connection, options } = state;
  if (tellServer && operation.wasSent && connection?.socket.readyState === WebSocket.OPEN) {
    connection.socket.send(stringifyMessage({ id, type: MessageType.Complete }));
  }
  if (state.operations.size > 0) return;
  if (!connection) {
    options.onUnused();
    return;
  }
  state.idleTimer = setTimeout(() => close(state), options.idleMs);
  state.idleTimer.unref();
}

type Closed = { readonly code: number; readonly reason: string; readonly isForeign?: boolean };
type Mutable<Facts> = { -readonly [Key in keyof Facts]: Facts[Key] };

/** Every operation of a lost connection hears of it; whether to come again is for whoever reads them to say. */
function lose(state: State, connection: Connection, { code, reason, isForeign = false }: Closed): void {
  if (state.connection !== connection) return;
  state.connection = null;
  if (state.idleTimer) clearTimeout(state.idleTimer);
  const operations = [...state.operations.values()];
  state.operations.clear();
  const isUnclear = connection.isAcknowledged && operations.length > 1 && FINAL_FOR_ONE_CODES.has(code);
  const isFinal = isForeign || (FINAL_CODES.has(code) && !isUnclear);
  const message = `${reason} (${code})`;
  if (operations.length > 0) state.options.onLost(message, operations.length);
  for (const { stream, wasSent } of operations) {
    stream.end(new StreamBrokenError(message, { wasSubscribed: wasSent, isFinal, isForeign, isUnclear }));
  }
  state.options.onUnused();
}

function close(state: State): void {
  const { connection } = state;
  if (!connection) return;
  const { socket } = connection;
  lose(state, connection, { code: 1000, reason: 'closed' });
  socket.close(1000, 'Normal Closure');
  setTimeout(() => socket.terminate(), CLOSE_MS_MAX).unref();
}

function byteLengthOf(data: WebSocket.RawData): number {
  return Array.isArray(data) ? data.reduce((sum, part) => sum + part.length, 0) : data.byteLength;
}

function keepAlive(socket: WebSocket, pingMs: number): () => void {
  let isAlive = true;
  socket.on('pong', () => {
    isAlive = true;
  });
  const timer = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, pingMs);
  timer.unref();
  return () => clearInterval(timer);
}
