import type { Logger } from '@playgraph/kernel/logger';
import type { StreamLimits } from '@playgraph/server/bounded-stream';
import { maskError } from '@playgraph/server/mask-error';
import { lossOf } from '@playgraph/server/socket-transport';
import type { TransportResponse } from '@playgraph/server/transport';
import { clientKeyOf } from '../calls/client-key.ts';
import { type ClientInfo, printRefusal, type Refusal } from '../client-request.ts';
import type { PreparedOperation } from '../operations/prepare-operation.ts';
import { refuseUnplanned } from '../operations/refuse-unplanned.ts';
import { createFanOut, type FanOut } from './fan-out.ts';
import { asNobody, createSharedEvents, type SharedEvents } from './shared-events.ts';
import { answerRules, printEnd, type StreamAnswer } from './stream-answer.ts';
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
   * Equal requests to a subgraph with equal identity and forwarded headers share one upstream; each event is completed
   * and printed once for all whose operations and variables are equal too. Who joins gets the events from then on. Where the plan's audience is wider, the subgraph
   * is asked as nobody, and identity and headers count for as much as each caller's own part is. A client that asks for
   * an answer of its own (`allowsSharing`) or for metering gets an upstream of its own.
   */
  subscribe(request: SubscriptionRequest): AsyncGenerator<StreamAnswer, void, void>;
  /** Streams of `moved` subgraphs end: those are elsewhere now. A newer supergraph is in force: streams whose plan is the same go on under it, the others end with GRAPH_CHANGED. */
  graphChanged(moved?: ReadonlySet<string>): void;
  /** How many upstreams are open. */
  upstreams(): number;
};

/** Those who get the same answers. */
type Stream = {
  readonly request: SubscriptionRequest;
  readonly fanOut: FanOut<StreamAnswer>;
  readonly isShared: boolean;
  plan: SubscriptionPlan;
};
type State = {
  readonly deps: SubscriptionsDeps;
  readonly observer: StreamObserver;
  readonly streams: Set<Stream>;
  /** Those that others may join. */
  readonly shared: Map<string, Stream>;
  readonly events: SharedEvents;
};

/** What subgraphs stream to us. `open` counts one; what it returns counts its end. */
type Upstreams = { open(subgraph: string): () => void; count(): number };

export function createSubscriptions(deps: SubscriptionsDeps): Subscriptions {
  const { observer = {}, slowReader = 'close' } = deps;
  const upstreams = countUpstreams(observer);
  const events = createSharedEvents({
    slowReader,
    ...(deps.queue && { limits: deps.queue }),
    observer,
    onOpened: upstreams.open,
  });
  const state: State = { deps, observer, streams: new Set(), shared: new Map(), events };
  return {
    subscribe: (request) => subscribe(state, request),
    graphChanged(moved = new Set()) {
      for (const stream of [...state.streams]) carryOver(state, stream, moved);
    },
    upstreams: upstreams.count,
  };
}

function countUpstreams(observer: StreamObserver): Upstreams {
  let count = 0;
  return {
    open(subgraph) {
      count += 1;
      observer.onUpstreamOpened?.(subgraph);
      return () => {
        count -= 1;
        observer.onUpstreamClosed?.(subgraph);
      };
    },
    count: () => count,
  };
}

function subscribe(state: State, request: SubscriptionRequest): AsyncGenerator<StreamAnswer, void, void> {
  const { client } = request;
  const plan = tryPlan(state, request);
  if ('refused' in plan) {
    state.observer.onRefused?.(plan.refused);
    return single(plan.refused);
  }
  const mayShare = (state.deps.isSharing ?? true) && client.allowsSharing && !client.isMetered;
  if (!mayShare) return open(state, request, { plan, key: null }).fanOut.join(client.signal);
  const key = plan.audience === 'EVERYBODY' ? plan.key : `${clientKeyOf(client)}${plan.key}`;
  const stream = state.shared.get(key) ?? open(state, request, { plan, key });
  return stream.fanOut.join(client.signal);
}

function tryPlan(state: State, request: SubscriptionRequest): SubscriptionPlan | { readonly refused: StreamAnswer } {
  try {
    return state.deps.plan(request);
  } catch (error) {
    const { operation, client } = request;
    const { logger } = state.deps;
    const unplanned = refuseUnplanned(error, { operation, correlationId: client.correlationId, logger });
    return { refused: unplanned ? printRefusal(unplanned) : printMasked(state, error, client) };
  }
}

function open(
  state: State,
  request: SubscriptionRequest,
  { plan, key }: { readonly plan: SubscriptionPlan; readonly key: string | null },
): Stream {
  const { deps, observer } = state;
  const unlist = (): void => {
    if (key !== null && state.shared.get(key) === stream) state.shared.delete(key);
  };
  const fanOut = createFanOut<StreamAnswer>({
    start: (signal) => readEvents(state, stream, signal),
    rules: answerRules,
    slowReader: deps.slowReader ?? 'close',
    ...(deps.queue && { limits: deps.queue }),
    observer,
    onEnded: () => {
      unlist();
      state.streams.delete(stream);
    },
    onRefused: unlist,
  });
  const stream: Stream = { request, fanOut, isShared: key !== null, plan };
  state.streams.add(stream);
  if (key !== null) state.shared.set(key, stream);
  return stream;
}

async function* readEvents(
  state: State,
  stream: Stream,
  signal: AbortSignal,
): AsyncGenerator<StreamAnswer, void, void> {
  const { audience } = stream.plan;
  const caller = { ...stream.request.client, signal };
  const client = audience === 'EVERYBODY' ? asNobody(caller) : caller;
  try {
    for await (const event of eventsOf(state, stream, client)) {
      const loss = lossOf(event);
      if (loss) return yield printEnd(loss);
      const answer = await completeEvent(state, { stream, client }, event);
      if (signal.aborted) return;
      yield answer;
    }
  } catch (error) {
    // A transport promises not to throw; one that does must not take its readers with it.
    if (!signal.aborted) yield printMasked(state, error, client);
  }
}

function eventsOf(
  { events }: State,
  { plan: { primary, audience }, isShared }: Stream,
  client: ClientInfo,
): AsyncGenerator<TransportResponse, void, void> {
  return events.follow(primary, { client: audience === 'CALLER' ? client : asNobody(client), isShared });
}

async function completeEvent(
  state: State,
  { stream, client }: { readonly stream: Stream; readonly client: ClientInfo },
  event: TransportResponse,
): Promise<StreamAnswer> {
  try {
    return await stream.plan.complete(event, client);
  } catch (error) {
    return printMasked(state, error, client);
  }
}

function carryOver(state: State, stream: Stream, moved: ReadonlySet<string>): void {
  const { request } = stream;
  const operation = state.deps.prepareAgain(request.operation);
  const plan = 'errors' in operation ? null : tryPlan(state, { ...request, operation });
  const isSame = plan && 'key' in plan && plan.key === stream.plan.key && !moved.has(plan.primary.subgraph);
  if (isSame) stream.plan = plan;
  else stream.fanOut.end(printEnd('GRAPH_CHANGED'));
}

async function* single(answer: StreamAnswer): AsyncGenerator<StreamAnswer, void, void> {
  yield answer;
}

function printMasked(state: State, error: unknown, { correlationId }: ClientInfo): StreamAnswer {
  return printRefusal({ errors: [maskError(error, { logger: state.deps.logger, correlationId })], status: 500 });
}
