import type { IncomingMessage, ServerResponse } from 'node:http';
import { maskError } from '@playgraph/server/mask-error';
import type { GraphQLFormattedError } from 'graphql';
import { type ClientRequest, type PrintedAnswer, printRefusal } from '../client-request.ts';
import { STATUS_CLIENT_GONE } from './access-log.ts';
import { badStatusOf } from './bad-connection.ts';
import { answerBatch, type Batch } from './batch.ts';
import { createCors } from './cors.ts';
import type { Door, GraphqlDoorDeps } from './door.ts';
import { conclude, type Exchange, reply, statusOf } from './exchange.ts';
import { invite } from './expect-continue.ts';
import {
  ClientGoneError,
  formatHttpError,
  HttpError,
  methodNotAllowed,
  overloaded,
  RETRY_AFTER_SECONDS,
  retryAfter,
} from './http-error.ts';
import { checkContentType, readAccept } from './media-types.ts';
import { comesInParts, toOnlyPart } from './multipart.ts';
import { readBody } from './read-body.ts';
import { readCorrelationId, readHttpRequest } from './request-info.ts';
import { type BodyParams, parseBodyParams, parseUrlParams } from './request-params.ts';
import { streamAnswer, streamParts, streamRefusal, streamSubscription } from './serve-stream.ts';

const METHODS = 'GET, HEAD, POST, OPTIONS';

/**
 * GraphQL over HTTP at one address, to the letter of its specification: answers every request or finds the connection
 * closed, and never throws.
 *
 * On forged requests from other sites: a POST needs a JSON content type, which a page of another origin may only send
 * after a preflight that `corsOrigins` refuses. A GET runs queries only, which have no side effects. It cannot tell the
 * other page anything either: no cookie is ever read, so that it runs as nobody; CORS and `nosniff` hide the answer;
 * and what its timing could give away, the attacker could as well measure from a machine of their own. What is left is
 * a gateway that only the victim's network reaches: requests that a page makes without being able to read the answer
 * (images, scripts: `sec-fetch-mode: no-cors`) are no GraphQL client's, and are refused.
 */
export function createGraphqlDoor(deps: GraphqlDoorDeps): (request: IncomingMessage, response: ServerResponse) => void {
  const door: Door = { ...deps, cors: createCors(deps.corsOrigins, METHODS), baseHeaders: baseHeadersOf(deps) };
  return (request, response) => {
    const exchange = openExchange(door, request, response);
    admit(door, exchange).catch((error: unknown) => {
      deps.logger.error({ err: error, correlationId: exchange.correlationId }, 'an answer could not be written');
      response.destroy();
    });
  };
}

const TOO_MANY_REQUESTS = overloaded('Too many requests are under way.');
const TOO_MUCH_TO_READ = overloaded('Too many large bodies are being read.', ['connection', 'close']);
const TOO_MANY_CONNECTIONS = overloaded('Too many connections are open.', ['connection', 'close']);

/** Serves the request if there is room for it; else refuses it before any of its body is read. */
async function admit(door: Door, exchange: Exchange): Promise<void> {
  const { admission, connections, observer } = door;
  const connection = connections.of(exchange.request.socket);
  if (connections.isRefused(connection)) {
    observer.onShed?.('connection');
    return answerError(door, exchange, TOO_MANY_CONNECTIONS);
  }
  if (connections.isBusy(connection)) {
    observer.onShed?.('request');
    return answerError(door, exchange, TOO_MANY_REQUESTS);
  }
  // A preflight costs nothing, and without it a page could not read why it is refused.
  const isFree = exchange.request.method === 'OPTIONS';
  if (!isFree && admission.isFull()) return answerError(door, exchange, TOO_MANY_REQUESTS);
  connection.requests += 1;
  try {
    await serve(door, exchange);
  } catch (error) {
    await answerError(door, exchange, error);
  } finally {
    connection.requests -= 1;
  }
}

/** A cached answer is for requests with the same of these headers; a token's owner is among them. */
function baseHeadersOf({ forwardHeaders = [], corsOrigins }: GraphqlDoorDeps): readonly string[] {
  const varying = ['accept', 'accept-encoding', 'authorization', ...forwardHeaders];
  if (corsOrigins !== '*') varying.push('origin');
  return ['vary', [...new Set(varying)].join(', '), 'x-content-type-options', 'nosniff'];
}

function openExchange(door: Door, request: IncomingMessage, response: ServerResponse): Exchange {
  const correlationId = readCorrelationId(request);
  const cors = door.cors.headersFor(request.headers.origin);
  return {
    request,
    response,
    correlationId,
    startedMs: door.onRequest ? performance.now() : 0,
    accepted: readAccept(request.headers.accept),
    headers: [...door.baseHeaders, 'x-correlation-id', correlationId, ...cors],
    onRequest: door.onRequest,
    trace: door.tracer?.startRequest(request.headers, { 'http.request.method': methodOf(request) }) ?? null,
    operation: null,
    answer: null,
    client: null,
  };
}

/** A client may call its method whatever it likes. */
function methodOf({ method = '' }: IncomingMessage): string {
  return METHODS.split(', ').includes(method) ? method : '_OTHER';
}

async function serve(door: Door, exchange: Exchange): Promise<void> {
  const { request, accepted } = exchange;
  const { method } = request;
  if (method === 'OPTIONS') return answerOptions(door, exchange);
  if (method !== 'POST' && method !== 'GET' && method !== 'HEAD') {
    throw methodNotAllowed('Operations are sent by GET or POST.', METHODS);
  }
  if (accepted.single === null && accepted.stream === null && !accepted.takesParts) {
    throw new HttpError(406, 'The answer can be had as application/graphql-response+json or application/json.');
  }
  const params = method === 'POST' ? await readPost(door, exchange) : readGet(request);
  // Only now: whoever sends slowly takes nobody's place.
  if (!door.admission.tryRequest()) throw TOO_MANY_REQUESTS;
  try {
    await (isBatch(params) ? answerMany(door, exchange, params) : answerOne(door, exchange, params));
  } finally {
    door.admission.endRequest();
  }
}

async function answerMany(door: Door, exchange: Exchange, requests: Batch['requests']): Promise<void> {
  if (!exchange.accepted.takesJson) throw new HttpError(406, 'The answers to several operations come as JSON.');
  const client = await readHttpRequest(door, exchange);
  exchange.client = client;
  await answerBatch(door, exchange, { requests, client });
}

function isBatch(params: BodyParams): params is Extract<BodyParams, readonly unknown[]> {
  return Array.isArray(params);
}

function readGet(request: IncomingMessage): ClientRequest {
  if (request.headers['sec-fetch-mode'] === 'no-cors') {
    throw new HttpError(403, 'A page that cannot read the answer may not ask.', { code: 'FORBIDDEN' });
  }
  return parseUrlParams(request.url ?? '');
}

async function readPost(door: Door, exchange: Exchange) {
  const { request } = exchange;
  const contentType = checkContentType(request.headers['content-type']);
  if (contentType !== 'OK') {
    const message = contentType === 'NOT_JSON' ? 'A body is application/json.' : 'A body is encoded in UTF-8.';
    throw new HttpError(415, message, { headers: ['accept-post', 'application/json'] });
  }
  const { admission, bodyBytesMax: bytesMax } = door;
  const { 'content-length': length } = request.headers;
  let held = length === undefined ? 0 : Math.min(Number(length), bytesMax);
  if (!admission.tryBody(held)) throw TOO_MUCH_TO_READ;
  const onLarge = () => {
    if (!admission.tryBody(bytesMax)) return TOO_MUCH_TO_READ;
    held = bytesMax;
    return null;
  };
  try {
    invite(exchange, bytesMax);
    const limits = { bytesMax, onLarge: length === undefined ? onLarge : null };
    return parseBodyParams(await readBody(request, limits), door.batchMax);
  } finally {
    admission.endBody(held);
  }
}

async function answerOne(door: Door, exchange: Exchange, request: ClientRequest): Promise<void> {
  const info = readHttpRequest(door, exchange);
  const client = info instanceof Promise ? await info : info;
  exchange.client = client;
  const operation = await door.gateway.prepare(request, client);
  const { accepted } = exchange;
  if ('errors' in operation) {
    if (accepted.single === 'EVENT_STREAM') return streamRefusal(door, exchange, operation);
    return answerWhole(door, exchange, printRefusal(operation));
  }
  exchange.operation = operation;
  const { operation: type } = operation.definition;
  if (exchange.request.method !== 'POST') checkSafe(exchange, type);
  if (type === 'subscription') return streamSubscription(door, exchange, { operation, request, client });
  if (accepted.single === 'EVENT_STREAM') return streamAnswer(door, exchange, { operation, request, client });
  if (accepted.single === null && !accepted.takesParts) {
    throw new HttpError(406, 'The answer to a query or mutation comes as JSON or as an event stream.');
  }
  const { execute, executeIncrementally } = door.gateway;
  const run = accepted.takesParts && door.isDeferOn ? executeIncrementally : execute;
  const answer = await run(operation, request.variables, client);
  if (comesInParts(answer)) return streamParts(door, exchange, answer);
  if (accepted.single === null) return streamParts(door, exchange, { initial: toOnlyPart(answer.body), rest: [] });
  return answerWhole(door, exchange, answer);
}

/** A GET is safe: it changes nothing. It opens a stream only for who names one, as `EventSource` does. */
function checkSafe({ accepted, request }: Exchange, type: string): void {
  if (type === 'mutation') throw methodNotAllowed('A mutation is sent by POST.', 'POST, OPTIONS');
  const mayStream = accepted.namesEventStream && request.method === 'GET';
  if (type === 'subscription' && !mayStream) {
    throw methodNotAllowed(
      'A subscription is sent by POST, or by GET with accept: text/event-stream.',
      'POST, OPTIONS',
    );
  }
}

function answerWhole(door: Door, exchange: Exchange, answer: PrintedAnswer): void | Promise<void> {
  exchange.answer = answer;
  const type = exchange.accepted.json;
  const status = statusOf(answer, type);
  return reply(exchange, {
    status,
    type,
    body: answer.body,
    cacheControl: answer.outcome === 'DATA' ? answer.cacheControl : null,
    isCompressible: door.isCompressionOn,
    ...headersOfStatus(status),
  });
}

const CHALLENGE = ['www-authenticate', 'Bearer'];
const COME_AGAIN = retryAfter(RETRY_AFTER_SECONDS);

/** What a status asks for by the standard of HTTP. */
function headersOfStatus(status: number): { readonly headers?: readonly string[] } {
  if (status === 401) return { headers: CHALLENGE };
  return status === 503 ? { headers: COME_AGAIN } : {};
}

/** A preflight gets what CORS says; any other OPTIONS learns the methods. */
function answerOptions(door: Door, exchange: Exchange): void {
  const { request, response, headers } = exchange;
  const isPreflight = request.headers['access-control-request-method'] !== undefined;
  response.writeHead(204, [...headers, 'allow', METHODS, ...(isPreflight ? door.cors.preflightFor(request) : [])]);
  response.end();
  conclude(exchange, 204, 0);
}

async function answerError(door: Door, exchange: Exchange, error: unknown): Promise<void> {
  const { response } = exchange;
  const isGone = error instanceof ClientGoneError || response.destroyed || exchange.client?.signal.aborted === true;
  if (isGone || response.headersSent) {
    if (!isGone) maskError(error, { logger: door.logger, correlationId: exchange.correlationId });
    // A body that never came whole may have been answered below us, when its time was up, say.
    const badStatus = error instanceof ClientGoneError ? badStatusOf(exchange.request.socket) : null;
    conclude(exchange, badStatus ?? STATUS_CLIENT_GONE, 0);
    response.destroy();
    return;
  }
  const { status, headers, formatted } = toRefusal(door, exchange, error);
  const answer = printRefusal({ errors: [formatted], status });
  exchange.answer = answer;
  await reply(exchange, {
    status,
    type: exchange.accepted.json,
    body: answer.body,
    cacheControl: null,
    headers,
    isCompressible: false,
  });
}

type HttpRefusal = {
  readonly status: number;
  readonly headers: readonly string[];
  readonly formatted: GraphQLFormattedError;
};

function toRefusal(door: Door, { correlationId }: Exchange, error: unknown): HttpRefusal {
  if (error instanceof HttpError) {
    return { status: error.status, headers: error.headers, formatted: formatHttpError(error) };
  }
  const formatted = maskError(error, { logger: door.logger, correlationId });
  const code = formatted.extensions?.code;
  if (code === 'UNAUTHENTICATED') return { status: 401, headers: CHALLENGE, formatted };
  if (code !== 'UNAVAILABLE') return { status: 500, headers: [], formatted };
  return {
    status: 503,
    headers: retryAfter(formatted.extensions?.retryAfterSeconds ?? RETRY_AFTER_SECONDS),
    formatted,
  };
}
