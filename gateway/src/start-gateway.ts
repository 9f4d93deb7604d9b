import { createTokenVerifier } from '@playgraph/auth/access-token';
import { createRemoteKeySet } from '@playgraph/auth/key-set';
import { systemClock } from '@playgraph/kernel/clock';
import { createLogger, type Logger } from '@playgraph/kernel/logger';
import { createHttpTransport } from '@playgraph/server/http-transport';
import type { Transport } from '@playgraph/server/transport';
import { openCaches } from './cache/open-caches.ts';
import type { SubgraphSettings } from './config/subgraph-settings.ts';
import type { GatewayConfig } from './config.ts';
import { createGateway } from './gateway.ts';
import type { VerifyToken } from './http/request-info.ts';
import { serveGateway } from './http/serve-gateway.ts';
import { openOperationSources } from './operations/operation-sources.ts';
import { PROTECTION_DEFAULTS } from './protection/protect-operation.ts';
import { withHeaderRule } from './subgraph-headers.ts';
import type { SupergraphSource } from './supergraph.ts';
import type { TransportHooks } from './telemetry/observe-transport.ts';
import { openMetrics } from './telemetry/open-metrics.ts';
import { createTelemetry, type Telemetry } from './telemetry/telemetry.ts';

/** How long a fetched key set is trusted before it is fetched again. */
const KEY_SET_TTL_MS = 10 * 60_000;

export type RunningGateway = { readonly url: string; close(): Promise<void> };

/**
 * The gateway as a process of its own: settings, transports, doors. Ready once the supergraph is loaded; whether each
 * subgraph answers shows in the answers, part by part. Rejects with a ConfigError when there is no usable supergraph.
 */
export async function startGateway(config: GatewayConfig): Promise<RunningGateway> {
  const logger = createLogger({ name: 'gateway', level: config.telemetry.logLevel });
  for (const variable of config.unknownVariables) logger.warn({ variable }, 'there is no setting of this name');
  const operations = await openOperationSources(config.persistedOperations, {
    clock: systemClock,
    logger,
    onNewerManifest: () => gateway.manifestChanged(),
  });
  const telemetry = await createTelemetry({
    metrics: config.telemetry.metrics,
    tracing: config.telemetry.tracing,
    accessLog: config.telemetry.accessLog ? logger : null,
    operationNames: operations.manifest().operations.flatMap(({ name }) => name ?? []),
    clock: systemClock,
  });
  const caches = await openCaches(config, { logger, observer: telemetry.cacheObserver });
  const predicted = new Map<string, boolean>();
  const gateway = createGateway({
    source: toSource(config),
    createTransport: (named) => {
      const settings = config.subgraph(named);
      predicted.set(named.name, settings.prediction);
      return openTransport(settings, { config, logger, telemetry });
    },
    logger,
    operations,
    graphOptions: {
      protection: { ...config.protection, evaluatePolicies: PROTECTION_DEFAULTS.evaluatePolicies },
      documentTokensMax: config.limits.tokens,
      subgraphErrors: config.subgraphErrors,
      isDevelopment: config.isDevelopment,
    },
    entities: caches?.entities,
    answers: caches?.answers,
    sharing: config.sharing,
    prediction: config.prediction,
    predicts: (name) => predicted.get(name) ?? true,
    slowReader: config.subscriptions.slowReader,
    ...(telemetry.streamObserver ? { streamObserver: telemetry.streamObserver } : {}),
    executionObserver: telemetry.executionObserver,
    onSupergraph: telemetry.onSupergraph,
    streamQueue: { itemsMax: config.subscriptions.queueMax, bytesMax: config.subscriptions.queueBytesMax },
  });
  const metrics = await openMetrics(config.telemetry, telemetry, logger);
  const served = await serveGateway({
    gateway: telemetry.observe(gateway),
    host: config.host,
    port: config.port,
    verifyToken: createVerifyToken(config),
    isDevelopment: config.isDevelopment,
    corsOrigins: config.corsOrigins,
    operationsDir: config.operationsDir,
    forwardHeaders: config.forwardedHeaders,
    defer: config.defer,
    drainNoticeMs: config.drainNoticeMs,
    batching: config.batching.enabled,
    batchOperationsMax: config.batching.operationsMax,
    bodyBytesMax: config.limits.bodyBytes,
    webSocketLimits: config.webSocketLimits,
    ...(telemetry.onRequest ? { onRequest: telemetry.onRequest } : {}),
    ...(telemetry.streamObserver ? { streamObserver: telemetry.streamObserver } : {}),
    tracer: telemetry.tracer,
    routes: [...metrics.routes, ...(caches?.routes ?? [])],
    checkReady: async () => void gateway.graph(),
    logger,
  });
  // A turn later: by then signals are listened to, and whoever waits for this line may send one at once.
  setImmediate(() => logger.info({ url: `${served.url}/graphql` }, 'gateway listens'));
  return {
    url: served.url,
    close: async () => {
      await served.close();
      await caches?.close();
      await metrics.close();
      await telemetry.close();
    },
  };
}

function toSource({ supergraph: { from, ...polling } }: GatewayConfig): SupergraphSource {
  return 'url' in from ? { ...from, ...polling } : from;
}

function openTransport(
  subgraph: SubgraphSettings,
  deps: { config: GatewayConfig; logger: Logger; telemetry: Telemetry },
): Transport {
  const { name, url, deadlineMs, retriesMax, connectionsMax, responseBytesMax, batching } = subgraph;
  const open = (hooks: TransportHooks) =>
    createHttpTransport({
      ...{ name, url, deadlineMs, retriesMax, connectionsMax, responseBytesMax, batching },
      identitySecret: deps.config.identity.secret,
      ...(subgraph.subscription.url === null ? {} : { subscriptionUrl: subgraph.subscription.url }),
      resumeRules: subgraph.subscription.resume,
      clock: systemClock,
      logger: deps.logger,
      ...hooks,
    });
  // Within the rule: what it lets through is what the span's context replaces.
  return withHeaderRule(deps.telemetry.transport(name, open), subgraph.headers);
}

function createVerifyToken({ identity }: GatewayConfig): VerifyToken | null {
  if (identity.jwksUrl === null) return null;
  const keySet = createRemoteKeySet({ url: identity.jwksUrl, ttlMs: KEY_SET_TTL_MS });
  const verifier = createTokenVerifier({ keySet, issuer: identity.issuer, clock: systemClock });
  return (token) => verifier.verify(token);
}
