import { collectDefaultMetrics, Registry } from 'prom-client';
import type { CacheObserver } from '../cache/cache-observer.ts';
import type { PrintedAnswer } from '../client-request.ts';
import type { OnRequest } from '../http/access-log.ts';
import type { DoorObserver } from '../http/admission.ts';
import type { StreamObserver } from '../subscriptions/stream-observer.ts';
import { createCacheMetrics } from './cache-metrics.ts';
import { errorCodesOf } from './error-codes.ts';
import { createDoorMetrics, createHttpMetrics } from './http-metrics.ts';
import { createManifestMetrics } from './manifest-metrics.ts';
import { METRIC_PREFIX } from './metric-names.ts';
import { createOperationMetrics, type OperationMetrics } from './operation-metrics.ts';
import { createPlanMetrics, createSupergraphMetrics, type PlanMetrics, type SupergraphEvent } from './plan-metrics.ts';
import { createRunnerMetrics, type GatewayStats } from './runner-metrics.ts';
import { createStreamMetrics } from './stream-metrics.ts';
import { createSubgraphMetrics, type SubgraphMetrics } from './subgraph-metrics.ts';

/** All metrics of one gateway, and the page on which Prometheus finds them. */
export type Metrics = {
  readonly operations: OperationMetrics;
  readonly subgraphs: SubgraphMetrics;
  readonly plans: PlanMetrics;
  readonly streams: StreamObserver;
  readonly caches: CacheObserver;
  readonly onRequest: OnRequest;
  readonly door: DoorObserver;
  readonly onSupergraph: (event: SupergraphEvent) => void;
  readonly onManifestChecked: (invalid: number) => void;
  /** Shows what a gateway counts of itself. To be called once. */
  watch(stats: () => GatewayStats): void;
  readonly contentType: string;
  /** The page's text. */
  print(): Promise<string>;
};

/** A registry of its own, so that two gateways in one process do not count together. */
export function createMetrics(operationNames: Iterable<string>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: METRIC_PREFIX });
  const operations = createOperationMetrics(registry, operationNames);
  return {
    operations,
    subgraphs: createSubgraphMetrics(registry),
    plans: createPlanMetrics(registry),
    streams: { ...createStreamMetrics(registry), onRefused: (answer) => countRefused(operations, answer) },
    caches: createCacheMetrics(registry),
    onRequest: createHttpMetrics(registry),
    door: createDoorMetrics(registry),
    onSupergraph: createSupergraphMetrics(registry),
    onManifestChecked: createManifestMetrics(registry),
    watch: (stats) => createRunnerMetrics(registry, stats),
    contentType: registry.contentType,
    print: () => registry.metrics(),
  };
}

/** A subscription that did not begin. */
function countRefused(operations: OperationMetrics, answer: PrintedAnswer): void {
  const codes = errorCodesOf(answer);
  operations.onErrors(codes);
  if (answer.outcome === 'REFUSED') operations.onRefusedRun(codes);
}
