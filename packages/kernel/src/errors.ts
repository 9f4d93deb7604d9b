/** The codes that a client can meet in `extensions.code`. One switch in the client covers them all. */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BAD_USER_INPUT'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'RATE_LIMITED'
  | 'COST_EXCEEDED'
  | 'UNAVAILABLE'
  | 'DEADLINE_EXCEEDED';

/**
 * An error that the caller may see: its message and details go to the client as they are.
 * Anything else that is thrown becomes INTERNAL_SERVER_ERROR with a correlation id and nothing more.
 */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly code: ErrorCode;
  /** JSON-safe facts for the client: `field`, `retryAfterSeconds`, ... */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** The input at `field` (a dotted path below the arguments) is malformed or out of range. */
export function badUserInput(message: string, field: string): DomainError {
  return new DomainError('BAD_USER_INPUT', message, { field });
}

/** Nobody is signed in, or the token no longer counts. */
export function unauthenticated(message = 'Sign in to do this.'): DomainError {
  return new DomainError('UNAUTHENTICATED', message);
}

/** The caller is known and may not do this. */
export function forbidden(message = 'You may not do this.'): DomainError {
  return new DomainError('FORBIDDEN', message);
}

/** What a mutation names does not exist, or the caller may not know that it does. */
export function notFound(what: string): DomainError {
  return new DomainError('NOT_FOUND', `There is no such ${what}.`);
}

/** The request contradicts what already happened, such as a reused idempotency key with another input. */
export function conflict(message: string, details: Record<string, unknown> = {}): DomainError {
  return new DomainError('CONFLICT', message, details);
}

/** An expected "no" as a member of a mutation's union: an answer and not an error. Nothing has changed. */
export type Refused<Type extends string, Code extends string> = {
  readonly __typename: Type;
  readonly code: Code;
  /** For people. */
  readonly message: string;
};
