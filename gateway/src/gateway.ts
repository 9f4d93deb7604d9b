import type { GatewayInterface } from '@apollo/server-gateway-interface';
import type { Logger } from '@playgraph/kernel/logger';
import type { StreamLimits } from '@playgraph/server/bounded-stream';
import type { Transport } from '@playgraph/server/transport';
import type { AnswerCache } from './cache/answer-cache.ts';
import { readCacheControl } from './cache/cache-control.ts';
import type { EntityCache } from './cache/entity-cache.ts';
import { type CallRunnerStats, createCallRunner } from './calls/call-runner.ts';
import type { RecordedCall } from './calls/recorder.ts';
import type { ClientInfo, ClientRequest, Refusal } from './client-request.ts';
import type { CompiledOperation, Variables } from './execution/compiled-operation.ts';
import { createOperationPlanner } from './execution/plan-operation.ts';
import { createExecutor, type Executor } from './executor.ts';
import { createGraph, defersAnything, type ExecutableGraph, type GraphOptions } from './graph.ts';
import type { OperationForm, PlannedOperation } from './operation-forms.ts';
import type { GraphVersion } from './operations/carry-over.ts';
import { createReadyKeeper, type UsedVersion } from './operations/keep-ready.ts';
import { NO_OPERATION_SOURCES, type OperationSources } from './operations/operation-sources.ts';
import type { PreparedOperation } from './operations/prepare-operation.ts';
import { createRequestPreparer } from './operations/prepare-request.ts';
import { admit, prepareAgain } from './protection/admit.ts';
import { PROTECTION_DEFAULTS } from './protection/protect-operation.ts';
import { createAudienceRule, findUnknownFields } from './subscriptions/audience.ts';
import type { StreamAnswer } from './subscriptions/stream-answer.ts';
import type { SlowReaderPolicy, StreamObserver } from './subscriptions/stream-observer.ts';
import { planSubscription } from './subscriptions/subscription-plan.ts';
import { createSubscriptions } from './subscriptions/subscriptions.ts';
import { createSupergraphLoader, type SupergraphSource } from './supergraph.ts';
import type { ExecutionObserver } from './telemetry/observe-execution.ts';
import { checkSubgraph, createTransportPool } from './transport-pool.ts';

/** How often a request is prepared anew because the graph changed meanwhile. */
const PREPARE_TRIES_MAX = 3;
const GRAPH_CHANGES: Refusal = {
  errors: [{ message: 'The graph is changing. Try again.', extensions: { code: 'UNAVAILABLE', retryAfterSeconds: 1 } }],
  status: 503,
};

/** The most lexical tokens that a document may have when nothing else is said. */
const DOCUMENT_TOKENS_MAX = 20_000;

export type GatewayDeps = {
  readonly source: SupergraphSource;
  /** The way to a subgraph, made once for each name and address that the supergraph mentions. */
  readonly createTransport: (subgraph: { readonly name: string; readonly url: string }) => Transport;
  /** How long a call of any of these may take, so that none is closed under what still needs it. */
  readonly longestCallMs?: () => number;
  readonly logger: Logger;
  /** What a graph is checked and masked by; see `GraphOptions`. */
  readonly graphOptions?: Partial<Omit<GraphOptions, 'logger'>>;
  /** Where documents come from that are not in the request. */
  readonly operations?: OperationSources;
  /** Whether equal work under way is shared between requests. True when absent. */
  readonly sharing?: boolean;
  /** Whether the calls that an operation sent last time are sent ahead. True when absent. */
  readonly prediction?: boolean;
  /** Whether calls to a subgraph are sent ahead; to all when absent. */
  readonly predicts?: (subgraph: string) => boolean;
  /** Entities that are kept by what subgraphs say of them; none when absent. */
  readonly entities?: EntityCache | undefined;
  /** Whole answers of listed operations that are kept; none when absent. */
  readonly answers?: AnswerCache | undefined;
  readonly slowReader?: SlowReaderPolicy;
  /** How much of a stream waits for one client. */
  readonly streamQueue?: StreamLimits;
  readonly streamObserver?: StreamObserver;
  /** What has one value for everybody, as `Type` or `Type.field`: subscriptions to it share one upstream. Nothing when absent. */
  readonly publicFields?: readonly string[];
  readonly executionObserver?: ExecutionObserver | undefined;
  /** Told of each version that comes into force; null: one came that cannot be used. */
  readonly onSupergraph?: ((sdl: string | null) => void) | undefined;
};

/** A loaded supergraph that answers operations; the doors (HTTP, WebSocket) stand in `http/` and `websocket/`. */
export type Gateway = Executor & {
  /** What ApolloServer drives: load, updates, stop and our executor. */
  readonly forServer: GatewayInterface;
  /** The graph in force. @throws TypeError before the first load. */
  graph(): ExecutableGraph;
  /** Which document a request means, whether it is valid, and whether this client may run it with these variables. */
  prepare(request: ClientRequest, client: ClientInfo): Promise<PreparedOperation | Refusal>;
  /** Runs a subscription: one answer per event. Never throws. */
  subscribe(
    operation: PreparedOperation,
    variables: Variables,
    client: ClientInfo,
  ): AsyncGenerator<StreamAnswer, void, void>;
  /** Plans what the manifest lists, after it has changed. */
  manifestChanged(): void;
  stats(): CallRunnerStats & { readonly upstreams: number; readonly compiledOperations: number };
  /** Resolves when every subgraph answers. @throws Error naming one that does not. */
  checkReady(): Promise<void>;
  /** Closes every transport. The supergraph's watcher is stopped by ApolloServer through `forServer.stop`. */
  close(): Promise<void>;
};

/** A gateway over any Federation 2 supergraph; it knows nothing of what the graph is about. */
export function createGateway(deps: GatewayDeps): Gateway {
  const { logger, operations = NO_OPERATION_SOURCES } = deps;
  const loader = createSupergraphLoader(deps.source, logger, () => deps.onSupergraph?.(null));
  const transports = createTransportPool(deps.createTransport, deps.longestCallMs);
  let ready: UsedVersion<PlannedOperation, CompiledOperation> | null = null;
  const keeper = createReadyKeeper<PlannedOperation, CompiledOperation>({ manifest: operations.manifest, logger });
  let current: ExecutableGraph | null = null;
  let previous: ExecutableGraph | null = null;
  const graph = (): ExecutableGraph => {
    if (!current) throw new TypeError('the supergraph is not loaded yet');
    return current;
  };
  const runner = createCallRunner({
    transports: () => graph().transports,
    sharing: deps.sharing ?? true,
    prediction: deps.prediction ?? true,
    predictionOptOut: { has: (subgraph) => !(deps.predicts?.(subgraph) ?? true) },
    ...(deps.entities ? { isKept: isOfEntityCache } : {}),
  });
  // Who asks after an invalidation must not wait for what was asked before it.
  deps.entities?.onInvalidated(() => runner.seal());
  const { publicFields = [] } = deps;
  const audienceOf = createAudienceRule(publicFields);
  const subscriptions = createSubscriptions({
    plan: (request) =>
      planSubscription(graph(), { ...request, callFor: runner.callFor, audienceOf, observer: deps.executionObserver }),
    prepareAgain: (operation) => prepareAgain(operation, { from: previous, to: graph() }),
    logger,
    isSharing: deps.sharing ?? true,
    slowReader: deps.slowReader ?? 'close',
    ...(deps.streamQueue ? { queue: deps.streamQueue } : {}),
    ...(deps.streamObserver ? { observer: deps.streamObserver } : {}),
  });

  /** A version that cannot be served leaves the older one as it was. */
  const open = (supergraphSdl: string): ExecutableGraph => {
    const planner = createOperationPlanner(supergraphSdl);
    const opened = transports.open(planner.subgraphUrls);
    try {
      const options = toGraphOptions(deps);
      const next = createGraph(planner, supergraphSdl, { transports: opened.transports, options });
      deps.entities?.useGraph({ supergraphSchema: planner.supergraphSchema, supergraphSdl });
      opened.use();
      return next;
    } catch (error) {
      opened.discard();
      throw error;
    }
  };
  const change = (supergraphSdl: string): void => {
    const next = open(supergraphSdl);
    const unknown = findUnknownFields(next.apiSchema, publicFields);
    if (unknown.length > 0) logger.warn({ unknown }, 'the supergraph has nothing of these public fields');
    previous = current;
    current = next;
    ready = toReadyVersion(current);
    void keeper.prepareFor(ready);
    if (previous === null) return;
    // What was foreseen or is under way belongs to the older graph.
    runner.forget();
    subscriptions.graphChanged(movedBetween(previous, current));
  };
  loader.onSchemaLoadOrUpdate(({ coreSupergraphSdl }) => {
    // What this throws the loader tells.
    change(coreSupergraphSdl);
    deps.onSupergraph?.(coreSupergraphSdl);
  });

  const resolve = createRequestPreparer({ ...operations, catalogue: () => graph().catalogue });
  const prepare: Gateway['prepare'] = async (request, client) => {
    for (let tries = 0; tries < PREPARE_TRIES_MAX; tries++) {
      const operation = await resolve(request, client);
      if ('errors' in operation) return operation;
      const { catalogue, protect } = graph();
      // The graph has changed meanwhile: what was valid, and allowed, on the older one may not be so on this one.
      if (operation.version !== catalogue.version) continue;
      const asked = { variables: request.variables, client, logger };
      const admitted = await admit({ catalogue, protect }, operation, asked);
      // Policies take their time: once more.
      if (catalogue.version === graph().catalogue.version) return admitted;
    }
    return GRAPH_CHANGES;
  };
  const executor = createExecutor({
    graph,
    runner,
    logger,
    prediction: deps.prediction ?? true,
    showsPlan: deps.graphOptions?.isDevelopment ?? false,
    observer: deps.executionObserver,
    entities: deps.entities,
    answers: deps.answers,
    isListed: ({ text }) => operations.manifest().has(text),
    prepareAgain: ({ text, name }, variables, client) =>
      prepare({ query: text, operationName: name ?? undefined, variables, extensions: {} }, client),
  });
  return {
    graph,
    prepare,
    ...executor,
    subscribe: (operation, variables, client) => subscriptions.subscribe({ operation, variables, client }),
    manifestChanged: () => {
      if (ready) void keeper.prepareFor(ready);
    },
    stats: () => ({
      ...runner.stats(),
      upstreams: subscriptions.upstreams(),
      compiledOperations: current?.compiledCount() ?? 0,
    }),
    forServer: {
      onSchemaLoadOrUpdate: (callback) => loader.onSchemaLoadOrUpdate(callback),
      load: async (options) => {
        await loader.load(options);
        return {
          executor: async ({ source, operationName, request, context }) => {
            const variables = request.variables ?? {};
            const asked = { query: source, operationName: operationName ?? undefined, variables, extensions: {} };
            const operation = await prepare(asked, context as ClientInfo);
            if ('errors' in operation) return { errors: operation.errors as never };
            const { body } = await executor.execute(operation, variables, context as ClientInfo);
            return JSON.parse(body.toString()) as never;
          },
        };
      },
      stop: () => loader.stop(),
    },
    checkReady: async () => {
      await Promise.all([...graph().transports].map(([name, transport]) => checkSubgraph(name, transport)));
    },
    close: async () => {
      keeper.stop();
      operations.stop();
      await transports.close();
    },
  };
}

function toGraphOptions({ graphOptions, logger }: GatewayDeps): GraphOptions {
  return {
    protection: PROTECTION_DEFAULTS,
    documentTokensMax: DOCUMENT_TOKENS_MAX,
    subgraphErrors: 'pass',
    isDevelopment: false,
    ...graphOptions,
    logger,
  };
}

function toReadyVersion(graph: ExecutableGraph): UsedVersion<PlannedOperation, CompiledOperation> {
  const inParts = { ...toVersion(graph, graph.inParts), isFor: defersAnything };
  return { ...toVersion(graph, graph.whole), mostUsed: graph.catalogue.mostUsed, inParts };
}

function toVersion<Compiled>(
  { apiSchema, supergraphSchema, catalogue }: ExecutableGraph,
  form: OperationForm<Compiled>,
): GraphVersion<PlannedOperation, Compiled> {
  return {
    apiSchema,
    supergraphSchema,
    prepare: ({ text, operationName }) => catalogue.prepare(text, operationName),
    plan: form.plan,
    planOf: ({ plan }) => plan,
    compiledOf: form.madeOf,
    compile: form.compilePlanned,
    keep: form.keep,
  };
}

/** Calls whose entities the cache keeps: it answers them the next time, so that nothing is sent ahead. */
function isOfEntityCache({ purpose, answer }: RecordedCall): boolean {
  return purpose !== undefined && readCacheControl(answer?.cacheControl ?? null) !== null;
}

/** The subgraphs that are reached in another way than before. */
function movedBetween(before: ExecutableGraph, after: ExecutableGraph): ReadonlySet<string> {
  return new Set(
    [...before.transports].filter(([name, way]) => after.transports.get(name) !== way).map(([name]) => name),
  );
}
