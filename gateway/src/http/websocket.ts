import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
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
import type { OnSocketOperation } from './access-log.ts';
import { isAt, toOriginForm } from './address.ts';
import { type Admission, createAdmission, type DoorObserver } from './admission.ts';
import type { Connections } from './connections.ts';
import { mayConnect } from './cors.ts';
import { HttpError, overloaded, RETRY_AFTER_SECONDS } from './http-error.ts';
import type { RequestInfoDeps } from './request-info.ts';
import { asksForWebSocket, isAnswering, refuseUpgrade, serveWithoutUpgrade } from './upgrade.ts';

export type WebSocketDeps = RequestInfoDeps & {
  readonly gateway: OperationRunner;
  readonly server: HttpServer;
  readonly path: string;
  /** Browser origins that may connect beside that of the gateway itself; any when absent. */
  readonly corsOrigins?: '*' | readonly string[];
  readonly logger: Logger;
  /** Counts operations together with those of other doors; this door's alone when absent. */
  readonly admission?: Admission;
  /** The connections of the server, bounded; without a bound of their own when absent. */
  readonly connections?: Connections;
  readonly doorObserver?: DoorObserver;
  readonly clock?: Clock;
  readonly limits?: Partial<WebSocketLimits>;
  readonly observer?: StreamObserver;
  readonly tracer?: Tracer | null;
  /** Hears of every operation when it has ended; nobody when absent. */
  readonly onOperation?: OnSocketOperation;
};

const SHUTTING_DOWN = new HttpError(503, 'The server is shutting down.', {
  code: 'UNAVAILABLE',
  retryAfterSeconds: RETRY_AFTER_SECONDS,
});
const TOO_MANY_SOCKETS = overloaded('Too many WebSockets are open.');
const NOT_HERE = new HttpError(404, 'There is nothing at this address.', { code: 'NOT_FOUND' });
const FOREIGN_ORIGIN = new HttpError(403, 'A page of this origin may not connect.', { code: 'FORBIDDEN' });

const ignore = (): void => undefined;

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
    noServer: true,
    maxPayload: limits.messageBytesMax,
    // Nothing acceptable is answered with what was asked for, so that the client learns of 4406 and not of a failure.
    handleProtocols: (offered) =>
      offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : ([...offered][0] ?? false),
  });
  const isFull = (socket: Socket): boolean =>
    sockets.clients.size >= limits.socketsMax || deps.connections?.isRefused(deps.connections.of(socket)) === true;
  const refusalOf = (request: IncomingMessage): HttpError | null => {
    if (!isAt(deps.path, toOriginForm(request.url ?? ''))) return NOT_HERE;
    if (!mayConnect(deps.corsOrigins ?? '*', request)) return FOREIGN_ORIGIN;
    if (state.isDraining) return SHUTTING_DOWN;
    if (!isFull(request.socket)) return null;
    deps.doorObserver?.onShed?.('socket');
    return TOO_MANY_SOCKETS;
  };
  const admission = deps.admission ?? createAdmission();
  const connectionDeps: ConnectionDeps = { ...deps, clock: deps.clock ?? systemClock, limits, admission };
  deps.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (isAnswering(socket)) return void socket.destroy();
    if (!asksForWebSocket(request)) return serveWithoutUpgrade(deps.server, { request, socket, head });
    // Until it is a WebSocket nobody else listens; one that breaks off is gone.
    socket.on('error', ignore);
    const refusal = refusalOf(request);
    if (refusal) return refuseUpgrade(socket, refusal);
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      socket.off('error', ignore);
      attach(connectionDeps, { socket: accepted, request, peers, ...deps });
    });
  });
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
  observer?.onSocketOpened?.();
  socket.once('close', (code) => observer?.onSocketClosed?.(code));
  if (socket.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) {
    const { code, reason } = closings.badSubprotocol;
    socket.close(code, reason);
    return;
  }
  const connection = createConnection(deps, createChannel(socket, deps.limits), request);
  const peer: Peer = { connection, isAlive: true };
  peers.set(socket, peer);
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
    connection.closed(code);
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
