import { once } from '@playgraph/kernel/once';
import { createCaller } from './call-subgraph.ts';
import type { BreakerState } from './circuit-breaker.ts';
import type { HttpTransportOptions } from './http-transport-options.ts';
import { createSocketStreams } from './socket-transport.ts';
import type { Transport } from './transport.ts';

/** A transport that can be looked at from outside. */
export type HttpTransport = Transport & {
  /** Requests that run and wait, and whether the breaker lets them. */
  stats(): { readonly breaker: BreakerState; readonly running: number; readonly waiting: number };
};

/**
 * A `Transport` over HTTP, and for subscriptions over one graphql-ws socket. Calls go over a bounded pool of keep-alive connections,
 * have a deadline, are retried when they are queries, and are kept away from a subgraph that fails. `close` ends streams
 * at once and lets calls under way come to their end, retries included; who calls afterwards is told UNAVAILABLE.
 */
export function createHttpTransport(options: HttpTransportOptions): HttpTransport {
  const caller = createCaller(options);
  const { responseBytesMax, url, subscriptionUrl = url } = options;
  const streams = createSocketStreams({
    ...options,
    url: subscriptionUrl,
    ...(responseBytesMax !== undefined && { messageBytesMax: responseBytesMax }),
  });
  return {
    execute: caller.call,
    subscribe: streams.subscribe,
    stats: caller.stats,
    close: once(async () => {
      await Promise.all([streams.close(), caller.close()]);
    }),
  };
}
