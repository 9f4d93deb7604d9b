import { setMaxListeners } from 'node:events';
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Identity } from '@playgraph/auth/identity';
import { verifySignedIdentity } from '@playgraph/auth/signed-identity';
import type { Clock } from '@playgraph/kernel/clock';
import { DomainError } from '@playgraph/kernel/errors';
import type { Logger } from '@playgraph/kernel/logger';
import { type ExecutionArgs, type FormattedExecutionResult, GraphQLError } from 'graphql';
import { CloseCode, type Context, handleProtocols, makeServer, type Server, type SubscribePayload } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { CORRELATION_HEADER, correlationIdOf } from './correlation-id.ts';
import { executeLocal, subscribeLocal } from './execute-local.ts';
import { maskError } from './mask-error.ts';
import { operationTypeOf, prepareDocument } from './prepare-operation.ts';
import { verifyOperation } from './signed-operation.ts';
import type { RequestInfo, Subgraph } from './subgraph.ts';

/** The largest message that a socket may send. */
const MESSAGE_BYTES_MAX = 1_048_576;
/** How many operations one socket may have open. */
export const SOCKET_OPERATIONS_MAX = 1_000;
/** How long a new socket may take to say who it is. */
const CONNECTION_INIT_MS_MAX = 5_000;
/** How often a socket is pinged; one that has not answered by the next ping is gone. */
const KEEP_ALIVE_MS = 15_000;
/** How long sockets may take to say good-bye. */
const CLOSE_MS_MAX = 1_000;
const RETRY_AFTER_SECONDS = 1;
/** How many messages one socket sends in a row before others have their turn: a burst must not stop the process. */
const BURST_MESSAGES_MAX = 64;

type SocketDeps = {
  readonly subgraph: Subgraph;
  readonly server: HttpServer;
  readonly path: string;
  readonly identitySecret: string;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** What is known of one socket. `gone` aborts with it. */
type Peer = {
  readonly request: IncomingMessage;
  readonly gone: AbortController;
  /** Undefined until the connection is acknowledged. */
  identity?: Identity | null;
  correlationId: string;
};

type PeerContext = Context<Record<string, unknown> | undefined, Peer>;

/**
 * graphql-transport-ws on `path`: subscriptions, queries and mutations, run as in process. The first message carries
 * `{ identity: <header signed over ''>, correlationId? }`; without a good one the socket is closed with 4403. An
 * operation may say in `extensions.playgraph` on whose behalf it runs (SignedExtension), so that a gateway needs one
 * socket for everybody; what it does not say is as the first message said.
 */
export function serveGraphqlSocket(deps: SocketDeps): { close(): Promise<void> } {
  const { server, path, logger } = deps;
  const protocol = createProtocol(deps);
  const sockets = new WebSocketServer({ server, path, maxPayload: MESSAGE_BYTES_MAX, handleProtocols });
  sockets.on('error', (error) => logger.error({ err: error }, 'the WebSocket server failed'));
  sockets.on('connection', (socket, request) => attach(socket, request, { protocol, logger }));
  return {
    async close() {
      for (const socket of sockets.clients) socket.close(1001, 'Going away');
      const killer = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, CLOSE_MS_MAX);
      await new Promise((resolve) => sockets.close(resolve));
      clearTimeout(killer);
    },
  };
}

function createProtocol(deps: SocketDeps): Server<Peer> {
  const { subgraph, logger } = deps;
  const logged: Subgraph = { ...subgraph, logger };
  return makeServer<Record<string, unknown> | undefined, Peer>({
    connectionInitWaitTimeout: CONNECTION_INIT_MS_MAX,
    onConnect: (context) => admitGateway(deps, context),
    onSubscribe: (context, _id, payload) => prepare(deps, context, payload),
    execute: (args) => executeLocal(logged, toOperation(args), args.contextValue as RequestInfo) as never,
    subscribe: (args) => subscribeLocal(logged, toOperation(args), args.contextValue as RequestInfo) as never,
    // Answers are masked and plain already; `errors` before an operation are not.
    onNext: (_context, _id, _payload, _args, result) => result as FormattedExecutionResult,
    onError: ({ extra }, _id, _payload, errors) =>
      errors.map((error) => maskError(error, { logger, correlationId: extra.correlationId })),
  });
}

function admitGateway(deps: SocketDeps, { connectionParams, extra }: PeerContext): boolean {
  const header = connectionParams?.identity;
  try {
    extra.identity = verifySignedIdentity({
      header: typeof header === 'string' ? header : undefined,
      body: '',
      secret: deps.identitySecret,
      clock: deps.clock,
    });
  } catch {
    return false;
  }
  extra.correlationId = toCorrelationId(connectionParams?.correlationId);
  return true;
}

function toCorrelationId(given: unknown): string {
  return correlationIdOf({ headers: { [CORRELATION_HEADER]: given } });
}

/** Everything that can be wrong before an operation runs reaches the client as the protocol's `error` message. */
function prepare(
  deps: SocketDeps,
  { extra, subscriptions }: PeerContext,
  payload: SubscribePayload,
): ExecutionArgs | readonly GraphQLError[] {
  if (Object.keys(subscriptions).length > SOCKET_OPERATIONS_MAX) return [toGraphQLError(tooManyOperations())];
  const { schema } = deps.subgraph;
  const prepared = prepareDocument(schema, payload.query);
  if ('errors' in prepared) return prepared.errors.map(toGraphQLError);
  const { document } = prepared;
  try {
    operationTypeOf(document, payload.operationName);
    const contextValue = readInfo(deps, extra, payload);
    const { operationName = null, variables } = payload;
    return { schema, document, operationName, variableValues: variables ?? {}, contextValue };
  } catch (error) {
    return [toGraphQLError(error)];
  }
}

/** @throws DomainError UNAUTHENTICATED when the operation is signed, and badly. */
function readInfo(deps: SocketDeps, peer: Peer, payload: SubscribePayload): RequestInfo {
  const own = verifyOperation(payload, { secret: deps.identitySecret, clock: deps.clock });
  const identity = own === undefined ? (peer.identity ?? null) : own;
  const given = (payload.extensions?.playgraph as { correlationId?: unknown } | undefined)?.correlationId;
  const correlationId = given === undefined ? peer.correlationId : toCorrelationId(given);
  return { identity, correlationId, signal: peer.gone.signal };
}

function toOperation(args: ExecutionArgs) {
  return { query: args.document, variables: args.variableValues, operationName: args.operationName };
}

function toGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { originalError });
}

function tooManyOperations(): DomainError {
  const message = `A socket may have ${SOCKET_OPERATIONS_MAX} operations open.`;
  return new DomainError('RATE_LIMITED', message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

/** Joins one socket with the protocol. What fails there closes the socket without saying why: it is ours to know. */
function attach(socket: WebSocket, request: IncomingMessage, deps: { protocol: Server<Peer>; logger: Logger }): void {
  const peer: Peer = { request, gone: new AbortController(), correlationId: crypto.randomUUID() };
  // Each of the socket's operations listens to it, and that is no leak.
  setMaxListeners(0, peer.gone.signal);
  const fail = (error: unknown) => {
    deps.logger.error({ err: error, correlationId: peer.correlationId }, 'a socket failed');
    socket.close(CloseCode.InternalServerError, 'Internal server error');
  };
  const closed = deps.protocol.opened(
    {
      protocol: socket.protocol,
      send: createSender(socket),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (listener) => socket.on('message', (data) => void listener(String(data)).catch(fail)),
    },
    peer,
  );
  const stopPinging = keepAlive(socket);
  // A peer that breaks the WebSocket protocol is closed by `ws`; that is its fault, not an alarm.
  socket.on('error', (error) => deps.logger.warn({ err: error }, 'a peer broke the WebSocket protocol'));
  socket.once('close', (code, reason) => {
    stopPinging();
    peer.gone.abort();
    closed(code, String(reason)).catch(fail);
  });
}

/** Its promises resolve when the bytes are handed to the network: a slow reader holds back its own events. */
function createSender(socket: WebSocket): (data: string) => Promise<void> {
  let sent = 0;
  return async (data) => {
    if (socket.readyState !== socket.OPEN) return;
    await new Promise<void>((resolve, reject) => {
      socket.send(data, (error) => (error && socket.readyState === socket.OPEN ? reject(error) : resolve()));
    });
    sent += 1;
    if (sent % BURST_MESSAGES_MAX === 0) await nextTurn();
  };
}

function keepAlive(socket: WebSocket): () => void {
  let isAlive = true;
  socket.on('pong', () => {
    isAlive = true;
  });
  const timer = setInterval(() => {
    if (!isAlive) socket.terminate();
    isAlive = false;
    socket.ping();
  }, KEEP_ALIVE_MS);
  return () => clearInterval(timer);
}
