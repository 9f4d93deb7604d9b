import type { Server as HttpServer } from 'node:http';
import type { Logger } from '@playgraph/kernel/logger';
import { maskError } from '@playgraph/server/mask-error';
import type { TransportInfo } from '@playgraph/server/transport';
import { type ExecutionArgs, GraphQLError, getOperationAST, parse, validate } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { Gateway } from '../gateway.ts';
import { type RequestInfoDeps, readCorrelationId, readIdentity } from './request-info.ts';

/** The largest message that a client may send. */
const MESSAGE_BYTES_MAX = 256 * 1024;

export type WebSocketDeps = RequestInfoDeps & {
  readonly gateway: Gateway;
  readonly server: HttpServer;
  readonly path: string;
  readonly logger: Logger;
};

/**
 * graphql-transport-ws on the HTTP server: subscriptions, and queries and mutations too. The access token travels in
 * the connection's first message as `{ authorization: "Bearer ..." }`; a bad one closes the socket with 4403.
 */
export function serveWebSocket(deps: WebSocketDeps): { close(): Promise<void> } {
  const sockets = new WebSocketServer({ server: deps.server, path: deps.path, maxPayload: MESSAGE_BYTES_MAX });
  // The HTTP server's own errors (a port in use) come here too; whoever listens hears of them there.
  sockets.on('error', (error) => deps.logger.debug({ err: error }, 'the WebSocket server failed'));
  sockets.on('connection', (socket) => {
    socket.on('error', (error) => deps.logger.debug({ err: error }, 'a WebSocket client broke the protocol'));
  });
  const infoOf = new WeakMap<object, Omit<TransportInfo, 'signal' | 'isMetered'>>();
  const goneOf = new WeakMap<object, AbortController>();

  const disposable = useServer(
    {
      onConnect: async ({ connectionParams, extra }) => {
        try {
          const identity = await readIdentity(deps, connectionParams?.authorization ?? connectionParams?.Authorization);
          infoOf.set(extra.socket, { identity, correlationId: readCorrelationId(extra.request) });
          goneOf.set(extra.socket, new AbortController());
          return true;
        } catch {
          return false; // 4403: Forbidden
        }
      },
      onDisconnect: ({ extra }) => goneOf.get(extra.socket)?.abort(),
      onSubscribe: ({ extra }, _id, payload) => {
        const args = parsePayload(deps.gateway, payload);
        if (Array.isArray(args)) return args;
        const [known, gone] = [infoOf.get(extra.socket), goneOf.get(extra.socket)];
        if (!known || !gone) return [new GraphQLError('The connection is not acknowledged.')];
        const contextValue: TransportInfo = { ...known, signal: gone.signal, isMetered: false };
        return { ...args, contextValue };
      },
      execute: (args) => deps.gateway.execute(toOperation(args), args.contextValue as TransportInfo),
      subscribe: (args) => closeOnReturn(deps, args),
    },
    sockets,
  );
  return { close: async () => disposable.dispose() };
}

/** Parses and validates before anything runs; what fails here reaches the client as the protocol's `error`. */
function parsePayload(
  gateway: Gateway,
  payload: SubscribePayload,
): Omit<ExecutionArgs, 'contextValue'> | GraphQLError[] {
  const schema = gateway.graph().apiSchema;
  try {
    const document = parse(payload.query);
    const errors = validate(schema, document);
    if (errors.length > 0) return errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED'));
    if (!getOperationAST(document, payload.operationName)) {
      return [withCode('There is no such operation in the document.', 'OPERATION_RESOLUTION_FAILURE')];
    }
    return { schema, document, operationName: payload.operationName, variableValues: payload.variables };
  } catch (error) {
    return [withCode(error instanceof GraphQLError ? error : 'The document cannot be read.', 'GRAPHQL_PARSE_FAILED')];
  }
}

/** The same error as HTTP would give: with a code. */
function withCode(error: GraphQLError | string, code: string): GraphQLError {
  if (typeof error === 'string') return new GraphQLError(error, { extensions: { code } });
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    extensions: { code },
  });
}

/**
 * The stream of one subscription, with an abort of its own: when the client completes while an event is being waited
 * for, `return()` of a generator would wait for that event; the signal ends the wait at once.
 */
function closeOnReturn(deps: WebSocketDeps, args: ExecutionArgs): AsyncIterableIterator<object> {
  const info = args.contextValue as TransportInfo;
  const completed = new AbortController();
  const signal = AbortSignal.any([info.signal, completed.signal]);
  const events = deps.gateway.subscribe(toOperation(args), { ...info, signal });
  return {
    async next() {
      try {
        return await events.next();
      } catch (error) {
        if (signal.aborted) return { done: true, value: undefined };
        const { correlationId } = info;
        return { done: false, value: { errors: [maskError(error, { logger: deps.logger, correlationId })] } };
      }
    },
    async return() {
      completed.abort();
      await events.return();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function toOperation(args: ExecutionArgs) {
  return {
    document: args.document,
    operationName: args.operationName ?? undefined,
    variables: args.variableValues ?? {},
  };
}
