import type { Logger } from '@playgraph/kernel/logger';
import type { HttpRoute } from '@playgraph/server/subgraph';
import { createMetricsHandler, listenForMetrics, METRICS_PATH } from './serve-metrics.ts';
import type { Telemetry } from './telemetry.ts';

/** Where the metrics page is; `close` ends its own listener, where it has one. */
export type OpenMetrics = { readonly routes: readonly HttpRoute[]; close(): Promise<void> };

export type MetricsPlace = {
  readonly metricsHost: string;
  /** Null: on the gateway's own port, for this machine only. 0 takes a free one. */
  readonly metricsPort: number | null;
};

/** Serves the metrics page, if there is one. Rejects when its port cannot be had. */
export async function openMetrics(
  { metricsHost: host, metricsPort: port }: MetricsPlace,
  { page }: Pick<Telemetry, 'page'>,
  logger: Logger,
): Promise<OpenMetrics> {
  if (page === null) return { routes: [], close: async () => undefined };
  if (port === null) {
    const handle = createMetricsHandler({ metrics: page, access: 'loopback', logger });
    return { routes: [{ path: METRICS_PATH, handle }], close: async () => undefined };
  }
  const handle = createMetricsHandler({ metrics: page, access: 'any', logger });
  const { url, close } = await listenForMetrics(handle, { host, port });
  logger.info({ url }, 'metrics are served');
  return { routes: [], close };
}
