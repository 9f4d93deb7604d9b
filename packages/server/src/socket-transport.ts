import { setMaxListeners } from 'node:events';
import { placeOf } from '@playgraph/auth/fetch-keys';
import { signIdentity } from '@playgraph/auth/signed-identity';
import type { Clock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import { type Random, systemRandom } from '@playgraph/kernel/random';
import type { SubscribePayload } from 'graphql-ws';
import { abortOnReturn } from './bounded-stream.ts';
import { exactVariablesOf } from './exact-variables.ts';
import { createResumableRequest, type ResumeRule } from './resume-rule.ts';
import { type SignedExtension, signOperation } from './signed-operation.ts';
import {
  CONNECT_MS_MAX,
  createSocketClient,
  MESSAGE_BYTES_MAX,
  PING_MS,
  SOCKET_IDLE_MS,
  type SocketClient,
  StreamBrokenError,
} from './socket-client.ts';
import { placeHeaders, upgradeHeaders } from './socket-headers.ts';
import { SUBPROTOCOL } from './socket-messages.ts';
import { createLogTurns } from './subgraph-faults.ts';
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

/** Where a subgraph streams its events. */
export type SocketOptions = {
  /** The subgraph's name, for messages and logs. */
  readonly name: string;
  /** Its GraphQL endpoint as an http(s) address; the socket opens at the same one. */
  readonly url: string;
  /** Signs who is asking, for each operation of the shared socket; null for a subgraph that does not check it. */
  readonly identitySecret: string | null;
  /**
   * How the subgraph learns who asks: by the `signature`, or by `headers`. Then the forwarded headers travel with the
   * upgrade and in the payload of `connection_init`, and a socket is shared by those that forward the same. By the
   * signature where there is a secret, when absent.
   */
  readonly callersBy?: 'signature' | 'headers';
  /**
   * The payload of `connection_init` where callers are told by headers: where it has which header, `headers.Authorization`
   * to `authorization`, say. A header that is not there is left out. All of them under their own names when absent.
   */
  readonly connectionParams?: Readonly<Record<string, string>>;
  /** How long connecting may take, the acknowledgement included. */
  readonly connectMsMax?: number;
  /** The largest message that the subgraph may send. */
  readonly messageBytesMax?: number;
  /** How often the subgraph is pinged; one that has not answered by the next ping is gone. */
  readonly pingMs?: number;
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
   * the last retry, its last response is a `lostResponse`, or one without `data` and with an error UNAVAILABLE when it
   * never started.
   */
  subscribe(request: TransportRequest, info: TransportInfo): AsyncGenerator<TransportResponse, void, void>;
  /** Ends every stream and socket. */
  close(): Promise<void>;
};

type Pool = {
  readonly clientsOf: Map<string, Set<SocketClient>>;
  readonly closing: AbortController;
  readonly logLoss: (reason: string, streams: number) => void;
  /** Sockets that were opened for one stream alone. */
  solitary: number;
};

/** Streams over as few sockets as possible: one for everybody, or one for each set of forwarded headers. */
export function createSocketStreams(options: SocketOptions): SocketStreams {
  const pool: Pool = {
    clientsOf: new Map(),
    closing: new AbortController(),
    logLoss: createLossLog(options),
    solitary: 0,
  };
  setMaxListeners(0, pool.closing.signal);
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

type Stream = { readonly request: TransportRequest; readonly info: TransportInfo & { readonly signal: AbortSignal } };

async function* follow(
  options: SocketOptions,
  pool: Pool,
  { request, info }: Stream,
): AsyncGenerator<TransportResponse, void, void> {
  const resumable = createResumableRequest(request, options.resumeRules ?? []);
  const { signal } = info;
  let retries = 0;
  let hasStarted = false;
  let isAlone = false;
  while (!signal.aborted && !pool.closing.signal.aborted) {
    const client = pickClient(options, pool, { info, isAlone });
    if (!client) return yield neverBegan(`The ${options.name} service has too many streams.`);
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
      hasStarted ||= error.facts.wasSubscribed;
      // Next time it will be plain whether this stream is the reason, and nobody else is lost by it.
      isAlone ||= error.facts.isUnclear === true;
      const canGoOn = !hasStarted || resumable?.canResume() === true;
      const retriesMax = options.subscriptionRetriesMax ?? (hasStarted ? RETRIES_MAX : START_RETRIES_MAX);
      if (error.facts.isFinal || !canGoOn || retries >= retriesMax)
        return yield lastResponse(options, { hasStarted, error });
      retries += 1;
      options.observer?.onStreamRetried?.(options.name, { isResumed: hasStarted });
    }
    await backOff(options, retries, [signal, pool.closing.signal]);
  }
}

function lastResponse(
  { name }: SocketOptions,
  { hasStarted, error }: { readonly hasStarted: boolean; readonly error: StreamBrokenError },
): TransportResponse {
  if (error.facts.isForeign) return neverBegan(`The ${name} service does not speak ${SUBPROTOCOL}.`);
  if (!hasStarted) return neverBegan(`The ${name} service cannot be reached.`);
  if (error.facts.isTooSlow)
    return lostResponse('TOO_SLOW', `The events of the ${name} service came faster than they were read.`);
  return lostResponse('UPSTREAM_LOST', `The stream of the ${name} service was lost.`);
}

/** Without `data`, as a subgraph's own refusal: no event, for there is no stream. */
function neverBegan(message: string): TransportResponse {
  const { errors } = failedResponse('UNAVAILABLE', message);
  return { errors };
}

/** Resolves after a while, or at once when one of `signals` aborts. Leaves nothing on them: some live very long. */
async function backOff(options: SocketOptions, retries: number, signals: readonly AbortSignal[]): Promise<void> {
  const longestMs = Math.min(RETRY_MS * 2 ** (retries - 1), RETRY_MS_MAX);
  // Half of it by chance, so that a thousand gateways do not come back at the same instant.
  const waitMs = longestMs / 2 + (options.random ?? systemRandom).int(Math.ceil(longestMs / 2));
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, waitMs).unref();
    for (const signal of signals) signal.addEventListener('abort', end);
  });
}

type Wanted = { readonly info: TransportInfo; readonly isAlone: boolean };

function pickClient(options: SocketOptions, pool: Pool, { info, isAlone }: Wanted): SocketClient | null {
  const headers = secretOf(options) === null ? upgradeHeaders(info) : {};
  if (isAlone) pool.solitary += 1;
  const key = isAlone ? `alone ${pool.solitary}` : JSON.stringify(Object.entries(headers).toSorted());
  const clients = pool.clientsOf.get(key) ?? new Set();
  for (const client of clients) if (client.operations() < OPERATIONS_PER_SOCKET_MAX) return client;
  const total = [...pool.clientsOf.values()].reduce((sum, { size }) => sum + size, 0);
  if (total >= (options.socketsMax ?? SOCKETS_MAX)) return null;
  let wasOpen = false;
  const client = createSocketClient({
    url: options.url.replace(/^http/, 'ws'),
    headers,
    connectionParams: () => toConnectionParams(options, { headers, correlationId: info.correlationId }),
    idleMs: isAlone ? 0 : (options.socketIdleMs ?? SOCKET_IDLE_MS),
    connectMsMax: options.connectMsMax ?? CONNECT_MS_MAX,
    messageBytesMax: options.messageBytesMax ?? MESSAGE_BYTES_MAX,
    pingMs: options.pingMs ?? PING_MS,
    onOpen: () => {
      wasOpen = true;
      options.observer?.onSocketOpened?.(options.name);
    },
    // Once for all streams: a lost socket may carry hundreds.
    onLost: (reason, streams) => {
      if (!pool.closing.signal.aborted) pool.logLoss(reason, streams);
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

/** As faults are logged: a subgraph that is down is connected to again and again. */
function createLossLog({ name, url, logger, clock }: SocketOptions): Pool['logLoss'] {
  const takeTurn = createLogTurns(clock);
  return (reason, streams) => {
    const unwritten = takeTurn();
    if (unwritten === null) return;
    logger.warn({ subgraph: name, url: placeOf(url), reason, streams, unwritten }, 'streams broke');
  };
}

/** What operations are signed with; null where the subgraph learns by headers who asks. */
function secretOf({ identitySecret, callersBy = 'signature' }: SocketOptions): string | null {
  return callersBy === 'signature' ? identitySecret : null;
}

/** Ours learn by a signature that the gateway connects, and who is asking with each operation. */
function toConnectionParams(
  options: SocketOptions,
  { headers, correlationId }: Pick<TransportInfo, 'headers' | 'correlationId'>,
): Record<string, unknown> {
  const { clock, connectionParams } = options;
  const secret = secretOf(options);
  if (secret !== null) return { identity: signIdentity({ identity: null, body: '', secret, clock }), correlationId };
  return connectionParams ? placeHeaders(connectionParams, headers) : { ...headers };
}

function toPayload(options: SocketOptions, { request, info }: Stream): SubscribePayload {
  const { query, operationName } = request;
  const payload: SubscribePayload = {
    query,
    variables: exactVariablesOf(request),
    ...(operationName ? { operationName } : {}),
  };
  const { clock } = options;
  const secret = secretOf(options);
  if (secret === null) return payload;
  const playgraph: SignedExtension = {
    identity: signOperation(payload, info.identity, { secret, clock }),
    correlationId: info.correlationId,
    ...(Object.keys(info.headers).length > 0 ? { headers: info.headers } : {}),
  };
  return { ...payload, extensions: { playgraph } };
}
