import { DomainError } from '@playgraph/kernel/errors';
import type { Logger } from '@playgraph/kernel/logger';
import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql';

/** Codes of errors that GraphQL and its transport define; like those of `ErrorCode`, their messages go to the client. */
export type ProtocolErrorCode =
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'OPERATION_RESOLUTION_FAILURE'
  | 'BAD_REQUEST';

const CLIENT_CODES: ReadonlySet<unknown> = new Set<string>([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'BAD_REQUEST',
  'INTROSPECTION_DISABLED',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'BAD_USER_INPUT',
  'NOT_FOUND',
  'CONFLICT',
  'RATE_LIMITED',
  'COST_EXCEEDED',
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
]);
/** The deepest chain of wrapped errors that is followed. */
const CAUSES_MAX = 10;
const INTERNAL_MESSAGE = 'Something went wrong on our side.';
const ARGUMENT_PATTERN = /^Argument "(\w+)" (?:of|has)/;
const VARIABLE_PATTERN = /^Variable "\$(\w+)"(?: got invalid value .* at "([^"]+)")?/s;

/**
 * The one place that decides what a client may see of an error.
 * - `DomainError`, however wrapped: its message, its code and its details.
 * - What GraphQL itself says of the client's document and variables: its message and a protocol code or BAD_USER_INPUT.
 * - An error that already carries a code of ours: its message and extensions.
 * - Anything else: INTERNAL_SERVER_ERROR with the correlation id and nothing more, logged once with its stack.
 */
export function maskError(
  error: unknown,
  deps: { readonly logger: Logger; readonly correlationId: string },
): GraphQLFormattedError {
  const place = error instanceof GraphQLError ? placeOf(error) : {};
  const chain = chainOf(error);
  const root = chain.at(-1);
  if (root instanceof DomainError) {
    return { message: root.message, ...place, extensions: { code: root.code, ...root.details } };
  }
  const seen = refusedInput(chain) ?? explicitError(chain) ?? requestError(chain);
  if (seen) return { message: seen.message, ...place, extensions: seen.extensions };
  logOnce(root, { ...deps, path: place.path });
  return {
    message: INTERNAL_MESSAGE,
    ...place,
    extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId: deps.correlationId },
  };
}

/** An error of the protocol itself, which `maskError` lets through. */
export function protocolError(code: ProtocolErrorCode, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

function placeOf(error: GraphQLError): Pick<GraphQLFormattedError, 'locations' | 'path'> {
  return {
    ...(error.locations && { locations: error.locations }),
    ...(error.path && { path: error.path }),
  };
}

/** The error and what it wraps, the first cause last: graphql-js and Apollo Server put wrappers around it. */
function chainOf(error: unknown): unknown[] {
  const chain = [error];
  for (let last = error; chain.length < CAUSES_MAX && last instanceof GraphQLError && last.originalError; ) {
    last = last.originalError;
    chain.push(last);
  }
  return chain;
}

type SeenError = { readonly message: string; readonly extensions: Record<string, unknown> };

/** A variable or an argument that graphql-js could not coerce, with the path of the value. */
function refusedInput(chain: readonly unknown[]): SeenError | null {
  const isExecuting = chain[0] instanceof GraphQLError && chain[0].path !== undefined;
  for (const error of chain) {
    if (!(error instanceof GraphQLError) || error.path || !error.nodes) continue;
    const isOfVariable = error.nodes[0]?.kind === Kind.VARIABLE_DEFINITION;
    const [, name, path] = (isOfVariable ? VARIABLE_PATTERN : ARGUMENT_PATTERN).exec(error.message) ?? [];
    if (name && isOfVariable !== isExecuting) {
      return { message: error.message, extensions: { code: 'BAD_USER_INPUT', field: path ?? name } };
    }
  }
  return null;
}

/** An error that says by its code that the client may see it. */
function explicitError(chain: readonly unknown[]): SeenError | null {
  const error = chain.find((link) => link instanceof GraphQLError && CLIENT_CODES.has(link.extensions.code));
  if (!(error instanceof GraphQLError)) return null;
  const { http: _http, stacktrace: _stacktrace, ...extensions } = error.extensions;
  return { message: error.message, extensions };
}

/** What `parse` and `validate` of graphql-js say: it carries no code. */
function requestError([error]: readonly unknown[]): SeenError | null {
  if (!(error instanceof GraphQLError) || error.path || error.originalError) return null;
  const isSyntax = error.message.startsWith('Syntax Error');
  if (!isSyntax && !error.nodes) return null;
  const code: ProtocolErrorCode = isSyntax ? 'GRAPHQL_PARSE_FAILED' : 'GRAPHQL_VALIDATION_FAILED';
  return { message: error.message, extensions: { code } };
}

const logged = new WeakSet<object>();

function logOnce(root: unknown, deps: { logger: Logger; correlationId: string; path: unknown }): void {
  const { logger, correlationId, path } = deps;
  // One failed batch rejects many fields with the same error.
  if (typeof root === 'object' && root !== null) {
    if (logged.has(root)) return;
    logged.add(root);
  }
  const fields = { err: root, correlationId, path };
  // The client went away and its work was stopped: nobody's fault.
  if (root instanceof Error && root.name === 'AbortError') logger.debug(fields, 'an operation was aborted');
  else logger.error(fields, 'an operation failed');
}
