import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApolloServer, HeaderMap } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import type { Logger } from '@playgraph/kernel/logger';
import type { ClientInfo } from '../client-request.ts';
import type { Gateway } from '../gateway.ts';
import { searchOf } from './request-params.ts';

/**
 * ApolloServer, started: it drives the gateway's load, updates and stop, and has Sandbox's page. It answers no
 * operation. @throws when the supergraph cannot be loaded.
 */
export async function startApollo(deps: {
  readonly gateway: Gateway;
  readonly isDevelopment: boolean;
  readonly logger: Logger;
}): Promise<ApolloServer<ClientInfo>> {
  const apollo = new ApolloServer<ClientInfo>({
    gateway: deps.gateway.forServer,
    introspection: deps.isDevelopment,
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

/** What an address has that asks for an operation, by its text or by its name. */
const OPERATION_PATTERN = /(?:^|&)(?:query|documentId|extensions)=/;

/** Whether a browser opened the address: it asks for a page, and for no operation. */
export function asksForPage({ method, url = '', headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.accept?.includes('text/html') === true && !OPERATION_PATTERN.test(searchOf(url));
}

/** Writes Sandbox's page. */
export async function sendPage(apollo: ApolloServer<ClientInfo>, response: ServerResponse): Promise<void> {
  const { body } = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: {
      method: 'GET',
      headers: new HeaderMap([['accept', 'text/html']]),
      search: '',
      body: undefined,
    },
    context: () => Promise.reject(new TypeError('a page has no context')),
  });
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
  response.end(body.kind === 'complete' ? body.string : '');
}

function quiet(logger: Logger) {
  return {
    debug: (message?: unknown) => logger.debug({}, String(message)),
    info: (message?: unknown) => logger.debug({}, String(message)),
    warn: (message?: unknown) => logger.warn({}, String(message)),
    error: (message?: unknown) => logger.error({}, String(message)),
  };
}
