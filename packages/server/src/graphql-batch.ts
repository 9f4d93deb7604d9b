import { verifySignedIdentity } from '@playgraph/auth/signed-identity';
import type { Clock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import type { RequestHandler, Response } from 'express';
import { BATCH_MAX, BATCH_MEDIA_TYPE, printFrame, type RequestFrame, readRequestFrames } from './batch-format.ts';
import { CORRELATION_HEADER, correlationIdOf } from './correlation-id.ts';
import { sendError, signalOf } from './http-body.ts';
import { maskError, protocolError } from './mask-error.ts';
import type { RequestInfo } from './subgraph.ts';

/** One operation of a batch that its own signature admits. */
export type BatchOperation = {
  /** Parsed JSON, of any form. */
  readonly body: unknown;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly info: RequestInfo;
  readonly isMetered: boolean;
};

/** What an operation's own HTTP answer would be. */
type ElementAnswer = { readonly status: number; readonly cacheControl: string | null; readonly body: string };

type BatchDeps = {
  readonly identitySecret: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Runs one operation to its answer. */
  readonly execute: (operation: BatchOperation) => Promise<ElementAnswer>;
};

/**
 * Answers bodies of BATCH_MEDIA_TYPE, which `readBatchBody` has read, as batch-format.ts describes it: all operations at
 * once, each answer as it becomes ready. What is wrong with one operation is its own answer. Other bodies pass on.
 */
export function serveBatches(deps: BatchDeps): RequestHandler {
  return async (request, response, next) => {
    if (!Buffer.isBuffer(request.body)) {
      next();
      return;
    }
    const frames = readRequestFrames(request.body);
    if (!frames) {
      const error = protocolError('BAD_REQUEST', `A batch is frames of two lines, of 1 to ${BATCH_MAX} operations.`);
      sendError(response, 400, error, { logger: deps.logger, correlationId: correlationIdOf(request) });
      return;
    }
    const signal = signalOf(response);
    response.status(200).setHeader('content-type', BATCH_MEDIA_TYPE);
    await Promise.all(frames.map((frame, index) => answerFrame(deps, { frame, index, signal, response })));
    response.end();
  };
}

async function answerFrame(
  deps: BatchDeps,
  given: { frame: RequestFrame; index: number; signal: AbortSignal; response: Response },
): Promise<void> {
  const { frame, index, signal, response } = given;
  const { status, cacheControl, body } = await runFrame(deps, frame, signal);
  if (!signal.aborted) {
    response.write(printFrame({ index, status, ...(cacheControl !== null && { cacheControl }) }, body));
  }
}

/** Never rejects. */
async function runFrame(deps: BatchDeps, { head, body }: RequestFrame, signal: AbortSignal): Promise<ElementAnswer> {
  const correlationId = correlationIdOf({ headers: { [CORRELATION_HEADER]: head.correlationId } });
  const refuse = (status: number, error: unknown): ElementAnswer => {
    const errors = [maskError(error, { logger: deps.logger, correlationId })];
    return { status, cacheControl: null, body: JSON.stringify({ errors }) };
  };
  let info: RequestInfo;
  try {
    const { identitySecret: secret, clock } = deps;
    const identity = verifySignedIdentity({ header: head.identity, body, method: 'POST', secret, clock });
    info = { identity, correlationId, signal };
  } catch (error) {
    return refuse(401, error);
  }
  const parsed = parseBody(body);
  if (!parsed) return refuse(400, protocolError('BAD_REQUEST', 'The body cannot be read as JSON.'));
  const operation = { body: parsed.value, headers: pairsOf(head.headers ?? []), info, isMetered: head.meter === true };
  return deps.execute(operation).catch((error: unknown) => refuse(500, error));
}

function parseBody(body: Buffer): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(body.toString()) };
  } catch {
    return null;
  }
}

function pairsOf(flat: readonly string[]): (readonly [string, string])[] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as const] : []));
}
