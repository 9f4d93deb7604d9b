import type { Identity } from '@playgraph/auth/identity';
import type { AnnounceChanges } from '@playgraph/cache/entity-changes';
import type { HotStore } from '@playgraph/cache/hot-store';
import type { EventLog } from '@playgraph/events/event-log';
import type { Clock } from '@playgraph/kernel/clock';
import type { Ids } from '@playgraph/kernel/ids';
import type { Logger } from '@playgraph/kernel/logger';
import type { Random } from '@playgraph/kernel/random';
import type { RequestHandler } from 'express';
import type { GraphQLSchema } from 'graphql';

/** What the outside tells a subgraph about one request. */
export type RequestInfo = {
  /** Null when nobody is signed in. Already verified. */
  readonly identity: Identity | null;
  /** Joins the log lines of one client request across processes. */
  readonly correlationId: string;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
};

/**
 * A subgraph, ready to answer: what its own `main.ts` serves over HTTP and the all-in-one serves in process.
 * Made by `createSubgraph(deps)` in each `subgraphs/<name>/src/subgraph.ts`.
 */
export type Subgraph = {
  /** As in `supergraph.yaml`. */
  readonly name: string;
  readonly schema: GraphQLSchema;
  /** Where failures that clients must not see are written; standard error when absent. */
  readonly logger?: Logger;
  /** The context of one operation: fresh loaders and who is asking. */
  createContext(request: RequestInfo): object;
  /** Plain HTTP routes of its own (downloads, key set), mounted at `path` on the public port. */
  readonly routes: readonly HttpRoute[];
  /** Resolves when its stores answer. */
  checkReady(): Promise<void>;
  /** Stops background work, then closes what `createSubgraph` opened. */
  close(): Promise<void>;
};

/**
 * What a process gives to `createSubgraph`: the ports, open, and the sources of time, ids and randomness. It closes what
 * it opened after the subgraph.
 */
export type SubgraphDeps<Stores> = {
  readonly shards: Stores;
  readonly hot: HotStore;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly logger: Logger;
  /** Told of what has changed for everybody, once the subgraph itself shows it as it is now; nobody when absent. */
  readonly announce?: AnnounceChanges;
};

/** A subgraph that can be waited for. */
export type DrainableSubgraph = Subgraph & {
  /** Resolves when every event written so far is published. */
  drained(): Promise<void>;
};

/** One HTTP route, for every method; `handle` is Express middleware. */
export type HttpRoute = { readonly path: string; readonly handle: RequestHandler };
