import type { UserDeps } from './deps.ts';
import { emailKey, type Registration, type SessionTokens, type UniqueName, type User, usernameKey } from './domain.ts';
import { refusals, userErrors } from './errors.ts';
import { userRegistered } from './events.ts';
import { openSession } from './open-session.ts';
import { mayStillWrite, reserveName } from './reserve-name.ts';
import { insertPlayer } from './store.ts';

export type RegisterResult =
  | { readonly __typename: 'RegisterSuccess'; readonly user: User; readonly tokens: SessionTokens }
  | ReturnType<typeof refusals.usernameTaken>
  | ReturnType<typeof refusals.emailTaken>;

/**
 * Reserves both names on their shards, writes the player with a first session and the event on the player's shard, and
 * confirms the names. Whatever goes wrong before the player is written gives the names back, a crash by their expiry.
 */
export async function registerPlayer(deps: UserDeps, registration: Registration): Promise<RegisterResult> {
  const { clock, ids, store } = deps;
  const userId = ids.make('user');
  const [username, email] = [usernameKey(registration.username), emailKey(registration.email)];
  const reservedAtMs = clock.nowMs();
  if (!(await reserveName(deps, username, userId))) return refusals.usernameTaken(registration.username);
  try {
    if (!(await reserveName(deps, email, userId))) {
      await store.releaseName(username, userId);
      return refusals.emailTaken();
    }
    const passwordHash = await deps.hasher.hash(registration.password);
    if (!mayStillWrite(deps, reservedAtMs)) throw userErrors.registrationTookTooLong();
    const { displayName } = registration;
    const user: User = { id: userId, username: registration.username, displayName, joinedAt: clock.now() };
    const tokens = await writePlayer(deps, user, { email: registration.email, passwordHash });
    await confirmNames(deps, userId, [username, email]);
    return { __typename: 'RegisterSuccess', user, tokens };
  } catch (error) {
    await releaseUnlessWritten(deps, userId, [username, email]);
    throw error;
  }
}

async function writePlayer(
  deps: UserDeps,
  user: User,
  secret: { readonly email: string; readonly passwordHash: string },
): Promise<SessionTokens> {
  const { tokens, event } = await deps.store.transact(user.id, async (tx) => {
    await insertPlayer(tx, user, { userId: user.id, ...secret });
    const tokens = await openSession(deps, tx, user.id);
    return { tokens, event: await deps.events.append(tx, userRegistered(user)) };
  });
  deps.events.committed([event]);
  return tokens;
}

/** The player is there whether or not this succeeds: an unconfirmed name is looked into by whoever wants it next. */
async function confirmNames(deps: UserDeps, userId: string, names: readonly UniqueName[]): Promise<void> {
  try {
    await Promise.all(names.map((name) => deps.store.confirmName(name, userId)));
  } catch (error) {
    deps.logger.warn({ err: error, userId }, 'the names of a new player could not be confirmed yet');
  }
}

async function releaseUnlessWritten(deps: UserDeps, userId: string, names: readonly UniqueName[]): Promise<void> {
  try {
    // A commit whose answer was lost may have been made all the same.
    const [user] = await deps.store.findUsers([userId]);
    if (!user) await Promise.all(names.map((name) => deps.store.releaseName(name, userId)));
  } catch (error) {
    deps.logger.warn({ err: error, userId }, 'reserved names could not be given back; they expire');
  }
}
