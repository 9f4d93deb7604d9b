import { signIdentity } from '@playgraph/auth/signed-identity';
import type { Clock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import {
  failedResponse,
  type Transport,
  type TransportInfo,
  type TransportRequest,
  type TransportResponse,
} from './transport.ts';

/** How long a subgraph may take over one operation when nothing else is said. */
export const SUBGRAPH_DEADLINE_MS = 10_000;
/** How often a lost subscription connects again when nothing else is said. */
const SUBSCRIPTION_RETRIES_MAX = 5;

/** Where a subgraph is, and how to talk to it. */
export type HttpTransportOptions = {
  /** The subgraph's name, for messages and logs. */
  readonly name: string;
  /** Its GraphQL endpoint; subscriptions use the same address over WebSocket. */
  readonly url: string;
  readonly identitySecret: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly deadlineMs?: number;
  /** How often a lost subscription connects again before the stream fails. */
  readonly subscriptionRetriesMax?: number;
};

/** A `Transport` over HTTP, and graphql-ws for subscriptions (one socket a subscription: each carries its own identity). */
export function createHttpTransport(options: HttpTransportOptions): Transport {
  const closing = new AbortController();
  return {
    execute: (request, info) => post(options, request, info),
    subscribe: (request, info) =>
      subscribe(options, request, {
        ...info,
        signal: AbortSignal.any([info.signal, closing.signal]),
      }),
    close: async () => closing.abort(),
  };
}

async function post(
  options: HttpTransportOptions,
  request: TransportRequest,
  info: TransportInfo,
): Promise<TransportResponse> {
  const { query, variables, operationName } = request;
  const body = JSON.stringify({ query, variables, operationName });
  const deadline = AbortSignal.timeout(options.deadlineMs ?? SUBGRAPH_DEADLINE_MS);
  try {
    const response = await fetch(options.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'playgraph-identity': sign(options, info, body),
        'playgraph-correlation-id': info.correlationId,
        ...(info.isMetered ? { 'playgraph-meter': '1' } : {}),
      },
      body,
      signal: AbortSignal.any([info.signal, deadline]),
    });
    return parseResponse(await response.json());
  } catch (error) {
    info.signal.throwIfAborted();
    options.logger.warn(
      { subgraph: options.name, url: options.url, correlationId: info.correlationId, error: reasonOf(error) },
      'a subgraph gave no answer',
    );
    return deadline.aborted
      ? failedResponse('DEADLINE_EXCEEDED', `The ${options.name} service took too long.`)
      : failedResponse('UNAVAILABLE', `The ${options.name} service cannot be reached.`);
  }
}

async function* subscribe(
  options: HttpTransportOptions,
  request: TransportRequest,
  info: TransportInfo,
): AsyncGenerator<TransportResponse, void, void> {
  const client = createClient({
    url: options.url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: options.subscriptionRetriesMax ?? SUBSCRIPTION_RETRIES_MAX,
    connectionParams: () => ({ identity: sign(options, info, ''), correlationId: info.correlationId }),
  });
  const dispose = () => void client.dispose();
  info.signal.addEventListener('abort', dispose, { once: true });
  try {
    const { query, operationName, variables } = request;
    const events = client.iterate({ query, variables, ...(operationName ? { operationName } : {}) });
    for await (const event of events) yield parseResponse(event);
  } catch (error) {
    if (info.signal.aborted) return;
    if (Array.isArray(error)) yield { data: null, errors: error };
    else {
      options.logger.warn(
        { subgraph: options.name, url: options.url, error: reasonOf(error) },
        'a subgraph ended a subscription',
      );
      yield failedResponse('UNAVAILABLE', `The ${options.name} service cannot be reached.`);
    }
  } finally {
    info.signal.removeEventListener('abort', dispose);
    await client.dispose();
  }
}

/** `fetch` says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? String(error) : `${String(error)}: ${String(cause)}`;
}

function sign(options: HttpTransportOptions, info: TransportInfo, body: string): string {
  return signIdentity({ identity: info.identity, body, secret: options.identitySecret, clock: options.clock });
}

function parseResponse(value: unknown): TransportResponse {
  const isResponse = typeof value === 'object' && value !== null && ('data' in value || 'errors' in value);
  if (!isResponse) throw new TypeError('not a GraphQL response');
  return value as TransportResponse;
}
