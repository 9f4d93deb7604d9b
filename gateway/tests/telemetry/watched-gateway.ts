import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { buildSchema } from '@playgraph/server/build-schema';
import { createHttpTransport } from '@playgraph/server/http-transport';
import { GraphQLError, graphql } from 'graphql';
import { onTestFinished } from 'vitest';
import { createGateway, type Gateway, type GatewayDeps } from '../../src/gateway.ts';
import { serveGateway } from '../../src/http/serve-gateway.ts';
import { NO_OPERATION_SOURCES } from '../../src/operations/operation-sources.ts';
import {
  createRegisteredDocuments,
  createRegisteredDocumentsStore,
} from '../../src/operations/registered-documents.ts';
import { createMetricsHandler, METRICS_PATH } from '../../src/telemetry/serve-metrics.ts';
import { createTelemetry, type Telemetry, type TelemetryOptions } from '../../src/telemetry/telemetry.ts';
import { compose } from '../supergraphs.ts';

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';

const SUBGRAPHS = {
  accounts: {
    typeDefs: `
      type Query { me: User, fails: Int, echo(text: String!): String }
      type User @key(fields: "id") { id: ID!, name: String }`,
    resolvers: {
      Query: {
        me: () => ({ id: '1', name: 'Ann' }),
        echo: (_: unknown, { text }: { text: string }) => text,
        fails: () => {
          throw new GraphQLError('too late', { extensions: { code: 'SOLD_OUT', data: { since: 1 } } });
        },
      },
    },
  },
  reviews: {
    typeDefs: 'type User @key(fields: "id") { id: ID!, reviews: [String] }',
    resolvers: { User: { __resolveReference: ({ id }: { id: string }) => ({ id, reviews: ['good'] }) } },
  },
} as const;
type SubgraphName = keyof typeof SUBGRAPHS;

const PLAIN: TelemetryOptions = { metrics: true, tracing: null, accessLog: null, clock: systemClock };

/** A gateway as a process has it, over two subgraphs on ports of their own, and its telemetry. */
export async function openWatchedGateway(options: Partial<TelemetryOptions> = {}) {
  const telemetry = await createTelemetry({ ...PLAIN, ...options });
  const seen: { readonly subgraph: string; readonly headers: IncomingHttpHeaders }[] = [];
  const entries = await Promise.all(
    (Object.keys(SUBGRAPHS) as SubgraphName[]).map(
      async (name) => [name, await openSubgraph(name, (headers) => seen.push({ subgraph: name, headers }))] as const,
    ),
  );
  const { gateway, url } = await openGateway(telemetry, new Map(entries));
  return {
    telemetry,
    gateway,
    seen,
    url,
    ask: (query: string, variables: object = {}) => send(`${url}/graphql`, { query, variables }),
    send: (body: object) => send(`${url}/graphql`, body),
    scrape: (headers: Record<string, string> = {}) => fetch(`${url}${METRICS_PATH}`, { headers }),
  };
}

async function openGateway(telemetry: Telemetry, urls: ReadonlyMap<string, string>) {
  const deps: GatewayDeps = {
    source: { sdl: compose({ accounts: SUBGRAPHS.accounts.typeDefs, reviews: SUBGRAPHS.reviews.typeDefs }) },
    createTransport: ({ name }) =>
      telemetry.transport(name, (hooks) =>
        createHttpTransport({
          name,
          url: urls.get(name) ?? '',
          identitySecret: null,
          clock: systemClock,
          logger: silentLogger,
          ...hooks,
        }),
      ),
    operations: {
      ...NO_OPERATION_SOURCES,
      registered: createRegisteredDocuments({
        store: createRegisteredDocumentsStore(systemClock),
        logger: silentLogger,
      }),
    },
    prediction: false,
    logger: silentLogger,
    ...(telemetry.streamObserver && { streamObserver: telemetry.streamObserver }),
  };
  const gateway: Gateway = telemetry.observe(createGateway(deps));
  const { page } = telemetry;
  const served = await serveGateway({
    gateway,
    host: '127.0.0.1',
    port: 0,
    verifyToken: null,
    isDevelopment: false,
    corsOrigins: [],
    operationsDir: null,
    routes: page
      ? [
          {
            path: METRICS_PATH,
            handle: createMetricsHandler({ metrics: page, access: 'loopback', logger: silentLogger }),
          },
        ]
      : [],
    checkReady: async () => undefined,
    logger: silentLogger,
    ...(telemetry.onRequest && { onRequest: telemetry.onRequest }),
    tracer: telemetry.tracer,
  });
  onTestFinished(async () => {
    await served.close();
    await telemetry.close();
  });
  return { gateway, url: served.url };
}

async function openSubgraph(name: SubgraphName, onHeaders: (headers: IncomingHttpHeaders) => void): Promise<string> {
  const { typeDefs, resolvers } = SUBGRAPHS[name];
  const schema = buildSchema({ typeDefs: `${LINK}\n${typeDefs}`, resolvers });
  const url = await openServer((request, response) => {
    onHeaders(request.headers);
    void readJson(request).then(async (body) => {
      const { query, variables } = body as { query: string; variables: Record<string, unknown> };
      const result = await graphql({ schema, source: query, variableValues: variables });
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
    });
  });
  return `${url}/graphql`;
}

/** A server on a port of its own; closed with the test. */
export async function openServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function readJson(request: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

async function send(url: string, body: object): Promise<{ data?: unknown; errors?: unknown[] }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return response.json() as Promise<{ data?: unknown; errors?: unknown[] }>;
}
