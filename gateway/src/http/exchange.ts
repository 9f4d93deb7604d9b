import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ClientInfo, PrintedAnswer } from '../client-request.ts';
import type { PreparedOperation } from '../operations/prepare-operation.ts';
import { errorCodesOf } from '../telemetry/error-codes.ts';
import { factsOf } from '../telemetry/operation-facts.ts';
import type { TraceSpan } from '../telemetry/tracer.ts';
import { type AccessEntry, codesInLog, type OnRequest, STATUS_CLIENT_GONE, userAgentOf } from './access-log.ts';
import { GRAPHQL_PATH } from './address.ts';
import { chooseCoding, compressBody } from './compress.ts';
import { etagOf, matchesEtag } from './etag.ts';
import { type Accepted, CONTENT_TYPES, type JsonType } from './media-types.ts';

/** One HTTP request on its way to its answer. The door alone fills it in. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly correlationId: string;
  readonly startedMs: number;
  readonly accepted: Accepted;
  /** Headers that every answer to this client carries, as name, value, name, value. */
  readonly headers: readonly string[];
  readonly onRequest: OnRequest | undefined;
  /** Null where nothing is traced. */
  readonly trace: TraceSpan | null;
  operation: PreparedOperation | null;
  /** What a single operation was answered with, as a whole. */
  answer: PrintedAnswer | null;
  client: ClientInfo | null;
};

/** What is written at the end of an exchange. */
export type Reply = {
  readonly status: number;
  readonly type: JsonType;
  readonly body: Buffer;
  readonly cacheControl: string | null;
  /** More headers, as name, value, name, value. */
  readonly headers?: readonly string[];
  /** False where compression is off. */
  readonly isCompressible: boolean;
};

const NOTHING = Buffer.alloc(0);
/** Answers are for whoever asked, and fresh: keeping one needs the executor's word. */
const KEEP_NOTHING = 'no-store';

/**
 * The status that goes with an answer in a media type. `application/graphql-response+json` says by 4xx that there is
 * no `data`; with `application/json` a client can trust a body only under 200, so that a request that was well-formed
 * gets 200 there unless it was not let in at all (401, 403, 429, 5xx).
 */
export function statusOf({ outcome, status }: Pick<PrintedAnswer, 'outcome' | 'status'>, type: JsonType): number {
  const isPlain = type === 'application/json';
  if (outcome !== 'REFUSED') return !isPlain && status !== null && status >= 200 && status < 300 ? status : 200;
  if (isPlain) return status === null || status === 400 || status === 422 ? 200 : status;
  return status === null || status < 400 ? 400 : status;
}

/** Writes a whole answer; waits only where it has to be compressed first. */
export function reply(exchange: Exchange, answer: Reply): void | Promise<void> {
  const { request } = exchange;
  const coding = answer.isCompressible ? chooseCoding(request.headers['accept-encoding'], answer.body.length) : null;
  const isTagged = answer.cacheControl !== null && answer.status === 200 && request.method !== 'POST';
  const etag = isTagged ? etagOf(answer.body, coding) : null;
  if (etag !== null && matchesEtag(request.headers['if-none-match'], etag)) {
    write(exchange, { ...answer, status: 304, body: NOTHING }, ['etag', etag]);
    return;
  }
  const headers = etag === null ? [] : ['etag', etag];
  if (coding === null) {
    write(exchange, answer, headers);
    return;
  }
  return compressBody(answer.body, coding).then((body) =>
    write(exchange, { ...answer, body }, [...headers, 'content-encoding', coding]),
  );
}

/** Tells whoever listens that the exchange is over. */
export function conclude(exchange: Exchange, status: number, bytes: number): void {
  exchange.trace?.end(status >= 500 ? 'ERROR' : 'OK', {
    'http.response.status_code': status,
    ...(exchange.operation && factsOf(exchange.operation)),
  });
  if (exchange.onRequest) exchange.onRequest(describeExchange(exchange, status, bytes));
}

function write(exchange: Exchange, { status, type, body, cacheControl, headers = [] }: Reply, more: string[]): void {
  const { response } = exchange;
  if (response.destroyed) {
    conclude(exchange, STATUS_CLIENT_GONE, 0);
    return;
  }
  const head = [...exchange.headers, 'cache-control', cacheControl ?? KEEP_NOTHING, ...headers, ...more];
  if (status !== 304) head.push('content-type', CONTENT_TYPES[type], 'content-length', String(body.length));
  response.writeHead(status, head);
  response.end(body);
  conclude(exchange, status, body.length);
}

function describeExchange(exchange: Exchange, status: number, bytes: number): AccessEntry {
  const { request, operation, client, startedMs, correlationId } = exchange;
  return {
    method: request.method ?? '',
    path: GRAPHQL_PATH,
    status,
    durationMs: performance.now() - startedMs,
    bytes,
    operationName: operation?.name ?? null,
    operationId: operation?.id ?? null,
    operationType: operation?.definition.operation ?? null,
    outcome: exchange.answer?.outcome ?? null,
    errorCodes: codesInLog(exchange.answer ? errorCodesOf(exchange.answer) : []),
    userId: client?.identity?.userId ?? null,
    correlationId,
    traceId: exchange.trace?.traceId ?? null,
    userAgent: userAgentOf(request),
  };
}
