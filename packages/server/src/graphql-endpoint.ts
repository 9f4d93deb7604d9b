import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { expressMiddleware } from '@as-integrations/express5';
import type { Identity } from '@playgraph/auth/identity';
import { IDENTITY_HEADER, verifySignedIdentity } from '@playgraph/auth/signed-identity';
import type { Clock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import { meterStoreQueries } from '@playgraph/sharding/query-meter';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { rawBodyOf, readJsonBody, sendError } from './http-body.ts';
import { maskError, protocolError } from './mask-error.ts';
import { DOCUMENT_TOKENS_MAX } from './prepare-operation.ts';
import { runOperation } from './run-operation.ts';
import type { RequestInfo, Subgraph } from './subgraph.ts';

/** The header that joins the log lines of one client request. */
export const CORRELATION_HEADER = 'playgraph-correlation-id';
/** The header that asks for `extensions.storeQueries`: how many queries the operation sent to the stores. */
export const METER_HEADER = 'playgraph-meter';
const CORRELATION_ID_PATTERN = /^[\w-]{1,64}$/;

type EndpointDeps = {
  readonly subgraph: Subgraph;
  readonly identitySecret: string;
  readonly clock: Clock;
  readonly logger: Logger;
};

type OperationContext = { readonly info: RequestInfo; readonly isMetered: boolean };

/**
 * The GraphQL endpoint of a subgraph over HTTP POST. Apollo Server reads, parses and validates; what then runs is
 * `runOperation`, the same as in process. Only the gateway gets in: by its signature over the very body.
 */
export async function createGraphqlEndpoint(
  deps: EndpointDeps,
): Promise<{ readonly handler: RequestHandler; close(): Promise<void> }> {
  const server = createApolloServer(deps);
  await server.start();
  const serve = expressMiddleware(server, { context: async ({ res }) => res.locals.operation as OperationContext });
  const router = Router();
  router.use(refuseOtherMethods(deps), readJsonBody, admitGateway(deps), serve);
  return { handler: router, close: () => server.stop() };
}

/** The caller's correlation id when it is a plain one, else a new one. */
export function correlationIdOf(request: { readonly headers: Readonly<Record<string, unknown>> }): string {
  const given = request.headers[CORRELATION_HEADER];
  return typeof given === 'string' && CORRELATION_ID_PATTERN.test(given) ? given : crypto.randomUUID();
}

function createApolloServer(deps: EndpointDeps): ApolloServer<OperationContext> {
  const { subgraph, logger } = deps;
  return new ApolloServer<OperationContext>({
    schema: subgraph.schema,
    plugins: [
      runByOurselves(deps),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
    parseOptions: { maxTokens: DOCUMENT_TOKENS_MAX },
    introspection: true,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
    logger: toApolloLogger(logger),
    formatError: (_formatted, error) => maskError(error, { logger, correlationId: crypto.randomUUID() }),
  });
}

/** Apollo's hook for "I have the answer": execution, masking and metering are ours. */
function runByOurselves(deps: EndpointDeps): ApolloServerPlugin<OperationContext> {
  return {
    async requestDidStart() {
      return {
        async responseForOperation({ document, request, contextValue }) {
          const { variables, operationName } = request;
          const run = () => runOperation(deps, { document, variables, operationName }, contextValue.info);
          const singleResult = contextValue.isMetered ? await runMetered(run) : await run();
          // As Apollo Server does it: an operation that could not even start is a bad request.
          const status = 'data' in singleResult ? 200 : 400;
          return { http: { status, headers: new HeaderMap() }, body: { kind: 'single', singleResult } };
        },
      };
    },
  };
}

async function runMetered(run: () => ReturnType<typeof runOperation>): ReturnType<typeof runOperation> {
  const { result, queries } = await meterStoreQueries(run);
  return { ...result, extensions: { ...result.extensions, storeQueries: queries } };
}

/** Lets in who signed the body, and tells Apollo Server on whose behalf. */
function admitGateway(deps: EndpointDeps): RequestHandler {
  return (request, response, next) => {
    const correlationId = correlationIdOf(request);
    try {
      const identity = readIdentity(deps, request);
      const info = { identity, correlationId, signal: signalOf(response) };
      const operation: OperationContext = { info, isMetered: request.headers[METER_HEADER] === '1' };
      response.locals.operation = operation;
    } catch (error) {
      sendError(response, 401, error, { logger: deps.logger, correlationId });
      return;
    }
    next();
  };
}

function readIdentity(deps: EndpointDeps, request: Request): Identity | null {
  const header = request.headers[IDENTITY_HEADER];
  return verifySignedIdentity({
    header: typeof header === 'string' ? header : undefined,
    body: rawBodyOf(request),
    secret: deps.identitySecret,
    clock: deps.clock,
  });
}

/** Aborts when the client goes before its answer is written. */
function signalOf(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableEnded) gone.abort();
  });
  return gone.signal;
}

/** A GET would be signed over an empty body, which says nothing about its query. */
function refuseOtherMethods(deps: EndpointDeps): RequestHandler {
  return (request, response, next) => {
    if (request.method === 'POST') {
      next();
      return;
    }
    response.setHeader('allow', 'POST');
    const error = protocolError('BAD_REQUEST', 'Operations are sent by POST.');
    sendError(response, 405, error, { logger: deps.logger, correlationId: correlationIdOf(request) });
  };
}

function toApolloLogger(logger: Logger) {
  const write = (level: 'debug' | 'info' | 'warn' | 'error') => (message?: unknown) =>
    logger[level]({}, String(message));
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
