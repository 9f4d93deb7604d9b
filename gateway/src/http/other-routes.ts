import type { HttpRoute } from '@playgraph/server/subgraph';
import express, { type ErrorRequestHandler, type Express } from 'express';
import { createExplorerRoutes } from './explorer/routes.ts';

export type OtherRoutesDeps = {
  readonly isDevelopment: boolean;
  readonly operationsDir: string | null;
  readonly routes: readonly HttpRoute[];
  readonly checkReady: () => Promise<void>;
};

const FRESH = { 'cache-control': 'no-store' } as const;

/** Everything beside `/graphql`: health, the explorer in development, the routes of others, and a 404 in JSON. */
export function createOtherRoutes(deps: OtherRoutesDeps, isDraining: () => boolean): Express {
  const app = express();
  app.disable('x-powered-by');
  // What holds now is no news to anybody who asked before, and not for anybody to keep.
  app.disable('etag');
  app.get('/health/live', (_request, response) => void response.set(FRESH).json({ status: 'live' }));
  app.get('/health/ready', async (_request, response) => {
    const status = isDraining() ? 'draining' : await readinessOf(deps);
    response
      .status(status === 'ready' ? 200 : 503)
      .set(FRESH)
      .json({ status });
  });
  if (deps.isDevelopment) {
    for (const { path, handle } of createExplorerRoutes({ operationsDir: deps.operationsDir })) app.use(path, handle);
    app.get('/', (_request, response) => response.redirect('/explorer'));
  }
  for (const { path, handle } of deps.routes) app.use(path, handle);
  app.use((_request, response) => {
    response
      .status(404)
      .json({ errors: [{ message: 'There is nothing at this address.', extensions: { code: 'NOT_FOUND' } }] });
  });
  app.use(answerFailure);
  return app;
}

function readinessOf({ checkReady }: OtherRoutesDeps): Promise<'ready' | 'not ready'> {
  return checkReady().then(
    () => 'ready',
    () => 'not ready',
  );
}

/** What a route could not answer, without its own words. */
const answerFailure: ErrorRequestHandler = (error: { status?: unknown }, _request, response, next) => {
  if (response.headersSent) return next(error);
  const status = typeof error.status === 'number' && error.status < 500 ? error.status : 500;
  const [code, message] =
    status < 500
      ? ['BAD_REQUEST', 'The request cannot be read.']
      : ['INTERNAL_SERVER_ERROR', 'Something went wrong on our side.'];
  response.status(status).json({ errors: [{ message, extensions: { code } }] });
};
