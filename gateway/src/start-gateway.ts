import { systemClock } from '@playgraph/kernel/clock';
import { createLogger, type Logger } from '@playgraph/kernel/logger';
import { createHttpTransport } from '@playgraph/server/http-transport';
import type { Transport } from '@playgraph/server/transport';
import { openAccessTokens } from './access-tokens.ts';
import { openCaches } from './cache/open-caches.ts';
import { toListenProblem } from './config/listen-problem.ts';
import { describeUnknownSubgraphs } from './config/mentioned-subgraphs.ts';
import { checkSubgraphAddress } from './config/subgraph-address.ts';
import type { SubgraphSettings } from './config/subgraph-settings.ts';
import type { GatewayConfig } from './config.ts';
import { createGateway } from './gateway.ts';
import { GRAPHQL_PATH } from './http/address.ts';
import { serveGateway } from './http/serve-gateway.ts';
import { createManifestCheck } from './operations/check-manifest.ts';
import { openOperationSources } from './operations/operation-sources.ts';
import { PROTECTION_DEFAULTS, policiesFromScopes } from './protection/protect-operation.ts';
import { withHeaderRule } from './subgraph-headers.ts';
import { streamOptionsOf } from './subscriptions/stream-options.ts';
import type { SupergraphSource } from './supergraph.ts';
import type { TransportHooks } from './telemetry/observe-transport.ts';
import { openMetrics } from './telemetry/open-metrics.ts';
import { createTelemetry, type Telemetry } from './telemetry/telemetry.ts';

/** What closing takes at most beside the requests under way: telemetry, stores, the way to the subgraphs. */
const CLOSE_REST_MS_MAX = 10_000;

export type RunningGateway = {
  readonly url: string;
  close(): Promise<void>;
  /** How long closing may take. */
  readonly closeMsMax: number;
};

/**
 * The gateway as a process of its own: settings, transports, doors. Ready once the supergraph is loaded; whether each
 * subgraph answers shows in the answers, part by part. Rejects with a ConfigError when there is no usable supergraph.
 */
export async function startGateway(config: GatewayConfig): Promise<RunningGateway> {
  const logger = createLogger({ name: 'gateway', level: config.telemetry.logLevel });
  for (const { name: variable, near } of config.unknownVariables)
    logger.warn({ variable, ...(near && { didYouMean: near }) }, 'there is no setting of this name');
  let isLoaded = false;
  const operations = await openOperationSources(config.persistedOperations, {
    clock: systemClock,
    logger,
    onNewerManifest: () => {
      // The file may change while all this is being opened: whoever loads reads the newest.
      if (!isLoaded) return;
      gateway.manifestChanged();
      manifestCheck.run();
    },
  });
  const telemetry = await createTelemetry({
    metrics: config.telemetry.metrics,
    tracing: config.telemetry.tracing,
    accessLog: config.telemetry.accessLog ? logger : null,
    accessLogUsers: config.telemetry.accessLogUsers,
    operationNames: operations.manifest().operations.flatMap(({ name }) => name ?? []),
    clock: systemClock,
  });
  const caches = await openCaches(config, { logger, observer: telemetry.cacheObserver });
  const predicted = new Map<string, boolean>();
  let longestCallMs = 0;
  const gateway = createGateway({
    source: toSource(config),
    createTransport: (named) => {
      const settings = config.subgraph(named);
      checkSubgraphAddress(settings);
      predicted.set(named.name, settings.prediction);
      longestCallMs = Math.max(longestCallMs, settings.deadlineMs);
      return openTransport(settings, { config, logger, telemetry });
    },
    longestCallMs: () => longestCallMs,
    logger,
    operations,
    ...graphSettings(config),
    entities: caches?.entities,
    answers: caches?.answers,
    predicts: (name) => predicted.get(name) ?? true,
    ...(telemetry.streamObserver ? { streamObserver: telemetry.streamObserver } : {}),
    executionObserver: telemetry.executionObserver,
    onSupergraph: (sdl) => {
      telemetry.onSupergraph?.(sdl);
      if (sdl === null) return;
      isLoaded = true;
      manifestCheck.run();
      const problems = describeUnknownSubgraphs(config.mentionedSubgraphs, gateway.graph().transports.keys());
      for (const problem of problems) logger.warn({ problem }, 'a setting has no effect');
    },
  });
  const manifestCheck = createManifestCheck({
    manifest: operations.manifest,
    catalogue: () => (isLoaded ? gateway.graph().catalogue : null),
    logger,
    onChecked: telemetry.onManifestChecked,
  });
  const metrics = await openMetrics(config.telemetry, telemetry, logger).catch(rethrowListening(config, 'metrics'));
  const served = await serveGateway({
    gateway: telemetry.observe(gateway),
    ...doorSettings(config),
    verifyToken: openAccessTokens(config.identity, { clock: systemClock, logger }),
    ...(telemetry.onRequest ? { onRequest: telemetry.onRequest } : {}),
    ...(telemetry.onSocketOperation ? { onSocketOperation: telemetry.onSocketOperation } : {}),
    doorObserver: telemetry.doorObserver,
    ...(telemetry.streamObserver ? { streamObserver: telemetry.streamObserver } : {}),
    tracer: telemetry.tracer,
    routes: [...metrics.routes, ...(caches?.routes ?? [])],
    checkReady: async () => void gateway.graph(),
    logger,
  }).catch(rethrowListening(config, 'gateway'));
  // A turn later: by then signals are listened to, and whoever waits for this line may send one at once.
  setImmediate(() => logger.info({ url: `${served.url}${GRAPHQL_PATH}` }, 'gateway listens'));
  return {
    url: served.url,
    closeMsMax: config.drainNoticeMs + config.drainMs + CLOSE_REST_MS_MAX,
    close: async () => {
      manifestCheck.stop();
      await served.close();
      await caches?.close();
      await metrics.close();
      await telemetry.close();
    },
  };
}

/** What the settings say of the graph, and of how it is asked. */
function graphSettings(config: GatewayConfig) {
  return {
    graphOptions: {
      protection: {
        ...config.protection,
        evaluatePolicies: config.identity.policiesFromScopes
          ? policiesFromScopes
          : PROTECTION_DEFAULTS.evaluatePolicies,
      },
      documentTokensMax: config.limits.tokens,
      subgraphErrors: config.subgraphErrors,
      isDevelopment: config.isDevelopment,
    },
    sharing: config.sharing,
    prediction: config.prediction,
    slowReader: config.subscriptions.slowReader,
    publicFields: config.subscriptions.publicFields,
    streamQueue: { itemsMax: config.subscriptions.queueMax, bytesMax: config.subscriptions.queueBytesMax },
  };
}

/** What the settings say of the doors. */
function doorSettings(config: GatewayConfig) {
  return {
    host: config.host,
    port: config.port,
    isDevelopment: config.isDevelopment,
    clockToleranceMs: config.identity.clockToleranceMs,
    corsOrigins: config.corsOrigins,
    operationsDir: config.operationsDir,
    forwardHeaders: config.forwardedHeaders,
    defer: config.defer,
    drainNoticeMs: config.drainNoticeMs,
    drainMsMax: config.drainMs,
    batching: config.batching.enabled,
    batchOperationsMax: config.batching.operationsMax,
    bodyBytesMax: config.limits.bodyBytes,
    webSocketLimits: config.webSocketLimits,
    admissionLimits: { requestsMax: config.http.requestsMax, streamsMax: config.subscriptions.streamsMax },
    connectionsMax: config.http.connectionsMax,
    requestsPerConnectionMax: config.http.requestsPerConnectionMax,
    headersMsMax: config.http.headersMs,
    requestMsMax: config.http.requestMs,
    keepAliveMs: config.http.keepAliveMs,
  };
}

/** What is thrown when an address cannot be had names the setting to change. */
function rethrowListening({ nameOf, host, port, telemetry }: GatewayConfig, what: 'gateway' | 'metrics') {
  const { metricsHost, metricsPort } = telemetry;
  const attempt =
    what === 'gateway'
      ? { host, port, hostSetting: ['host'], portSetting: ['port'] }
      : {
          ...{ host: metricsHost, port: metricsPort ?? 0 },
          ...{ hostSetting: ['telemetry', 'metricsHost'], portSetting: ['telemetry', 'metricsPort'] },
        };
  return (error: unknown): never => {
    throw toListenProblem(error, { ...attempt, nameOf });
  };
}

function toSource({ supergraph: { from, ...polling } }: GatewayConfig): SupergraphSource {
  return 'url' in from ? { ...from, ...polling } : from;
}

function openTransport(
  subgraph: SubgraphSettings,
  deps: { config: GatewayConfig; logger: Logger; telemetry: Telemetry },
): Transport {
  const { name, url, deadlineMs, retriesMax, connectionsMax, queueMax, responseBytesMax, batching } = subgraph;
  const open = (hooks: TransportHooks) =>
    createHttpTransport({
      ...{ name, url, deadlineMs, retriesMax, connectionsMax, queueMax, responseBytesMax, batching },
      identitySecret: deps.config.identity.secret,
      ...streamOptionsOf(subgraph.subscription),
      clock: systemClock,
      logger: deps.logger,
      ...hooks,
    });
  // Within the rule: what it lets through is what the span's context replaces.
  return withHeaderRule(deps.telemetry.transport(name, open), subgraph.headers);
}
