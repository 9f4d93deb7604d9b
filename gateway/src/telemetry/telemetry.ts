import { createHash } from 'node:crypto';
import type { Clock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import type { Transport } from '@playgraph/server/transport';
import type { CacheObserver } from '../cache/cache-observer.ts';
import type { Gateway } from '../gateway.ts';
import { createAccessLog, type OnRequest, type OnSocketOperation } from '../http/access-log.ts';
import type { DoorObserver } from '../http/admission.ts';
import type { StreamObserver } from '../subscriptions/stream-observer.ts';
import type { Metrics } from './metrics.ts';
import { createExecutionObserver, type ExecutionObserver } from './observe-execution.ts';
import { observeGateway } from './observe-gateway.ts';
import { observeTransport, type TransportHooks } from './observe-transport.ts';
import type { GatewayStats } from './runner-metrics.ts';
import type { Tracer } from './tracer.ts';
import type { TracingSettings } from './tracing-settings.ts';

/** As much of a version of the supergraph as tells it from others. */
const HASH_CHARS = 12;

/**
 * What the parts of a gateway tell to be seen from outside. What is off is undefined or null and is not called: then a
 * gateway runs as if there were no telemetry.
 */
export type Telemetry = {
  /** The page for Prometheus: what `createMetricsHandler` serves. */
  readonly page: Pick<Metrics, 'contentType' | 'print'> | null;
  /** For the doors, which begin the trace of a request. */
  readonly tracer: Tracer | null;
  readonly onRequest: OnRequest | undefined;
  readonly onSocketOperation: OnSocketOperation | undefined;
  readonly doorObserver: DoorObserver | undefined;
  readonly streamObserver: StreamObserver | undefined;
  readonly cacheObserver: CacheObserver | undefined;
  readonly executionObserver: ExecutionObserver | undefined;
  /** A version of the supergraph came into force; null: one came that could not be used. */
  readonly onSupergraph: ((sdl: string | null) => void) | undefined;
  /** The manifest was held against the graph in force: so many of its operations are not valid. */
  readonly onManifestChecked: ((invalid: number) => void) | undefined;
  /** The gateway for the doors. Its own `stats` are shown from now on: to be called once. */
  observe(gateway: Gateway & { stats(): GatewayStats }): Gateway;
  /** The transport that `create` makes of these options. */
  transport(subgraph: string, create: (hooks: TransportHooks) => Transport): Transport;
  /** Sends the spans that are left. Never rejects. */
  close(): Promise<void>;
};

export type TelemetryOptions = {
  readonly metrics: boolean;
  /** From `readTracingSettings`; null when there is no tracing. */
  readonly tracing: TracingSettings | null;
  /** Where each request writes a line; null when none does. */
  readonly accessLog: Logger | null;
  /** Whether these lines say who asked; no when absent. */
  readonly accessLogUsers?: boolean;
  /** Operations whose metrics are told apart whatever else comes, such as those of the manifest. */
  readonly operationNames?: Iterable<string>;
  readonly clock: Clock;
};

/** Loads what is on, and nothing else. */
export async function createTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { accessLogUsers: showsUsers = false } = options;
  const accessLog = options.accessLog ? createAccessLog(options.accessLog, { showsUsers }) : undefined;
  const metrics = options.metrics ? await loadMetrics(options.operationNames ?? []) : null;
  const tracer = options.tracing ? await loadTracer(options.tracing) : null;
  const isWatching = metrics !== null || tracer !== null;
  const watchers = { metrics, tracer };
  return {
    page: metrics,
    tracer,
    onRequest: both(metrics?.onRequest, accessLog),
    onSocketOperation: accessLog,
    doorObserver: metrics?.door,
    streamObserver: metrics?.streams,
    cacheObserver: metrics?.caches,
    executionObserver: isWatching ? createExecutionObserver(watchers) : undefined,
    onSupergraph: metrics
      ? (sdl) => metrics.onSupergraph({ hash: sdl === null ? null : hashOf(sdl), atMs: options.clock.nowMs() })
      : undefined,
    onManifestChecked: metrics?.onManifestChecked,
    observe(gateway) {
      metrics?.watch(() => gateway.stats());
      return isWatching ? observeGateway(gateway, watchers) : gateway;
    },
    transport: (subgraph, create) => (isWatching ? observeTransport(subgraph, create, watchers) : create({})),
    close: async () => tracer?.close(),
  };
}

async function loadMetrics(operationNames: Iterable<string>): Promise<Metrics> {
  const { createMetrics } = await import('./metrics.ts');
  return createMetrics(operationNames);
}

async function loadTracer(settings: TracingSettings): Promise<Tracer> {
  const { createOpenTelemetryTracer } = await import('./open-telemetry.ts');
  return createOpenTelemetryTracer(settings);
}

function both(first: OnRequest | undefined, second: OnRequest | undefined): OnRequest | undefined {
  if (!first || !second) return first ?? second;
  return (entry) => {
    first(entry);
    second(entry);
  };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_CHARS);
}
