import type { BreakerEvent, CallEvent } from '@playgraph/server/http-transport-options';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { DURATION_BUCKETS, METRIC_PREFIX, toSeconds } from './metric-names.ts';

/** Hears of calls to subgraphs as transports tell of them. */
export type SubgraphMetrics = {
  onCall(event: CallEvent): void;
  onStateChange(event: BreakerEvent): void;
  /** An answer carried GraphQL errors. */
  onErrors(subgraph: string): void;
  /** A transport was made: from now on its breaker shows, closed. */
  onOpened(subgraph: string): void;
};

const BREAKER_VALUES = { CLOSED: 0, HALF_OPEN: 1, OPEN: 2 } as const;

/** Subgraphs are named by the supergraph, so there are as many time series as it has subgraphs. */
export function createSubgraphMetrics(registry: Registry): SubgraphMetrics {
  const { duration, errors, retries, bytes, breaker, breakerChanges } = createInstruments(registry);
  return {
    onCall(event) {
      const { subgraph } = event;
      const labels = { subgraph, type: event.operationType, outcome: event.outcome.toLowerCase() };
      duration.observe(labels, toSeconds(event.durationMs));
      if (event.retries > 0) retries.inc({ subgraph }, event.retries);
      if (event.bytes > 0) bytes.inc({ subgraph }, event.bytes);
    },
    onStateChange({ subgraph, to }) {
      breaker.set({ subgraph }, BREAKER_VALUES[to]);
      breakerChanges.inc({ subgraph, to: to.toLowerCase() });
    },
    onErrors: (subgraph) => errors.inc({ subgraph }),
    onOpened: (subgraph) => breaker.set({ subgraph }, BREAKER_VALUES.CLOSED),
  };
}

function createInstruments(registry: Registry) {
  const registers = [registry];
  return {
    duration: new Histogram({
      name: `${METRIC_PREFIX}subgraph_call_duration_seconds`,
      help: 'Calls to subgraphs, waiting and retries included.',
      labelNames: ['subgraph', 'type', 'outcome'],
      buckets: DURATION_BUCKETS,
      registers,
    }),
    errors: new Counter({
      name: `${METRIC_PREFIX}subgraph_answers_with_errors_total`,
      help: 'Answers of subgraphs that carry GraphQL errors, among those that an operation read.',
      labelNames: ['subgraph'],
      registers,
    }),
    retries: new Counter({
      name: `${METRIC_PREFIX}subgraph_retries_total`,
      help: 'Calls that were sent once more.',
      labelNames: ['subgraph'],
      registers,
    }),
    bytes: new Counter({
      name: `${METRIC_PREFIX}subgraph_answer_bytes_total`,
      help: 'Size of the answers of subgraphs.',
      labelNames: ['subgraph'],
      registers,
    }),
    breaker: new Gauge({
      name: `${METRIC_PREFIX}subgraph_breaker_state`,
      help: 'The circuit breaker: 0 closed, 1 half open (one call tries), 2 open (no calls).',
      labelNames: ['subgraph'],
      registers,
    }),
    breakerChanges: new Counter({
      name: `${METRIC_PREFIX}subgraph_breaker_changes_total`,
      help: 'How often the circuit breaker entered a state.',
      labelNames: ['subgraph', 'to'],
      registers,
    }),
  };
}
