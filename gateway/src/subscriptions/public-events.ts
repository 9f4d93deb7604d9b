import type { StreamLimits } from '@playgraph/server/bounded-stream';
import { lossOf, lostResponse } from '@playgraph/server/socket-transport';
import type { Transport, TransportResponse } from '@playgraph/server/transport';
import type { ClientInfo } from '../client-request.ts';
import { createFanOut, type FanOut, type ItemRules } from './fan-out.ts';
import type { SlowReaderPolicy, StreamObserver } from './stream-observer.ts';
import type { SubscriptionPlan } from './subscription-plan.ts';

/** Events that are the same for everybody: a subgraph is asked for them as nobody, and once for all. */
export type PublicEvents = {
  /**
   * The subgraph's responses from now on, until it completes or the signal aborts. Who does not keep up with the others
   * is dealt with as `slowReader` says; the last response is a `lostResponse` then. With `isShared` false the subgraph is
   * asked for this reader alone.
   */
  follow(
    primary: SubscriptionPlan['primary'],
    reader: { readonly signal: AbortSignal; readonly isShared: boolean },
  ): AsyncGenerator<TransportResponse, void, void>;
};

export type PublicEventsDeps = {
  readonly slowReader: SlowReaderPolicy;
  readonly limits?: StreamLimits;
  readonly observer: StreamObserver;
  /** Counts an upstream; what it returns is called when that has ended. */
  readonly onOpened: (subgraph: string) => () => void;
};

/** `client` without what tells it from others. What is asked so may be told to everybody. */
export function asNobody(client: ClientInfo): ClientInfo {
  return { ...client, identity: null, headers: NO_HEADERS, correlationId: crypto.randomUUID() };
}

const NO_HEADERS = {};

type Source = { readonly transport: Transport; readonly events: FanOut<TransportResponse> };

export function createPublicEvents(deps: PublicEventsDeps): PublicEvents {
  const sources = new Map<string, Source>();
  return {
    follow(primary, { signal, isShared }) {
      const key = `${primary.subgraph}\n${primary.request.body}`;
      const known = sources.get(key);
      // A subgraph that has moved is asked where it is now.
      if (isShared && known?.transport === primary.transport) return known.events.join(signal);
      const unlist = () => {
        if (sources.get(key) === source) sources.delete(key);
      };
      const source: Source = { transport: primary.transport, events: open(deps, primary, unlist) };
      if (isShared) sources.set(key, source);
      return source.events.join(signal);
    },
  };
}

function open(
  deps: PublicEventsDeps,
  { subgraph, transport, request }: SubscriptionPlan['primary'],
  unlist: () => void,
): FanOut<TransportResponse> {
  const { limits, slowReader, observer } = deps;
  const onClosed = deps.onOpened(subgraph);
  return createFanOut<TransportResponse>({
    async *start(signal) {
      const nobody = { identity: null, headers: NO_HEADERS, correlationId: crypto.randomUUID(), isMetered: false };
      for await (const event of transport.subscribe(request, { ...nobody, signal })) {
        if (!lossOf(event)) observer.onEventIn?.(subgraph);
        yield event;
      }
    },
    rules: createEventRules(),
    slowReader,
    ...(limits && { limits }),
    // Its readers are no clients: those are told of where they are read.
    observer: { onSlowReader: (policy) => observer.onSlowReader?.(policy) },
    onEnded: () => {
      unlist();
      onClosed();
    },
    onRefused: unlist,
  });
}

function createEventRules(): ItemRules<TransportResponse> {
  // Each event is measured once, however many wait for it.
  const sizes = new WeakMap<TransportResponse, number>();
  return {
    bytesOf(event) {
      const size = sizes.get(event) ?? JSON.stringify(event).length;
      sizes.set(event, size);
      return size;
    },
    isLast: (event) => lossOf(event) !== null,
    isRefusal: ({ data }) => data === undefined || data === null,
    tooSlow: () => lostResponse('TOO_SLOW', 'The events were not read fast enough.'),
  };
}
