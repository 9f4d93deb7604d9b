import { ExactNumber, printExact } from '@playgraph/kernel/exact-json';
import type { DocumentNode, GraphQLFormattedError, OperationTypeNode } from 'graphql';
import { parse } from 'graphql';
import type { RequestInfo } from './subgraph.ts';
import type { CancelSignal } from './watch-abort.ts';

/**
 * The `Transport` port: the way from the gateway to one subgraph. Promise: what comes back is what the subgraph
 * answered; a subgraph that cannot be reached, or that does not answer within the deadline, gives an answer with
 * `data: null` and one error of code UNAVAILABLE or DEADLINE_EXCEEDED, never a rejection; an aborted `signal` rejects with
 * its reason and stops the work at the subgraph.
 */
export type Transport = {
  execute(request: TransportRequest, info: TransportInfo): Promise<TransportAnswer>;
  /** One answer per event until the subgraph completes, the signal aborts or the caller returns. */
  subscribe(request: TransportRequest, info: TransportInfo): AsyncGenerator<TransportResponse, void, void>;
  close(): Promise<void>;
};

/** An operation for one subgraph. */
export type TransportRequest = {
  readonly query: string;
  /** `query`, parsed: only a transport within the process reads it. */
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly operationType: OperationTypeNode;
  /** Numbers as a subgraph in JavaScript reads them; in `body` they have all their digits. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** `{"query":...,"variables":...,"operationName":...}`: what travels. Two requests with equal bodies are the same. */
  readonly body: string;
  /**
   * Whether the answer may hold numbers of custom scalars: those that a double does not carry are read as `ExactNumber`.
   * No when absent; events of a subscription are read so in any case.
   */
  readonly readsExactly?: boolean;
};

/** On whose behalf, and how. */
export type TransportInfo = Omit<RequestInfo, 'signal'> & {
  /** Aborted when the client has gone. */
  readonly signal: CancelSignal;
  /** Whether the subgraph shall count its store queries (`extensions.storeQueries`). */
  readonly isMetered: boolean;
  /** The client's headers that a rule passes on, and trace context; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
};

/** A response and how it arrived. Answers are shared between requests: nobody changes what `read` gives. */
export type TransportAnswer = {
  /** The body as it came over the wire; null when it never was bytes (a subgraph in this process, or no answer at all). */
  readonly bytes: Buffer | null;
  /**
   * How long the answer may be kept from now on: the subgraph's `cache-control` header, less what its `age` and `vary`
   * take from it; null when it says nothing.
   */
  readonly cacheControl: string | null;
  /**
   * The response; parsed at the first call, the same object at every later one. Never throws: bytes that are no GraphQL
   * response read as an error of code UNAVAILABLE.
   */
  read(): TransportResponse;
};

/** A GraphQL response as it travels: plain JSON. */
export type TransportResponse = {
  readonly data?: Readonly<Record<string, unknown>> | null | undefined;
  readonly errors?: readonly GraphQLFormattedError[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
};

/** A request whose `document` is parsed and whose `body` is printed when somebody first asks. */
export function createTransportRequest(
  operation: Pick<TransportRequest, 'query' | 'operationName' | 'operationType' | 'variables'>,
): TransportRequest {
  return new RequestOnDemand(operation);
}

/** A class and no literal with getters, since one is made for each request: ADR 11. */
class RequestOnDemand implements TransportRequest {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly operationType: OperationTypeNode;
  readonly variables: Readonly<Record<string, unknown>>;
  #document: DocumentNode | undefined;
  #body: string | undefined;

  constructor(operation: Pick<TransportRequest, 'query' | 'operationName' | 'operationType' | 'variables'>) {
    this.query = operation.query;
    this.operationName = operation.operationName;
    this.operationType = operation.operationType;
    this.variables = operation.variables;
  }

  get document(): DocumentNode {
    this.#document ??= parse(this.query);
    return this.#document;
  }

  get body(): string {
    const { query, variables, operationName } = this;
    this.#body ??= printExact({ query, variables, operationName });
    return this.#body;
  }
}

/** An answer that never was bytes. */
export function answerOf(response: TransportResponse): TransportAnswer {
  return { bytes: null, cacheControl: null, read: () => response };
}

/**
 * Whether `value` has the shape of a GraphQL response: `data` is an object or null, `errors` a list of objects with a
 * message, and at least one of the two is there.
 */
export function isTransportResponse(value: unknown): value is TransportResponse {
  if (typeof value !== 'object' || value === null || !('data' in value || 'errors' in value)) return false;
  const { data, errors } = value as { data?: unknown; errors?: unknown };
  const isData =
    data === null ||
    data === undefined ||
    (typeof data === 'object' && !Array.isArray(data) && !(data instanceof ExactNumber));
  return isData && (errors === undefined || (Array.isArray(errors) && errors.every(hasMessage)));
}

/** The response for a subgraph that gave none; `details` join the code in the error's extensions. */
export function failedResponse(
  code: 'UNAVAILABLE' | 'DEADLINE_EXCEEDED',
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): TransportResponse {
  return { data: null, errors: [{ message, extensions: { ...details, code } }] };
}

function hasMessage(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
}
