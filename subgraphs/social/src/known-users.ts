import type { SocialDeps } from './deps.ts';
import { socialErrors } from './errors.ts';

/** Where waiters hear that a player has become known. A hint: they read again. */
export function knownUserChannel(userId: string): string {
  return `social:known-user:${userId}`;
}

/**
 * Makes sure that a player exists. One who registered a moment ago may not be known here yet, so an unknown one is
 * waited for, a bounded time.
 * @throws DomainError NOT_FOUND when there is no such player.
 */
export async function requireKnownUser({ store, hot, settings }: SocialDeps, userId: string): Promise<void> {
  if (await store.isKnownUser(userId)) return;
  let tell = (): void => undefined;
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const unsubscribe = await hot.subscribe(knownUserChannel(userId), () => tell());
  const timer = setTimeout(tell, settings.newPlayerWaitMs);
  try {
    // Between the first look and the subscription the player may have arrived.
    if (await store.isKnownUser(userId)) return;
    await told;
    if (!(await store.isKnownUser(userId))) throw socialErrors.noSuchUser();
  } finally {
    clearTimeout(timer);
    await unsubscribe();
  }
}
