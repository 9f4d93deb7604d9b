import type { RequestInfo } from '@playgraph/server/subgraph';
import type { PaymentDeps } from './deps.ts';
import type { Loaders } from './loaders.ts';

/** What resolvers get: who asks, fresh loaders, and what use cases work with. */
export type Context = RequestInfo & { readonly loaders: Loaders; readonly deps: PaymentDeps };

/** An entity of which only the id is known here. */
export type Reference = { readonly id: string };
