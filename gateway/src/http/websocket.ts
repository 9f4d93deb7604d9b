import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { settlesWithin } from '@playgraph/kernel/bounded-wait';
import { type Clock, systemClock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { StreamObserver } from '../subscriptions/stream-observer.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import { createChannel } from '../websocket/channel.ts';
import { type Connection, type ConnectionDeps, createConnection } from '../websocket/connection.ts';
import { defaultLimits, type WebSocketLimits } from '../websocket/limits.ts';
import { closings } from '../websocket/messages.ts';
import type { OperationRunner } from '../websocket/run-operation.ts';
import type { RequestInfoDeps } from './request-info.ts';

const RETRY_AFTER_SECONDS = 5;

export type WebSocketDeps = RequestInfoDeps & {
  readonly gateway: OperationRunner;
  readonly server: HttpServer;
  readonly path: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly limits?: Partial<WebSocketLimits>;
  readonly observer?: StreamObserver;
  readonly tracer?: Tracer | null;
};

type Peer = { readonly connection: Connection; isAlive: boolean };

/**
 * graphql-transport-ws on the HTTP server: subscriptions, and queries and mutations too. The access token travels in
 * the connection's first message as `{ authorization: "Bearer ..." }`, and the socket lives as long as the token: a bad
 * one and one that ends close it with 4401. Every other reason to close a socket stands in `closings`. `close` lets
 * queries and mutations end, then says 1001 to everybody; a client comes again elsewhere and resumes.
 */
export function serveWebSocket(deps: WebSocketDeps): { close(): Promise<void> } {
  const limits = { ...defaultLimits, ...deps.limits };
  const peers = new Map<WebSocket, Peer>();
  const state = { isDraining: false };
  const sockets = new WebSocketServer({
    server: deps.server,
    path: deps.path,
    maxPayload: limits.messageBytesMax,
    // Nothing acceptable is answered with what was asked for, so that the client learns of 4406 and not of a failure.
    handleProtocols: (offered) =>
      offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : ([...offered][0] ?? false),
    verifyClient: (_info, answer) => {
      const isFull = state.isDraining || sockets.clients.size >= limits.socketsMax;
      if (!isFull) answer(true);
      else answer(false, 503, 'Service Unavailable', { 'retry-after': String(RETRY_AFTER_SECONDS) });
    },
  });
  // The HTTP server's own errors (a port in use) come here too; whoever listens hears of them there.
  sockets.on('error', (error) => deps.logger.debug({ err: error }, 'the WebSocket server failed'));
  const connectionDeps: ConnectionDeps = { ...deps, clock: deps.clock ?? systemClock, limits };
  sockets.on('connection', (socket, request) => attach(connectionDeps, { socket, request, peers, ...deps }));
  const pinging = setInterval(() => pingAll(peers), limits.pingMs);
  pinging.unref();
  return {
    async close() {
      state.isDraining = true;
      await Promise.all([...peers.values()].map(({ connection }) => connection.drain()));
      const closed = new Promise<void>((resolve) => sockets.close(() => resolve()));
      if (!(await settlesWithin(closed, limits.closeMsMax))) for (const socket of sockets.clients) socket.terminate();
      await closed;
      clearInterval(pinging);
    },
  };
}

type Attachment = {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly peers: Map<WebSocket, Peer>;
  readonly observer?: StreamObserver;
};

function attach(deps: ConnectionDeps, { socket, request, peers, observer }: Attachment): void {
  socket.on('error', (error) => deps.logger.debug({ err: error }, 'a WebSocket client broke the protocol'));
  if (socket.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) {
    const { code, reason } = closings.badSubprotocol;
    socket.close(code, reason);
    return;
  }
  const connection = createConnection(deps, createChannel(socket, deps.limits), request);
  const peer: Peer = { connection, isAlive: true };
  peers.set(socket, peer);
  observer?.onSocketOpened?.();
  socket.on('pong', () => {
    peer.isAlive = true;
  });
  socket.on('message', (data, isBinary) => {
    peer.isAlive = true;
    // The protocol is text; nothing that is not can be a message.
    connection.receive(isBinary ? '' : String(data));
  });
  socket.once('close', (code) => {
    peers.delete(socket);
    connection.closed();
    observer?.onSocketClosed?.(code);
  });
}

/** A peer that was not heard of since the ping before has gone without a word. */
function pingAll(peers: ReadonlyMap<WebSocket, Peer>): void {
  for (const [socket, peer] of peers) {
    if (!peer.isAlive) {
      socket.terminate();
      continue;
    }
    peer.isAlive = false;
    socket.ping();
  }
}
