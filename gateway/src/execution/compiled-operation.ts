import type { QueryPlan } from '@apollo/query-planner';
import type { TransportRequest, TransportResponse } from '@playgraph/server/transport';
import type { FieldNode, GraphQLFormattedError, GraphQLSchema } from 'graphql';
import type { EntityCacheSession } from '../cache/entity-session.ts';
import type { ForeseenCall, SubgraphCall } from '../calls/subgraph-call.ts';
import type { IncrementalAnswer, PrintedAnswer } from '../client-request.ts';
import type { PreparedOperation } from '../operations/prepare-operation.ts';
import type { NormalisedOperation } from './normalise-operation.ts';
import type { SupergraphFacts } from './supergraph-facts.ts';
import type { Denial } from './writer/writer-context.ts';

/** An operation ready to run any number of times. */
export type CompiledOperation = {
  readonly plan: QueryPlan;
  /** How many fetches the plan has. */
  readonly fetchCount: number;
  /** Runs a query or mutation. Rejects when `call` does: the client has gone. */
  execute(input: ExecutionInput): Promise<PrintedAnswer>;
  /** Null unless the operation is a subscription. */
  readonly subscription: CompiledSubscription | null;
};

export type CompiledSubscription = {
  /** The subgraph that owns the stream. */
  readonly subgraph: string;
  request(variables: Variables): TransportRequest;
  /** Fetches what other subgraphs add to one event, and prints it. */
  complete(event: TransportResponse, input: ExecutionInput): Promise<PrintedAnswer>;
};

export type Variables = Readonly<Record<string, unknown>>;

/** One execution: `variables` are coerced, with their defaults. */
export type ExecutionInput = {
  readonly variables: Variables;
  readonly call: SubgraphCall;
  /** Requests that were sent ahead. */
  readonly foreseen: readonly ForeseenCall[];
  /** Whether fetches wait for each other to travel together, which costs time and saves requests. */
  readonly joinsSteps: boolean;
  readonly correlationId: string;
  /** Entities that are kept, and how long the answer may be; null or absent for what is no query. */
  readonly cache?: EntityCacheSession | null;
  /** Called at the end for what stands under `extensions`; null for nothing. */
  readonly extensions: (() => Readonly<Record<string, unknown>>) | null;
};

export type CompileOptions = {
  readonly operation: PreparedOperation;
  readonly normalised: NormalisedOperation;
  readonly plan: QueryPlan;
  readonly apiSchema: GraphQLSchema;
  readonly supergraphSchema: GraphQLSchema;
  readonly facts: SupergraphFacts;
  /** Null when the field may be read. */
  readonly denialAt: (node: FieldNode) => Denial | null;
  readonly mask: (
    error: GraphQLFormattedError,
    at: { readonly subgraph: string; readonly correlationId: string },
  ) => Pick<GraphQLFormattedError, 'message' | 'extensions'>;
};

/** An operation with `@defer`, ready to be answered in parts. */
export type IncrementalOperation = {
  /** How many fetches the plan has. */
  readonly fetchCount: number;
  executeIncrementally(input: ExecutionInput): Promise<IncrementalAnswer | PrintedAnswer>;
};
