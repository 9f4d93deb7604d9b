import type { RequestInfo } from '@playgraph/server/subgraph';
import type { SocialDeps } from './deps.ts';
import { createLoaders, type Loaders } from './loaders.ts';

/** What resolvers get: who asks, loaders, and what lives as long as the process. */
export type Context = RequestInfo & {
  readonly deps: SocialDeps;
  readonly viewerId: string | null;
  /** Replaced by `forgetLoaded`; read it from the context each time. */
  loaders: Loaders;
};

export function createContext(deps: SocialDeps, request: RequestInfo): Context {
  const viewerId = request.identity?.userId ?? null;
  return { ...request, deps, viewerId, loaders: createLoaders(deps.store, viewerId) };
}

/** After a change, and for each event of a subscription: what was read before may be out of date. */
export function forgetLoaded(context: Context): void {
  context.loaders = createLoaders(context.deps.store, context.viewerId);
}
