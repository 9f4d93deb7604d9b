import type { DocumentNode, GraphQLFormattedError } from 'graphql';
import type { RequestInfo } from './subgraph.ts';

/**
 * The `Transport` port: the way from the gateway to one subgraph. Promise: what comes back is what the subgraph
 * answered; a subgraph that cannot be reached, or that does not answer within the deadline, gives an answer with
 * `data: null` and one error of code UNAVAILABLE or DEADLINE_EXCEEDED, never a rejection; an aborted `signal` rejects and stops
 * the work at the subgraph.
 */
export type Transport = {
  execute(request: TransportRequest, info: TransportInfo): Promise<TransportResponse>;
  /** One answer per event until the subgraph completes, the signal aborts or the caller returns. */
  subscribe(request: TransportRequest, info: TransportInfo): AsyncGenerator<TransportResponse, void, void>;
  close(): Promise<void>;
};

/** An operation for one subgraph. `document` is `query`, parsed. */
export type TransportRequest = {
  readonly query: string;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
};

/** On whose behalf, and whether the subgraph shall count its store queries (`extensions.storeQueries`). */
export type TransportInfo = RequestInfo & { readonly isMetered: boolean };

/** A GraphQL response as it travels: plain JSON. */
export type TransportResponse = {
  readonly data?: Record<string, unknown> | null | undefined;
  readonly errors?: readonly GraphQLFormattedError[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
};

/** The answer of a subgraph that gave none. */
export function failedResponse(code: 'UNAVAILABLE' | 'DEADLINE_EXCEEDED', message: string): TransportResponse {
  return { data: null, errors: [{ message, extensions: { code } }] };
}
