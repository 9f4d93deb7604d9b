import { createServer } from 'node:http';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import { expressMiddleware } from '@as-integrations/express5';
import type { Logger } from '@playgraph/kernel/logger';
import { drain, listen } from '@playgraph/server/http-listener';
import { DOCUMENT_TOKENS_MAX } from '@playgraph/server/prepare-operation';
import type { HttpRoute } from '@playgraph/server/subgraph';
import type { TransportInfo } from '@playgraph/server/transport';
import cors from 'cors';
import express, { type ErrorRequestHandler, type Express } from 'express';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Gateway } from '../gateway.ts';
import { createExplorerRoutes } from './explorer/routes.ts';
import { type RequestInfoDeps, readHttpRequest, type VerifyToken } from './request-info.ts';
import { serveWebSocket } from './websocket.ts';

/** The largest request body. */
const BODY_BYTES_MAX = 1024 * 1024;
/** How long a browser may remember that it is allowed to call. */
const CORS_MAX_AGE_SECONDS = 600;

export type ServeGatewayDeps = {
  readonly gateway: Gateway;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly verifyToken: VerifyToken | null;
  /** Sandbox, explorer, introspection and metering are for development only. */
  readonly isDevelopment: boolean;
  /** Browser origins that may call the endpoint; `*` is any. Tokens travel in a header, so no cookies are at stake. */
  readonly corsOrigins: '*' | readonly string[];
  /** Ready-made operations for the explorer: a folder of `.graphql` files. */
  readonly operationsDir: string | null;
  /** More routes on the same port, such as those of subgraphs in this process. */
  readonly routes: readonly HttpRoute[];
  /** Rejects while something behind the gateway is not ready. */
  readonly checkReady: () => Promise<void>;
  readonly logger: Logger;
};

/** Serves `/graphql` (HTTP and graphql-ws), `/health/live`, `/health/ready` and in development `/explorer`. */
export async function serveGateway(deps: ServeGatewayDeps): Promise<{ url: string; close(): Promise<void> }> {
  const infoDeps: RequestInfoDeps = { verifyToken: deps.verifyToken, allowMetering: deps.isDevelopment };
  const apollo = await startApollo(deps);
  const app = createApp(deps, apollo, infoDeps);
  const server = createServer(app);
  const sockets = serveWebSocket({ ...infoDeps, gateway: deps.gateway, server, path: '/graphql', logger: deps.logger });
  const url = await listen(server, deps);
  return {
    url,
    close: async () => {
      await sockets.close();
      await drain(server);
      await apollo.stop();
      await deps.gateway.close();
    },
  };
}

async function startApollo(deps: ServeGatewayDeps): Promise<ApolloServer<TransportInfo>> {
  const apollo = new ApolloServer<TransportInfo>({
    gateway: deps.gateway.forServer,
    introspection: deps.isDevelopment,
    parseOptions: { maxTokens: DOCUMENT_TOKENS_MAX },
    formatError: hideParserLimits,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    logger: quiet(deps.logger),
    plugins: [
      deps.isDevelopment
        ? ApolloServerPluginLandingPageLocalDefault({ embed: true, footer: false })
        : ApolloServerPluginLandingPageDisabled(),
    ],
  });
  await apollo.start();
  return apollo;
}

function createApp(deps: ServeGatewayDeps, apollo: ApolloServer<TransportInfo>, infoDeps: RequestInfoDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/health/live', (_request, response) => void response.json({ status: 'live' }));
  app.get('/health/ready', async (_request, response) => {
    const isReady = await deps.checkReady().then(
      () => true,
      () => false,
    );
    response.status(isReady ? 200 : 503).json({ status: isReady ? 'ready' : 'not ready' });
  });
  if (deps.isDevelopment) {
    for (const { path, handle } of createExplorerRoutes({ operationsDir: deps.operationsDir })) app.use(path, handle);
    app.get('/', (_request, response) => response.redirect('/explorer'));
  }
  for (const { path, handle } of deps.routes) app.use(path, handle);
  app.use(
    '/graphql',
    cors({ origin: deps.corsOrigins === '*' ? '*' : [...deps.corsOrigins], maxAge: CORS_MAX_AGE_SECONDS }),
    express.json({ limit: BODY_BYTES_MAX }),
    expressMiddleware(apollo, { context: ({ req, res }) => readHttpRequest(infoDeps, req, res).catch(toContextError) }),
  );
  app.use((_request, response) => {
    response
      .status(404)
      .json({ errors: [{ message: 'There is nothing at this address.', extensions: { code: 'NOT_FOUND' } }] });
  });
  app.use(answerBadBody);
  return app;
}

/** A document so deep that the parser runs out of stack is the client's matter, told in words of ours. */
function hideParserLimits(error: GraphQLFormattedError): GraphQLFormattedError {
  return error.message.includes('Maximum call stack')
    ? { ...error, message: 'The document is nested too deeply.' }
    : error;
}

/** A token that does not count refuses the whole request, as 401. */
function toContextError(error: unknown): never {
  const code = (error as { code?: unknown }).code;
  if (code !== 'UNAUTHENTICATED') throw error;
  throw new GraphQLError((error as Error).message, { extensions: { code, http: { status: 401 } } });
}

/** A body that is too large or not JSON: a GraphQL error, without the parser's own words. */
const answerBadBody: ErrorRequestHandler = (error: { status?: unknown }, _request, response, next) => {
  if (response.headersSent) return next(error);
  const status = typeof error.status === 'number' && error.status < 500 ? error.status : 500;
  const [code, message] =
    status === 413
      ? ['BAD_REQUEST', `The body is larger than ${BODY_BYTES_MAX} bytes.`]
      : status < 500
        ? ['BAD_REQUEST', 'The body is not JSON.']
        : ['INTERNAL_SERVER_ERROR', 'Something went wrong.'];
  response.status(status).json({ errors: [{ message, extensions: { code } }] });
};

function quiet(logger: Logger) {
  return {
    debug: (message?: unknown) => logger.debug({}, String(message)),
    info: (message?: unknown) => logger.debug({}, String(message)),
    warn: (message?: unknown) => logger.warn({}, String(message)),
    error: (message?: unknown) => logger.error({}, String(message)),
  };
}
