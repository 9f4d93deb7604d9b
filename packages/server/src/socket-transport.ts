import { setTimeout as wait } from 'node:timers/promises';
import { signIdentity } from '@playgraph/auth/signed-identity';
import type { Clock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import { type Random, systemRandom } from '@playgraph/kernel/random';
import type { SubscribePayload } from 'graphql-ws';
import { abortOnReturn } from './bounded-stream.ts';
import { createResumableRequest, type ResumeRule } from './resume-rule.ts';
import { type SignedExtension, signOperation } from './signed-operation.ts';
import { createSocketClient, SOCKET_IDLE_MS, type SocketClient, StreamBrokenError } from './socket-client.ts';
import { failedResponse, type TransportInfo, type TransportRequest, type TransportResponse } from './transport.ts';

/** How often in a row a stream that was lost connects again: long enough for a subgraph to be restarted, half a minute. */
const RETRIES_MAX = 10;
/** How often one that has not begun does: its client still waits for the first word. */
const START_RETRIES_MAX = 4;
/** The first wait before a retry; it doubles each time, and between half and all of it is waited. */
const RETRY_MS = 100;
const RETRY_MS_MAX = 5_000;
/** How many operations share one socket; the next one opens another. */
export const OPERATIONS_PER_SOCKET_MAX = 500;
/** How many sockets to one subgraph there may be when nothing else is said. */
const SOCKETS_MAX = 1_000;
/** Headers that differ in every request and say nothing about rights: they would give every client a socket. */
const TRACE_HEADERS: ReadonlySet<string> = new Set(['traceparent', 'tracestate']);

/** Where a subgraph streams its events. */
export type SocketOptions = {
  /** The subgraph's name, for messages and logs. */
  readonly name: string;
  /** Its GraphQL endpoint as an http(s) address; the socket opens at the same one. */
  readonly url: string;
  /**
   * Signs who is asking, for each operation of the shared socket. Null for a subgraph that does not check it: there the
   * forwarded headers travel as `connectionParams` and as headers of the upgrade, and a socket is shared by those that
   * forward the same.
   */
  readonly identitySecret: string | null;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How often in a row a stream connects again before it ends; RETRIES_MAX or START_RETRIES_MAX when absent. */
  readonly subscriptionRetriesMax?: number;
  /** How streams go on after a lost connection; none when absent. */
  readonly resumeRules?: readonly ResumeRule[];
  /** How long a socket without streams stays open. */
  readonly socketIdleMs?: number;
  /** How many sockets there may be; streams beyond them are UNAVAILABLE. SOCKETS_MAX when absent. */
  readonly socketsMax?: number;
  readonly random?: Random;
  readonly observer?: SocketObserver;
};

/** Told of what happens between the gateway and one subgraph; for metrics. */
export type SocketObserver = {
  onSocketOpened?(subgraph: string): void;
  onSocketClosed?(subgraph: string): void;
  /** A stream broke and starts again, `isResumed` with a cursor. */
  onStreamRetried?(subgraph: string, facts: { readonly isResumed: boolean }): void;
};

/** The subscriptions to one subgraph. */
export type SocketStreams = {
  /**
   * One response per event, in order, none twice. Ends when the subgraph completes, the signal aborts or the caller
   * returns, the last two at once. A lost connection is made anew with growing waits; the stream goes on when nothing
   * can have been missed: the subgraph had not heard of it yet, or a resume rule says where to go on. Else, and after
   * the last retry, its last response is a `lostResponse`, or one with an error UNAVAILABLE when it never started.
   */
  subscribe(request: TransportRequest, info: TransportInfo): AsyncGenerator<TransportResponse, void, void>;
  /** Ends every stream and socket. */
  close(): Promise<void>;
};

type Pool = { readonly clientsOf: Map<string, Set<SocketClient>>; readonly closing: AbortController };

/** Streams over as few sockets as possible: one for everybody, or one for each set of forwarded headers. */
export function createSocketStreams(options: SocketOptions): SocketStreams {
  const pool: Pool = { clientsOf: new Map(), closing: new AbortController() };
  return {
    subscribe: (request, info) =>
      abortOnReturn((signal) => {
        return follow(options, pool, { request, info: { ...info, signal } });
      }, info.signal),
    async close() {
      pool.closing.abort();
      for (const clients of [...pool.clientsOf.values()]) for (const client of [...clients]) client.close();
    },
  };
}

/**
 * Why a stream is no more though the subgraph has not completed it, and events may be missing: UPSTREAM_LOST, the
 * connection or the subgraph; TOO_SLOW, the events came faster than they were read.
 */
export type StreamLoss = 'UPSTREAM_LOST' | 'TOO_SLOW';

/** The last response of a stream that was lost: what came before is whole, and the client may ask again. */
export function lostResponse(loss: StreamLoss, message: string): TransportResponse {
  return { data: null, errors: [{ message, extensions: { code: loss, retryable: true } }] };
}

/** Why the stream has ended, when `response` is one that `lostResponse` made: no event, but the end; else null. */
export function lossOf({ data, errors }: TransportResponse): StreamLoss | null {
  if (data !== null || errors?.length !== 1 || errors[0]?.extensions?.retryable !== true) return null;
  const { code } = errors[0].extensions;
  return code === 'UPSTREAM_LOST' || code === 'TOO_SLOW' ? code : null;
}

type Stream = { readonly request: TransportRequest; readonly info: TransportInfo };

async function* follow(
  options: SocketOptions,
  pool: Pool,
  { request, info }: Stream,
): AsyncGenerator<TransportResponse, void, void> {
  const resumable = createResumableRequest(request, options.resumeRules ?? []);
  const { signal } = info;
  let retries = 0;
  let hasStarted = false;
  while (!signal.aborted && !pool.closing.signal.aborted) {
    const client = pickClient(options, pool, info);
    if (!client) return yield failedResponse('UNAVAILABLE', `The ${options.name} service has too many streams.`);
    try {
      const payload = () => toPayload(options, { request: resumable?.next() ?? request, info });
      for await (const response of client.subscribe(payload, signal)) {
        retries = 0;
        hasStarted = true;
        yield resumable?.see(response) ?? response;
      }
      return;
    } catch (error) {
      if (!(error instanceof StreamBrokenError)) throw error;
      if (signal.aborted || pool.closing.signal.aborted) return;
      hasStarted ||= error.wasSubscribed;
      const canGoOn = !hasStarted || resumable?.canResume() === true;
      options.logger.warn(
        { subgraph: options.name, url: options.url, error: error.message, retries },
        'a stream broke',
      );
      const retriesMax = options.subscriptionRetriesMax ?? (hasStarted ? RETRIES_MAX : START_RETRIES_MAX);
      if (error.isFinal || !canGoOn || retries >= retriesMax) return yield lastResponse(options, { hasStarted, error });
      retries += 1;
      options.observer?.onStreamRetried?.(options.name, { isResumed: hasStarted });
    }
    await backOff(options, retries, AbortSignal.any([signal, pool.closing.signal]));
  }
}

function lastResponse(
  { name }: SocketOptions,
  { hasStarted, error }: { readonly hasStarted: boolean; readonly error: StreamBrokenError },
): TransportResponse {
  if (!hasStarted) return failedResponse('UNAVAILABLE', `The ${name} service cannot be reached.`);
  if (error.isTooSlow)
    return lostResponse('TOO_SLOW', `The events of the ${name} service came faster than they were read.`);
  return lostResponse('UPSTREAM_LOST', `The stream of the ${name} service was lost.`);
}

async function backOff(options: SocketOptions, retries: number, signal: AbortSignal): Promise<void> {
  const longestMs = Math.min(RETRY_MS * 2 ** (retries - 1), RETRY_MS_MAX);
  // Half of it by chance, so that a thousand gateways do not come back at the same instant.
  const waitMs = longestMs / 2 + (options.random ?? systemRandom).int(Math.ceil(longestMs / 2));
  await wait(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
}

function pickClient(options: SocketOptions, pool: Pool, info: TransportInfo): SocketClient | null {
  const headers = options.identitySecret === null ? withoutTrace(info.headers) : {};
  const key = JSON.stringify(Object.entries(headers).toSorted());
  const clients = pool.clientsOf.get(key) ?? new Set();
  for (const client of clients) if (client.operations() < OPERATIONS_PER_SOCKET_MAX) return client;
  const total = [...pool.clientsOf.values()].reduce((sum, { size }) => sum + size, 0);
  if (total >= (options.socketsMax ?? SOCKETS_MAX)) return null;
  let wasOpen = false;
  const client = createSocketClient({
    url: options.url.replace(/^http/, 'ws'),
    headers,
    connectionParams: () => toConnectionParams(options, { headers, correlationId: info.correlationId }),
    idleMs: options.socketIdleMs ?? SOCKET_IDLE_MS,
    onOpen: () => {
      wasOpen = true;
      options.observer?.onSocketOpened?.(options.name);
    },
    onUnused: () => {
      clients.delete(client);
      if (clients.size === 0) pool.clientsOf.delete(key);
      if (wasOpen) options.observer?.onSocketClosed?.(options.name);
    },
  });
  clients.add(client);
  pool.clientsOf.set(key, clients);
  return client;
}

/** Ours learn by a signature that the gateway connects, and who is asking with each operation. */
function toConnectionParams(
  { identitySecret: secret, clock }: SocketOptions,
  { headers, correlationId }: Pick<TransportInfo, 'headers' | 'correlationId'>,
): Record<string, unknown> {
  if (secret === null) return { ...headers };
  return { identity: signIdentity({ identity: null, body: '', secret, clock }), correlationId };
}

function withoutTrace(headers: TransportInfo['headers']): TransportInfo['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !TRACE_HEADERS.has(name)));
}

function toPayload(options: SocketOptions, { request, info }: Stream): SubscribePayload {
  const { query, variables, operationName } = request;
  const payload: SubscribePayload = { query, variables, ...(operationName ? { operationName } : {}) };
  const { identitySecret: secret, clock } = options;
  if (secret === null) return payload;
  const playgraph: SignedExtension = {
    identity: signOperation(payload, info.identity, { secret, clock }),
    correlationId: info.correlationId,
    ...(Object.keys(info.headers).length > 0 ? { headers: info.headers } : {}),
  };
  return { ...payload, extensions: { playgraph } };
}
