import type { EventStore } from '@playgraph/events/event-store';
import type { Clock } from '@playgraph/kernel/clock';
import type { Ids } from '@playgraph/kernel/ids';
import type { Logger } from '@playgraph/kernel/logger';
import type { PaymentProvider } from './provider.ts';
import type { PaymentStore } from './store.ts';
import type { Transact } from './transaction.ts';

/** The times and sizes that the use cases go by. */
export type PaymentLimits = {
  /** How long a charge may take until the provider counts as silent. */
  readonly chargeTimeoutMs: number;
  /** How old a PENDING deposit is before the resumer takes it for left behind. Longer than `chargeTimeoutMs`. */
  readonly resumeAfterMs: number;
  /** How often the resumer looks. */
  readonly resumeEveryMs: number;
  /** How many deposits of one shard the resumer reads at a time. */
  readonly resumeBatchSize: number;
  /** How many such batches of one shard it works through in one run. */
  readonly resumeBatchesMax: number;
};

export const defaultLimits: PaymentLimits = {
  chargeTimeoutMs: 10_000,
  resumeAfterMs: 30_000,
  resumeEveryMs: 15_000,
  resumeBatchSize: 100,
  resumeBatchesMax: 10,
};

/** What every use case works with. */
export type PaymentDeps = {
  readonly store: PaymentStore;
  readonly transact: Transact;
  readonly events: EventStore;
  readonly provider: PaymentProvider;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly limits: PaymentLimits;
};
