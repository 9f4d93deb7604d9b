import type { Logger } from '@playgraph/kernel/logger';
import type { StreamLimits } from '@playgraph/server/bounded-stream';
import { maskError } from '@playgraph/server/mask-error';
import { lossOf } from '@playgraph/server/socket-transport';
import type { TransportResponse } from '@playgraph/server/transport';
import { clientKeyOf } from '../calls/client-key.ts';
import { type ClientInfo, printRefusal, type Refusal } from '../client-request.ts';
import type { PreparedOperation } from '../operations/prepare-operation.ts';
import { createFanOut, type FanOut } from './fan-out.ts';
import { printEnd, type StreamAnswer } from './stream-answer.ts';
import type { SlowReaderPolicy, StreamObserver } from './stream-observer.ts';
import type { SubscriptionPlan } from './subscription-plan.ts';

/** A subscription as a client asks for it. */
export type SubscriptionRequest = {
  readonly operation: PreparedOperation;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly client: ClientInfo;
};

export type SubscriptionsDeps = {
  /** Plans on the graph in force. May throw: the client gets the error, masked. */
  readonly plan: (request: SubscriptionRequest) => SubscriptionPlan | { readonly refused: StreamAnswer };
  /**
   * The operation of a running stream on the graph in force, after a reload. Refuses also where the rules of access have
   * changed, since whoever reads the stream was admitted under the older ones.
   */
  readonly prepareAgain: (operation: PreparedOperation) => PreparedOperation | Refusal;
  readonly logger: Logger;
  /** Whether equal subscriptions of equal rights share one upstream; `GATEWAY_SHARING=off` says no. True when absent. */
  readonly isSharing?: boolean;
  /** `close` when absent. */
  readonly slowReader?: SlowReaderPolicy;
  /** How much waits for one client; QUEUE_EVENTS_MAX and QUEUE_BYTES_MAX when absent. */
  readonly queue?: StreamLimits;
  readonly observer?: StreamObserver;
};

/** What every door's subscriptions run through. */
export type Subscriptions = {
  /**
   * One answer per event, in order, until the subgraph completes, `client.signal` aborts or the caller returns; the
   * last two take effect at once, also while an event is awaited. Never throws: what fails is an answer, and a stream
   * that ends before its source says why in its last one (StreamAnswer.ends).
   *
   * Equal operations with equal variables, identity and forwarded headers share one upstream, and each event is
   * completed and printed once; who joins gets the events from then on. A client that asks for an answer of its own
   * (`allowsSharing`) or for metering gets an upstream of its own.
   */
  subscribe(request: SubscriptionRequest): AsyncGenerator<StreamAnswer, void, void>;
  /** Streams of `moved` subgraphs end: those are elsewhere now. A newer supergraph is in force: streams whose plan is the same go on under it, the others end with GRAPH_CHANGED. */
  graphChanged(moved?: ReadonlySet<string>): void;
  /** How many upstreams are open. */
  upstreams(): number;
};

/** One stream of a subgraph, and those who read it. */
type Upstream = { readonly request: SubscriptionRequest; readonly fanOut: FanOut; plan: SubscriptionPlan };
type State = {
  readonly deps: SubscriptionsDeps;
  readonly observer: StreamObserver;
  readonly upstreams: Set<Upstream>;
  /** Those that others may join. */
  readonly shared: Map<string, Upstream>;
};

export function createSubscriptions(deps: SubscriptionsDeps): Subscriptions {
  const state: State = { deps, observer: deps.observer ?? {}, upstreams: new Set(), shared: new Map() };
  return {
    subscribe: (request) => subscribe(state, request),
    graphChanged(moved = new Set()) {
      for (const upstream of [...state.upstreams]) carryOver(state, upstream, moved);
    },
    upstreams: () => state.upstreams.size,
  };
}

function subscribe(state: State, request: SubscriptionRequest): AsyncGenerator<StreamAnswer, void, void> {
  const { client } = request;
  const plan = tryPlan(state, request);
  if ('refused' in plan) return single(plan.refused);
  const mayShare = (state.deps.isSharing ?? true) && client.allowsSharing && !client.isMetered;
  if (!mayShare) return open(state, request, { plan, key: null }).fanOut.join(client.signal);
  const key = `${clientKeyOf(client)}${plan.key}`;
  const upstream = state.shared.get(key) ?? open(state, request, { plan, key });
  return upstream.fanOut.join(client.signal);
}

function tryPlan(state: State, request: SubscriptionRequest): SubscriptionPlan | { readonly refused: StreamAnswer } {
  try {
    return state.deps.plan(request);
  } catch (error) {
    return { refused: printMasked(state, error, request.client) };
  }
}

function open(
  state: State,
  request: SubscriptionRequest,
  { plan, key }: { readonly plan: SubscriptionPlan; readonly key: string | null },
): Upstream {
  const { observer } = state;
  const { subgraph } = plan.primary;
  const unlist = (): void => {
    if (key !== null && state.shared.get(key) === upstream) state.shared.delete(key);
  };
  const fanOut = createFanOut({
    start: (signal) => readEvents(state, upstream, { ...request.client, signal }),
    slowReader: state.deps.slowReader ?? 'close',
    ...(state.deps.queue && { limits: state.deps.queue }),
    observer,
    onEnded: () => {
      unlist();
      state.upstreams.delete(upstream);
      observer.onUpstreamClosed?.(subgraph);
    },
    onRefused: unlist,
  });
  const upstream: Upstream = { request, fanOut, plan };
  state.upstreams.add(upstream);
  if (key !== null) state.shared.set(key, upstream);
  observer.onUpstreamOpened?.(subgraph);
  return upstream;
}

async function* readEvents(
  state: State,
  upstream: Upstream,
  client: ClientInfo,
): AsyncGenerator<StreamAnswer, void, void> {
  const { subgraph, transport, request } = upstream.plan.primary;
  try {
    for await (const event of transport.subscribe(request, client)) {
      const loss = lossOf(event);
      if (loss) return yield printEnd(loss);
      state.observer.onEventIn?.(subgraph);
      const answer = await completeEvent(state, { upstream, client }, event);
      if (client.signal.aborted) return;
      yield answer;
    }
  } catch (error) {
    // A transport promises not to throw; one that does must not take its readers with it.
    if (!client.signal.aborted) yield printMasked(state, error, client);
  }
}

async function completeEvent(
  state: State,
  { upstream, client }: { readonly upstream: Upstream; readonly client: ClientInfo },
  event: TransportResponse,
): Promise<StreamAnswer> {
  try {
    return await upstream.plan.complete(event, client);
  } catch (error) {
    return printMasked(state, error, client);
  }
}

function carryOver(state: State, upstream: Upstream, moved: ReadonlySet<string>): void {
  const { request } = upstream;
  const operation = state.deps.prepareAgain(request.operation);
  const plan = 'errors' in operation ? null : tryPlan(state, { ...request, operation });
  const isSame = plan && 'key' in plan && plan.key === upstream.plan.key && !moved.has(plan.primary.subgraph);
  if (isSame) upstream.plan = plan;
  else upstream.fanOut.end(printEnd('GRAPH_CHANGED'));
}

async function* single(answer: StreamAnswer): AsyncGenerator<StreamAnswer, void, void> {
  yield answer;
}

function printMasked(state: State, error: unknown, { correlationId }: ClientInfo): StreamAnswer {
  return printRefusal({ errors: [maskError(error, { logger: state.deps.logger, correlationId })], status: 500 });
}
