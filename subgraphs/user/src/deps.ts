import type { TokenIssuer } from '@playgraph/auth/access-token';
import type { HotStore } from '@playgraph/cache/hot-store';
import type { EventStore } from '@playgraph/events/event-store';
import type { Clock } from '@playgraph/kernel/clock';
import type { Ids } from '@playgraph/kernel/ids';
import type { Logger } from '@playgraph/kernel/logger';
import type { Random } from '@playgraph/kernel/random';
import type { PasswordHasher } from './password-hasher.ts';
import type { UserSettings } from './settings.ts';
import type { UserStore } from './store.ts';

/** What every use case works with. */
export type UserDeps = {
  readonly store: UserStore;
  readonly events: EventStore;
  readonly hot: HotStore;
  readonly hasher: PasswordHasher;
  readonly tokens: TokenIssuer;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly logger: Logger;
  readonly settings: UserSettings;
};
