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
import { type Request, type RequestHandler, Router } from 'express';
import { cacheControlOf } from './cache-policy.ts';
import { correlationIdOf } from './correlation-id.ts';
import { type BatchOperation, serveBatches } from './graphql-batch.ts';
import { rawBodyOf, readBatchBody, readJsonBody, sendError, signalOf } from './http-body.ts';
import { maskError, protocolError } from './mask-error.ts';
import { DOCUMENT_TOKENS_MAX } from './prepare-operation.ts';
import { METER_HEADER } from './request-headers.ts';
import { runOperation } from './run-operation.ts';
import type { RequestInfo, Subgraph } from './subgraph.ts';

type EndpointDeps = {
  readonly subgraph: Subgraph;
  readonly identitySecret: string;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** What Apollo Server passes through to `runOperation`. */
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
  const batches = serveBatches({ ...deps, execute: (operation) => executeElement(server, operation) });
  router.use(refuseOtherMethods(deps), readBatchBody, batches, readJsonBody, admitGateway(deps), serve);
  return { handler: router, close: () => server.stop() };
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
    // Apollo's own ends with a line feed: an answer has the same bytes alone and in a batch.
    stringifyResult: (result) => JSON.stringify(result),
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
          const cacheControl = cacheControlOf(deps.subgraph.schema, { document, operationName }, singleResult);
          const headers = new HeaderMap(cacheControl === null ? [] : [['cache-control', cacheControl]]);
          return { http: { status, headers }, body: { kind: 'single', singleResult } };
        },
      };
    },
  };
}

/** Hands one operation of a batch to Apollo Server as if it had come alone. */
async function executeElement(server: ApolloServer<OperationContext>, operation: BatchOperation) {
  const { body, headers, ...context } = operation;
  const httpHeaders = new HeaderMap([...headers, ['content-type', 'application/json']]);
  const answer = await server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method: 'POST', headers: httpHeaders, search: '', body },
    context: async () => context,
  });
  if (answer.body.kind !== 'complete') throw new TypeError('a subgraph answers as a whole');
  const cacheControl = answer.headers.get('cache-control') ?? null;
  return { status: answer.status ?? 200, cacheControl, body: answer.body.string };
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
    method: 'POST',
    secret: deps.identitySecret,
    clock: deps.clock,
  });
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
