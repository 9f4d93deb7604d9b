import type { Logger } from '@playgraph/kernel/logger';
import { type ErrorRequestHandler, json, type Request, type RequestHandler, type Response, raw } from 'express';
import { BATCH_BYTES_MAX, BATCH_MEDIA_TYPE } from './batch-format.ts';
import { maskError, protocolError } from './mask-error.ts';

/** The largest request body that is read. */
export const BODY_BYTES_MAX = 1_048_576;

const rawBodies = new WeakMap<object, Buffer>();

/** Parses JSON bodies of up to BODY_BYTES_MAX and keeps their bytes for the signature. */
export const readJsonBody: RequestHandler = json({
  limit: BODY_BYTES_MAX,
  verify: (request, _response, bytes) => {
    rawBodies.set(request, bytes);
  },
});

/** Reads bodies of several operations, of up to BATCH_BYTES_MAX, into `request.body` as bytes; leaves others alone. */
export const readBatchBody: RequestHandler = raw({ type: BATCH_MEDIA_TYPE, limit: BATCH_BYTES_MAX });

/** The bytes of a body that `readJsonBody` has read; none when there was no JSON body. */
export function rawBodyOf(request: Request): Uint8Array {
  return rawBodies.get(request) ?? new Uint8Array();
}

/** Ends a request with one masked error, in the shape of a GraphQL response. */
export function sendError(response: Response, status: number, error: unknown, deps: MaskDeps): void {
  response.status(status).json({ errors: [maskError(error, deps)] });
}

/** Aborts when the client goes before its answer is written. */
export function signalOf(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableEnded) gone.abort();
  });
  return gone.signal;
}

type MaskDeps = { readonly logger: Logger; readonly correlationId: string };

/** The last resort of an Express app: body errors as what they are, anything else masked. Never a stack. */
export function handleHttpError(logger: Logger, correlationIdOf: (request: Request) => string): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const deps = { logger, correlationId: correlationIdOf(request) };
    const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : 500;
    if (status === 413) {
      sendError(response, 413, protocolError('BAD_REQUEST', `A body may have ${BODY_BYTES_MAX} bytes.`), deps);
    } else if (typeof status === 'number' && status >= 400 && status < 500) {
      sendError(response, status, protocolError('BAD_REQUEST', 'The body cannot be read as JSON.'), deps);
    } else {
      sendError(response, 500, error, deps);
    }
  };
}
