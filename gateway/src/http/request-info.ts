import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Identity } from '@playgraph/auth/identity';
import { CONNECTION_HEADERS } from '@playgraph/server/request-headers';
import { LeanAbortController, type LeanAbortSignal } from '@playgraph/server/watch-abort';
import type { ClientInfo } from '../client-request.ts';
import { TRACEPARENT_PATTERN, TRACESTATE_CHARS_MAX } from '../telemetry/traceparent.ts';
import type { TraceSpan } from '../telemetry/tracer.ts';

const CORRELATION_ID_PATTERN = /^[\w-]{8,64}$/;
const BEARER_PATTERN = /^Bearer +(\S+)$/i;
const UNSHARED_PATTERN = /no-(?:store|cache)/i;

const NO_HEADERS: ClientInfo['headers'] = Object.freeze({});

/** Turns an access token into who is asking. @throws DomainError UNAUTHENTICATED for a token that does not count. */
export type VerifyToken = (token: string) => Promise<Identity>;

export type RequestInfoDeps = {
  /** Null when the gateway knows no key set: then every request is anonymous. */
  readonly verifyToken: VerifyToken | null;
  /** For how long after its end it still lets a token count: streams last as long. 0 when absent. */
  readonly clockToleranceMs?: number;
  /** Whether a client may ask for the usage of its operation by the header `playgraph-meter: 1`. */
  readonly allowMetering: boolean;
  /** Names of client headers that subgraphs get to see, from `checkForwardHeaders`; none when absent. */
  readonly forwardHeaders?: readonly string[];
};

/**
 * What the subgraphs learn about an HTTP request. Aborts when the client goes before the answer is written. At once
 * when there is no token to verify, which spares anonymous requests a turn of the event loop.
 * Throws, or rejects with, DomainError UNAUTHENTICATED.
 */
export function readHttpRequest(
  deps: RequestInfoDeps,
  { request, response, correlationId, trace }: ReadRequest,
): ClientInfo | Promise<ClientInfo> {
  const { headers } = request;
  const signal = signalOf(response);
  const forwarded = readForwarded(deps.forwardHeaders ?? [], headers);
  const info = (identity: Identity | null): ClientInfo => ({
    identity,
    correlationId,
    signal,
    isMetered: deps.allowMetering && headers['playgraph-meter'] === '1',
    headers: trace ? trace.headers(forwarded) : forwarded,
    allowsSharing: headers['cache-control'] === undefined || !UNSHARED_PATTERN.test(headers['cache-control']),
  });
  return headers.authorization ? readIdentity(deps, headers.authorization).then(info) : info(null);
}

/** A request, the response it gets, and what ties their log lines together. */
export type ReadRequest = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly correlationId: string;
  /** The request's span, whose context subgraphs get; null where nothing is traced. */
  readonly trace: TraceSpan | null;
};

/** Who is asking, by an `Authorization` value; null without one. @throws DomainError UNAUTHENTICATED when it is no good. */
export async function readIdentity(deps: RequestInfoDeps, authorization: unknown): Promise<Identity | null> {
  if (typeof authorization !== 'string' || authorization === '' || !deps.verifyToken) return null;
  return deps.verifyToken(BEARER_PATTERN.exec(authorization)?.[1] ?? '');
}

/** The client's own `x-correlation-id` when it is a plain one, else a new one. */
export function readCorrelationId(request: IncomingMessage): string {
  const given = request.headers['x-correlation-id'];
  return typeof given === 'string' && CORRELATION_ID_PATTERN.test(given) ? given : randomUUID();
}

/** The names in lower case. @throws TypeError naming one that can never be forwarded. */
export function checkForwardHeaders(names: readonly string[]): readonly string[] {
  const lowered = names.map((name) => name.toLowerCase());
  const bad = lowered.find((name) => CONNECTION_HEADERS.has(name));
  if (bad !== undefined) throw new TypeError(`the header "${bad}" belongs to one connection and cannot be forwarded`);
  return lowered;
}

/** The headers that the rule names, and trace context where it is well-formed. */
export function readForwarded(names: readonly string[], headers: IncomingMessage['headers']): ClientInfo['headers'] {
  if (names.length === 0 && headers.traceparent === undefined) return NO_HEADERS;
  const forwarded: Record<string, string> = {};
  for (const name of names) {
    const value = headers[name];
    if (value !== undefined) forwarded[name] = typeof value === 'string' ? value : value.join(', ');
  }
  const { traceparent, tracestate } = headers;
  if (typeof traceparent === 'string' && TRACEPARENT_PATTERN.test(traceparent)) {
    forwarded.traceparent = traceparent;
    const isShort = typeof tracestate === 'string' && tracestate.length <= TRACESTATE_CHARS_MAX;
    if (isShort) forwarded.tracestate = tracestate;
  }
  return forwarded;
}

function signalOf(response: ServerResponse): LeanAbortSignal {
  const gone = new LeanAbortController();
  response.once('close', () => {
    if (!response.writableEnded) gone.abort();
  });
  return gone.signal;
}
