import type { EntityCache } from '@playgraph/cache/entity-cache';
import { isId } from '@playgraph/kernel/ids';
import DataLoader from 'dataloader';
import type { User } from './domain.ts';
import type { UserStore } from './store.ts';

const BATCH_MAX = 500;

export type Loaders = {
  /** By id; null when there is no such player, also for what is no id of one. */
  readonly user: DataLoader<string, User | null>;
  /** The id of the player with a lower-cased username; null when nobody has it. */
  readonly userIdByUsername: DataLoader<string, string | null>;
  /** By user id. For the player's own eyes: never cached beyond the request. */
  readonly email: DataLoader<string, string | null>;
};

/** One set a request, over the cache that all requests share. */
export function createLoaders(store: UserStore, users: EntityCache<User>): Loaders {
  const options = { maxBatchSize: BATCH_MAX };
  return {
    user: new DataLoader<string, User | null>(async (ids) => {
      const wellFormed = ids.filter((id) => isId('user', id));
      const found = await users.readMany(wellFormed, async (missing) => {
        const rows = await store.findUsers(missing);
        return new Map(rows.map((user) => [user.id, user]));
      });
      return ids.map((id) => found.get(id) ?? null);
    }, options),
    userIdByUsername: new DataLoader<string, string | null>(async (names) => {
      const holders = await store.findHolders('username', names);
      return names.map((name) => holders.get(name) ?? null);
    }, options),
    email: new DataLoader<string, string | null>(async (userIds) => {
      const found = new Map((await store.findCredentials(userIds)).map(({ userId, email }) => [userId, email]));
      return userIds.map((userId) => found.get(userId) ?? null);
    }, options),
  };
}
