import type { TransportAnswer, TransportRequest } from '@playgraph/server/transport';
import type { PrintedAnswer } from '../client-request.ts';

/**
 * Asks a subgraph on behalf of one client request. What comes back may be shared: nobody changes it. Rejects once the
 * client has gone, or when there is no way to a subgraph of that name. `purpose` is the caller's own note of what it
 * asks for; it comes back in `ForeseenCall`.
 */
export type SubgraphCall = (
  subgraph: string,
  request: TransportRequest,
  purpose?: unknown,
  /** False: it must leave now and is not remembered, since what it brings is kept elsewhere. True when absent. */
  isForeseeable?: boolean,
) => Promise<TransportAnswer>;

/**
 * A request that is on its way, because the last execution of the same kind sent it. An executor whose requests depend
 * on the order in which answers come (since it puts together what it needs at one time) would send other requests each
 * time, and find none of them on its way. By `purpose` it can tell what this one brings, and take that instead.
 */
export type ForeseenCall = {
  /** What the last execution gave for it. */
  readonly purpose: unknown;
  /** Counts the request as needed; what it brings. */
  claim(): Promise<TransportAnswer>;
};

/** Answers by what it is told by `call` and by what it claims of `foreseen`. */
export type Execute = (
  call: SubgraphCall,
  foreseen: readonly ForeseenCall[],
  /** `isLearned`: what it sends is what the next run of its kind sends ahead, so that fewer requests pay more than once. */
  terms: { readonly isLearned: boolean },
) => Promise<PrintedAnswer>;
