import type { GraphQLFormattedError } from 'graphql';

/** How a request that never became an operation is refused. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly code: string;
  /** Headers that the status asks for, as name, value, name, value. */
  readonly headers: readonly string[];
  /** When to come again; null where that would change nothing. */
  readonly retryAfterSeconds: number | null;

  constructor(status: number, message: string, options: HttpErrorOptions = {}) {
    super(message);
    this.status = status;
    this.code = options.code ?? 'BAD_REQUEST';
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
    this.headers = [...(options.headers ?? []), ...retryAfter(this.retryAfterSeconds)];
  }
}

type HttpErrorOptions = {
  readonly code?: string;
  readonly headers?: readonly string[];
  readonly retryAfterSeconds?: number;
};

/** When a client that was refused for now may come again, where nothing else is known. */
export const RETRY_AFTER_SECONDS = 1;

/** The client closed the connection before it had sent its request: there is nobody to answer. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';
}

/** 400: what the client sent is not a GraphQL request. */
export function badRequest(message: string): HttpError {
  return new HttpError(400, message);
}

/** 405, with the methods that would do. */
export function methodNotAllowed(message: string, allow: string): HttpError {
  return new HttpError(405, message, { headers: ['allow', allow] });
}

/** 503: there is too much to do. Made once, where it is needed: what it is for must cost next to nothing. */
export function overloaded(message: string, headers: readonly string[] = []): HttpError {
  return new HttpError(503, message, { code: 'OVERLOADED', headers, retryAfterSeconds: RETRY_AFTER_SECONDS });
}

/** The error as an entry of `errors`. */
export function formatHttpError({ message, code, retryAfterSeconds }: HttpError): GraphQLFormattedError {
  return { message, extensions: retryAfterSeconds === null ? { code } : { code, retryAfterSeconds } };
}

/** The header that tells a client when to come again, as name, value; nothing where that is not known. */
export function retryAfter(seconds: unknown): readonly string[] {
  return typeof seconds === 'number' && seconds > 0 ? ['retry-after', String(Math.ceil(seconds))] : [];
}
