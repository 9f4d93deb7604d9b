import type { EventStore } from '@playgraph/events/event-store';
import type { RequestInfo } from '@playgraph/server/subgraph';
import type { Loaders } from './loaders.ts';
import type { Ranks } from './ranks.ts';
import type { Store } from './store.ts';
import type { SubmitScore } from './submit-score.ts';

/** What lives as long as the process. */
export type Services = {
  readonly store: Store;
  readonly ranks: Ranks;
  readonly events: EventStore;
  readonly submitScore: SubmitScore;
};

/** What resolvers get: who asks, fresh loaders, and the services. */
export type Context = RequestInfo & { readonly loaders: Loaders; readonly services: Services };
