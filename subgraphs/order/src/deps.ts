import type { EventStore } from '@playgraph/events/event-store';
import type { Clock } from '@playgraph/kernel/clock';
import type { Ids } from '@playgraph/kernel/ids';
import type { Logger } from '@playgraph/kernel/logger';

import type { Offers } from './offers.ts';
import type { OrderStore } from './store.ts';
import type { Transact } from './transaction.ts';

/** The times and sizes that the use cases go by. */
export type OrderSettings = {
  /** How long copies are kept for an order that is not paid. */
  readonly reservationTtlMs: number;
  /** How long `payOrder` waits for the payment's outcome before it answers that it is not settled. */
  readonly paymentWaitMs: number;
  /** How old a PENDING order is before the resumer takes it for left behind by a crash. */
  readonly resumeAfterMs: number;
  /** How many orders a sweeper reads at a time. */
  readonly sweepBatchSize: number;
  /** How many batches of one shard a sweeper works through in one run. */
  readonly sweepBatchesMax: number;
  /** How long the expirer rests between two runs. */
  readonly expireEveryMs: number;
  /** How long the resumer rests between two runs. */
  readonly resumeEveryMs: number;
};

export const defaultSettings: OrderSettings = {
  reservationTtlMs: 15 * 60_000,
  paymentWaitMs: 2_000,
  resumeAfterMs: 5_000,
  sweepBatchSize: 100,
  sweepBatchesMax: 10,
  expireEveryMs: 5_000,
  resumeEveryMs: 2_000,
};

/** What every use case works with. */
export type OrderDeps = {
  readonly store: OrderStore;
  readonly transact: Transact;
  readonly events: EventStore;
  readonly offers: Offers;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly settings: OrderSettings;
};
