import type { HotStore } from '@playgraph/cache/hot-store';
import type { EventStore } from '@playgraph/events/event-store';
import type { Clock } from '@playgraph/kernel/clock';
import type { Ids } from '@playgraph/kernel/ids';
import type { Logger } from '@playgraph/kernel/logger';
import type { Store } from './store.ts';

/** The times and sizes that the use cases go by. */
export type SocialSettings = {
  /** How many messages a player can write at once, and how many a second after that. */
  readonly messageBurst: number;
  readonly messagesPerSecond: number;
  /** How long a player who is named but not known yet is waited for: `user.registered` may be on its way. */
  readonly newPlayerWaitMs: number;
};

export const defaultSettings: SocialSettings = { messageBurst: 20, messagesPerSecond: 2, newPlayerWaitMs: 2_000 };

/** What every use case works with. */
export type SocialDeps = {
  readonly store: Store;
  readonly events: EventStore;
  readonly hot: HotStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly settings: SocialSettings;
};
