import { Counter, Gauge, type Registry } from 'prom-client';
import type { CallCounts } from '../calls/call-counts.ts';
import type { CallRunnerStats } from '../calls/call-runner.ts';
import { METRIC_PREFIX } from './metric-names.ts';

/** What a gateway counts of itself. */
export type GatewayStats = CallRunnerStats & {
  /** How many operations are kept compiled; not shown when absent. */
  readonly compiledOperations?: number;
};

const CALL_KINDS = [
  'sent',
  'shared',
  'predicted',
  'claimed',
  'unclaimed',
  'unforeseen',
] as const satisfies readonly (keyof CallCounts)[];

/** Shows what the gateway counts anyway: it is read when somebody asks for metrics, and costs nothing before. */
export function createRunnerMetrics(registry: Registry, stats: () => GatewayStats): void {
  createCounters(registry, stats);
  const gauge = (name: string, help: string, read: (now: GatewayStats) => number | undefined) =>
    new Gauge({
      name: `${METRIC_PREFIX}${name}`,
      help,
      registers: [registry],
      collect() {
        const value = read(stats());
        if (value !== undefined) this.set(value);
      },
    });
  gauge('in_flight_runs', 'Executions under way that others may join.', ({ inFlight }) => inFlight.runs);
  gauge('in_flight_calls', 'Subgraph requests under way that others may join.', ({ inFlight }) => inFlight.calls);
  gauge('waiting_runs', 'Executions that begin when others have ended.', ({ waiting }) => waiting);
  gauge('remembered_executions', 'Executions that prediction remembers.', ({ remembered }) => remembered.executions);
  gauge('remembered_bytes', 'The memory that they take.', ({ remembered }) => remembered.bytes);
  gauge('compiled_operations', 'Operations that are kept compiled.', (now) => now.compiledOperations);
}

function createCounters(registry: Registry, stats: () => GatewayStats): void {
  const registers = [registry];
  new Counter({
    name: `${METRIC_PREFIX}calls_total`,
    help: 'Subgraph requests by fate. sent and shared add up to all; predicted = claimed + unclaimed; unforeseen came late.',
    labelNames: ['kind'],
    registers,
    collect() {
      const now = stats();
      this.reset();
      for (const kind of CALL_KINDS) this.inc({ kind }, now[kind]);
    },
  });
  new Counter({
    name: `${METRIC_PREFIX}calls_unclaimed_bytes_total`,
    help: 'Size of the predicted requests that nobody needed, and of their answers.',
    registers,
    collect() {
      this.reset();
      this.inc(stats().unclaimedBytes);
    },
  });
  new Counter({
    name: `${METRIC_PREFIX}runs_total`,
    help: 'Executions by how they were answered; joined are client requests that waited for another one.',
    labelNames: ['how'],
    registers,
    collect() {
      const { runs, rememberedRuns, joinedRuns } = stats();
      this.reset();
      this.inc({ how: 'executed' }, runs - rememberedRuns);
      this.inc({ how: 'remembered' }, rememberedRuns);
      this.inc({ how: 'joined' }, joinedRuns);
    },
  });
}
