import type { GraphQLFormattedError } from 'graphql';
import {
  GRAPHQL_TRANSPORT_WS_PROTOCOL,
  type Message,
  MessageType,
  parseMessage,
  type SubscribePayload,
  stringifyMessage,
} from 'graphql-ws';
import { WebSocket } from 'ws';
import { type BoundedStream, createBoundedStream } from './bounded-stream.ts';
import { isTransportResponse, type TransportResponse } from './transport.ts';

/** How long the handshake and the acknowledgement may take together. */
const CONNECT_MS_MAX = 10_000;
/** How long a socket without operations is kept for the next one. */
export const SOCKET_IDLE_MS = 10_000;
/** How often the server is pinged; one that has not answered by the next ping is gone. */
const KEEP_ALIVE_MS = 15_000;
/** How long the server may take over the closing handshake. */
const CLOSE_MS_MAX = 1_000;
/** The largest message that a server may send. */
const MESSAGE_BYTES_MAX = 8 * 1024 * 1024;
/** How many events of one operation wait for their reader. */
export const WAITING_EVENTS_MAX = 1_000;
/** How many bytes of events of one operation wait for their reader. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;
/** A server that closes with one of these would do so again: bad request, unauthorized, forbidden, no such protocol. */
const FINAL_CODES: ReadonlySet<number> = new Set([1009, 4400, 4401, 4403, 4406, 4409, 4429]);

/** The way to a subscription broke, or its reader was so slow that events would have been lost. */
export class StreamBrokenError extends Error {
  override readonly name = 'StreamBrokenError';
  /** Whether the server has heard of the operation: then there may be events that nobody will ever see. */
  readonly wasSubscribed: boolean;
  /** Whether it makes no sense to connect again. */
  readonly isFinal: boolean;
  /** Whether the reader was the reason, and not the way. */
  readonly isTooSlow: boolean;

  constructor(message: string, facts: { wasSubscribed: boolean; isFinal: boolean; isTooSlow?: boolean }) {
    super(message);
    this.wasSubscribed = facts.wasSubscribed;
    this.isFinal = facts.isFinal;
    this.isTooSlow = facts.isTooSlow ?? false;
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
  readonly onOpen: () => void;
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
    onReturn: () => {
      signal.removeEventListener('abort', leave);
      forget(state, id, { tellServer: true });
    },
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
  const { url, headers } = options;
  const socket = new WebSocket(url, GRAPHQL_TRANSPORT_WS_PROTOCOL, { headers, maxPayload: MESSAGE_BYTES_MAX });
  const connection: Connection = { socket, isAcknowledged: false };
  let reason = 'the connection was lost';
  const tooLate = setTimeout(() => {
    reason = `no connection within ${CONNECT_MS_MAX} ms`;
    socket.terminate();
  }, CONNECT_MS_MAX);
  const stopPinging = keepAlive(socket);
  socket.on('open', () => {
    options.onOpen();
    socket.send(stringifyMessage({ type: MessageType.ConnectionInit, payload: options.connectionParams() }));
  });
  socket.on('message', (data) => {
    const message = tryParse(data);
    if (!message) return socket.close(4400, 'Invalid message received');
    if (message.type === MessageType.ConnectionAck) clearTimeout(tooLate);
    receive(state, connection, { message, bytes: byteLengthOf(data) });
  });
  // 'close' follows and tells the operations.
  socket.on('error', (error) => {
    reason = error.message;
  });
  socket.on('close', (code, said) => {
    clearTimeout(tooLate);
    stopPinging();
    lose(state, connection, { code, reason: String(said) || reason });
  });
  return connection;
}

function receive(state: State, connection: Connection, received: { message: Message; bytes: number }): void {
  const { message, bytes } = received;
  switch (message.type) {
    case MessageType.ConnectionAck:
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
      deliver(state, message.id, { response: { errors: message.payload as readonly GraphQLFormattedError[] }, bytes });
      complete(state, message.id);
      return;
    case MessageType.Complete:
      complete(state, message.id);
      return;
  }
}

function send(state: State, id: string, operation: Operation): void {
  operation.wasSent = true;
  state.connection?.socket.send(stringifyMessage({ id, type: MessageType.Subscribe, payload: operation.payload() }));
}

/** Events that come on while a `complete` of ours is on its way find no operation. */
function deliver(state: State, id: string, event: { response: unknown; bytes: number }): void {
  const operation = state.operations.get(id);
  if (!operation) return;
  const { response, bytes } = event;
  const facts = { wasSubscribed: true, isFinal: !isTransportResponse(response) };
  if (facts.isFinal) operation.stream.end(new StreamBrokenError('an event is not a GraphQL response', facts));
  else if (operation.stream.push(response as TransportResponse, bytes)) return;
  else operation.stream.end(new StreamBrokenError('the reader is too slow', { ...facts, isTooSlow: true }));
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

/** Every operation of a lost connection hears of it; whether to come again is for whoever reads them to say. */
function lose(state: State, connection: Connection, closed: { code: number; reason: string }): void {
  if (state.connection !== connection) return;
  state.connection = null;
  if (state.idleTimer) clearTimeout(state.idleTimer);
  const operations = [...state.operations.values()];
  state.operations.clear();
  const message = `${closed.reason} (${closed.code})`;
  for (const { stream, wasSent } of operations) {
    stream.end(new StreamBrokenError(message, { wasSubscribed: wasSent, isFinal: FINAL_CODES.has(closed.code) }));
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

function tryParse(data: WebSocket.RawData): Message | null {
  try {
    return parseMessage(String(data));
  } catch {
    return null;
  }
}

function byteLengthOf(data: WebSocket.RawData): number {
  return Array.isArray(data) ? data.reduce((sum, part) => sum + part.length, 0) : data.byteLength;
}

function keepAlive(socket: WebSocket): () => void {
  let isAlive = true;
  socket.on('pong', () => {
    isAlive = true;
  });
  const timer = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, KEEP_ALIVE_MS);
  timer.unref();
  return () => clearInterval(timer);
}
