import { createServer } from 'node:http';
import { type Clock, systemClock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import express, { type Express, type RequestHandler } from 'express';
import { correlationIdOf } from './correlation-id.ts';
import { createGraphqlEndpoint } from './graphql-endpoint.ts';
import { serveGraphqlSocket } from './graphql-socket.ts';
import { handleHttpError } from './http-body.ts';
import { drain, listen } from './http-listener.ts';
import type { Subgraph } from './subgraph.ts';

/** Where a subgraph answers GraphQL, over HTTP and over WebSocket. */
export const GRAPHQL_PATH = '/graphql';
/** How long the stores may take to say that they are there. */
const READY_MS_MAX = 2_000;

/** What is served, where, and who may ask. */
export type ServeOptions = {
  readonly subgraph: Subgraph;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Shared with the gateway, at least 32 characters. */
  readonly identitySecret: string;
  readonly logger: Logger;
  /** The machine's when absent. */
  readonly clock?: Clock;
};

/**
 * Serves a subgraph: `/graphql` (HTTP POST and graphql-transport-ws, for the gateway alone), `/health/live`,
 * `/health/ready`, and the subgraph's own routes. `close` turns ready off, ends sockets, lets requests under way end
 * for DRAIN_MS_MAX, and leaves the subgraph itself open.
 */
export async function serveSubgraph(options: ServeOptions): Promise<{ readonly url: string; close(): Promise<void> }> {
  const deps = { ...options, clock: options.clock ?? systemClock };
  const endpoint = await createGraphqlEndpoint(deps);
  const state = { isDraining: false };
  const server = createServer(createApp(deps, endpoint.handler, state));
  const sockets = serveGraphqlSocket({ ...deps, server, path: GRAPHQL_PATH });
  const url = await listen(server, options);
  return {
    url,
    async close() {
      state.isDraining = true;
      const ended = drain(server);
      await sockets.close();
      await ended;
      await endpoint.close();
    },
  };
}

function createApp(options: ServeOptions, graphql: RequestHandler, state: { isDraining: boolean }): Express {
  const { subgraph, logger } = options;
  const app = express();
  app.disable('x-powered-by');
  app.get('/health/live', (_request, response) => void response.json({ status: 'live' }));
  app.get('/health/ready', async (_request, response) => {
    const isReady = !state.isDraining && (await answersInTime(subgraph, logger));
    response.status(isReady ? 200 : 503).json({ status: isReady ? 'ready' : 'unavailable' });
  });
  app.use(GRAPHQL_PATH, graphql);
  for (const { path, handle } of subgraph.routes) app.use(path, handle);
  app.use((_request, response) => void response.status(404).json({ error: 'There is nothing at this address.' }));
  app.use(handleHttpError(logger, correlationIdOf));
  return app;
}

async function answersInTime(subgraph: Subgraph, logger: Logger): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not ready within ${READY_MS_MAX} ms`)), READY_MS_MAX);
  });
  try {
    await Promise.race([subgraph.checkReady(), late]);
    return true;
  } catch (error) {
    logger.warn({ err: error, subgraph: subgraph.name }, 'not ready');
    return false;
  } finally {
    clearTimeout(timer);
  }
}
