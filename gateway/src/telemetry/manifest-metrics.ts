import { Gauge, type Registry } from 'prom-client';
import { METRIC_PREFIX } from './metric-names.ts';

/** Hears how many listed operations the graph in force refuses. */
export function createManifestMetrics(registry: Registry): (invalid: number) => void {
  const gauge = new Gauge({
    name: `${METRIC_PREFIX}listed_operations_invalid`,
    help: 'Operations of the manifest that are not valid on the graph in force.',
    registers: [registry],
  });
  return (invalid) => gauge.set(invalid);
}
