import type { StreamLimits } from '@playgraph/server/bounded-stream';
import { lossOf, lostResponse } from '@playgraph/server/socket-transport';
import type { Transport, TransportResponse } from '@playgraph/server/transport';
import { clientKeyOf } from '../calls/client-key.ts';
import type { ClientInfo } from '../client-request.ts';
import { createFanOut, type FanOut, type ItemRules } from './fan-out.ts';
import type { SlowReaderPolicy, StreamObserver } from './stream-observer.ts';
import type { SubscriptionPlan } from './subscription-plan.ts';

/** Events of subgraphs. Equal requests on behalf of those whom no subgraph can tell apart are one. */
export type SharedEvents = {
  /**
   * The subgraph's responses from now on, until it completes or `client.signal` aborts. Who does not keep up with the
   * others is dealt with as `slowReader` says; the last response is a `lostResponse` then. With `isShared` false the
   * subgraph is asked for this reader alone.
   */
  follow(
    primary: SubscriptionPlan['primary'],
    reader: { readonly client: ClientInfo; readonly isShared: boolean },
  ): AsyncGenerator<TransportResponse, void, void>;
};

export type SharedEventsDeps = {
  readonly slowReader: SlowReaderPolicy;
  readonly limits?: StreamLimits;
  readonly observer: StreamObserver;
  /** Counts an upstream; what it returns is called when that has ended. */
  readonly onOpened: (subgraph: string) => () => void;
};

/** `client` without what tells it from others. What is asked so may be told to everybody. */
export function asNobody(client: ClientInfo): ClientInfo {
  return { ...client, identity: null, headers: NO_HEADERS, correlationId: crypto.randomUUID(), isMetered: false };
}

const NO_HEADERS = {};

/** Where the body of a request says how its operation is called: only logs of a subgraph depend on that. */
const NAME_IN_DOCUMENT = /^(\{"query":"subscription) \w+/;
const NAME_BESIDE = /,"operationName":"\w+"\}$/;

type Source = { readonly transport: Transport; readonly events: FanOut<TransportResponse> };

export function createSharedEvents(deps: SharedEventsDeps): SharedEvents {
  const sources = new Map<string, Source>();
  return {
    follow(primary, { client, isShared }) {
      const { signal } = client;
      const key = keyOf(primary, client);
      const known = sources.get(key);
      // A subgraph that has moved is asked where it is now.
      if (isShared && known?.transport === primary.transport) return known.events.join(signal);
      const unlist = () => {
        if (sources.get(key) === source) sources.delete(key);
      };
      const source: Source = { transport: primary.transport, events: open(deps, { primary, client, unlist }) };
      if (isShared) sources.set(key, source);
      return source.events.join(signal);
    },
  };
}

function keyOf({ subgraph, request: { body } }: SubscriptionPlan['primary'], client: ClientInfo): string {
  const nameless = body.replace(NAME_IN_DOCUMENT, '$1').replace(NAME_BESIDE, '}');
  return `${clientKeyOf(client)}${subgraph}\n${nameless}`;
}

type Opening = {
  readonly primary: SubscriptionPlan['primary'];
  /** As whom the subgraph is asked. */
  readonly client: ClientInfo;
  readonly unlist: () => void;
};

function open(deps: SharedEventsDeps, { primary, client, unlist }: Opening): FanOut<TransportResponse> {
  const { limits, slowReader, observer } = deps;
  const { subgraph, transport, request } = primary;
  const onClosed = deps.onOpened(subgraph);
  return createFanOut<TransportResponse>({
    async *start(signal) {
      for await (const event of transport.subscribe(request, { ...client, signal })) {
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
