import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { DoorObserver } from './admission.ts';
import { CONNECTIONS_MAX } from './connection-limits.ts';

/** Connections beyond that on which health, metrics and a refusal can still be had; further ones are closed unheard. */
const RESERVED_CONNECTIONS_MAX = 128;
/** Requests of one connection that may be under way: HTTP lets a client send them ahead, and one could take all room. */
const PIPELINED_MAX = 32;

/** One connection of the HTTP server. */
export type Connection = {
  /** It came when there were enough of them. */
  readonly isSurplus: boolean;
  /** Requests to `/graphql` that are under way on it. */
  requests: number;
  /** All that it has brought, where they are counted. */
  requestsEver: number;
};

/** The connections of one HTTP server, bounded. */
export type Connections = {
  of(socket: Socket): Connection;
  /** Whether only health and the like may be asked on it, as long as there are as many others. */
  isRefused(connection: Connection): boolean;
  /** Whether it has as many requests under way as one may have. */
  isBusy(connection: Connection): boolean;
};

export function followConnections(
  server: Server,
  { connectionsMax = CONNECTIONS_MAX, observer = {} }: { connectionsMax?: number; observer?: DoorObserver } = {},
): Connections {
  const known = new WeakMap<Socket, Connection>();
  let open = 0;
  const add = (socket: Socket): Connection => {
    const connection = { isSurplus: open > connectionsMax, requests: 0, requestsEver: 0 };
    known.set(socket, connection);
    return connection;
  };
  server.maxConnections = connectionsMax + RESERVED_CONNECTIONS_MAX;
  server.on('drop', () => observer.onShed?.('connection'));
  server.on('connection', (socket: Socket) => {
    open += 1;
    observer.onConnectionOpened?.();
    add(socket);
    socket.once('close', () => {
      open -= 1;
      observer.onConnectionClosed?.();
    });
  });
  return {
    of: (socket) => known.get(socket) ?? add(socket),
    isRefused: ({ isSurplus }) => isSurplus && open > connectionsMax,
    isBusy: ({ requests }) => requests >= PIPELINED_MAX,
  };
}

/**
 * Counts one more request; the last that a connection may have closes it with its answer. False for one that was sent
 * ahead after that: it is not to be served, since nobody would read the answer. A client sends it again elsewhere.
 */
export function countRequest(
  connection: Connection,
  { response, requestsMax }: { readonly response: ServerResponse; readonly requestsMax: number },
): boolean {
  connection.requestsEver += 1;
  if (connection.requestsEver === requestsMax) response.shouldKeepAlive = false;
  return connection.requestsEver <= requestsMax;
}
