import type { Metrics } from './metrics.ts';
import type { Tracer } from './tracer.ts';

/** Who is told what happens; null while that is off. */
export type Watchers = { readonly metrics: Metrics | null; readonly tracer: Tracer | null };
