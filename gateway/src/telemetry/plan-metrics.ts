import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { DURATION_BUCKETS, METRIC_PREFIX, toSeconds } from './metric-names.ts';

/** Hears of plans and of the supergraph. */
export type PlanMetrics = {
  /** An operation was found compiled. */
  onHit(): void;
  /** An operation was planned and compiled; `fetches` is null where it could not be. */
  onPlanned(event: { readonly durationMs: number; readonly fetches: number | null }): void;
};

const FETCH_BUCKETS = [0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 100];

/** A version of the supergraph that came; `hash` is null for one that could not be used. */
export type SupergraphEvent = { readonly hash: string | null; readonly atMs: number };

export function createPlanMetrics(registry: Registry): PlanMetrics {
  const registers = [registry];
  const lookUps = new Counter({
    name: `${METRIC_PREFIX}plan_cache_total`,
    help: 'Operations that were found compiled (hit), had to be planned (miss), or have no plan (failed).',
    labelNames: ['result'],
    registers,
  });
  const duration = new Histogram({
    name: `${METRIC_PREFIX}plan_duration_seconds`,
    help: 'Planning and compiling an operation. Nothing else runs meanwhile.',
    buckets: DURATION_BUCKETS,
    registers,
  });
  const planFetches = new Histogram({
    name: `${METRIC_PREFIX}plan_fetches`,
    help: 'How many fetches the plan of an operation has, when it is planned.',
    buckets: FETCH_BUCKETS,
    registers,
  });
  return {
    onHit: () => lookUps.inc({ result: 'hit' }),
    onPlanned({ durationMs, fetches }) {
      lookUps.inc({ result: fetches === null ? 'failed' : 'miss' });
      duration.observe(toSeconds(durationMs));
      if (fetches !== null) planFetches.observe(fetches);
    },
  };
}

/** Hears of each version of the supergraph, the first one too. */
export function createSupergraphMetrics(registry: Registry): (event: SupergraphEvent) => void {
  const registers = [registry];
  const reloads = new Counter({
    name: `${METRIC_PREFIX}supergraph_loads_total`,
    help: 'Versions of the supergraph that came into force (ok) or could not (failed: the older one goes on).',
    labelNames: ['result'],
    registers,
  });
  const info = new Gauge({
    name: `${METRIC_PREFIX}supergraph_info`,
    help: '1 for the version in force, by the beginning of its SHA-256.',
    labelNames: ['hash'],
    registers,
  });
  const loadedAt = new Gauge({
    name: `${METRIC_PREFIX}supergraph_loaded_timestamp_seconds`,
    help: 'Since when this version is in force.',
    registers,
  });
  return ({ hash, atMs }) => {
    reloads.inc({ result: hash === null ? 'failed' : 'ok' });
    if (hash === null) return;
    info.reset();
    info.set({ hash }, 1);
    loadedAt.set(toSeconds(atMs));
  };
}
