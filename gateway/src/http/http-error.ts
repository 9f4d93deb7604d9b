import type { GraphQLFormattedError } from 'graphql';

/** How a request that never became an operation is refused. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly code: string;
  /** Headers that the status asks for, as name, value, name, value. */
  readonly headers: readonly string[];

  constructor(status: number, message: string, options: { code?: string; headers?: readonly string[] } = {}) {
    super(message);
    this.status = status;
    this.code = options.code ?? 'BAD_REQUEST';
    this.headers = options.headers ?? [];
  }
}

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

/** The error as an entry of `errors`. */
export function formatHttpError({ message, code }: HttpError): GraphQLFormattedError {
  return { message, extensions: { code } };
}
