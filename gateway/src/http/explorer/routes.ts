import { fileURLToPath } from 'node:url';
import type { HttpRoute } from '@playgraph/server/subgraph';
import express, { type Request, type Response } from 'express';
import { readOperations } from './operations.ts';

/** The page's files lie beside `src`, so that the compiled gateway finds them too. */
const pageFolder = fileURLToPath(new URL('../../../explorer/', import.meta.url));
/** A `Host` that can stand in a policy as it is. */
const HOST_PATTERN = /^[\w.[\]-]+(:\d+)?$/;

/**
 * The explorer at `/explorer`: a page that runs operations against `/graphql` of the same origin and loads nothing
 * from anywhere else. `operationsDir` is a folder of ready-made operations (see `readOperations`), read at each
 * request so that edits show; null offers none.
 */
export function createExplorerRoutes(options: { operationsDir: string | null }): HttpRoute[] {
  const router = express.Router();
  router.use((request, response, next) => {
    setHeaders(request, response);
    next();
  });
  router.get('/', (_request, response) => response.sendFile('index.html', { root: pageFolder, cacheControl: false }));
  router.get('/operations.json', async (_request, response) => {
    response.json(options.operationsDir === null ? [] : await readOperations(options.operationsDir));
  });
  router.use(express.static(pageFolder, { index: false, redirect: false, cacheControl: false }));
  return [{ path: '/explorer', handle: router }];
}

function setHeaders(request: Request, response: Response): void {
  const host = HOST_PATTERN.test(request.headers.host ?? '') ? request.headers.host : null;
  // Not every browser counts WebSockets of the same origin as 'self'.
  const connect = host ? `'self' ws://${host} wss://${host}` : "'self'";
  const policy = {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self'",
    'connect-src': connect,
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
  };
  const directives = Object.entries(policy).map(([name, sources]) => `${name} ${sources}`);
  response.setHeader('content-security-policy', directives.join('; '));
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('cache-control', 'no-cache');
}
