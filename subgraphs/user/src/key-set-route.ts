import type { Jwks } from '@playgraph/auth/key-set';
import type { HttpRoute } from '@playgraph/server/subgraph';

const MAX_AGE_SECONDS = 300;

/** The public keys of access tokens (RFC 7517), for whoever checks them. */
export function createKeySetRoute(jwks: Jwks): HttpRoute {
  const body = JSON.stringify(jwks);
  return {
    path: '/.well-known/jwks.json',
    handle: (request, response, next) => {
      if (request.path !== '/') {
        next();
      } else if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.status(405).setHeader('allow', 'GET, HEAD').end();
      } else {
        response.setHeader('cache-control', `public, max-age=${MAX_AGE_SECONDS}`);
        response.type('application/json').send(body);
      }
    },
  };
}
