import { createHash } from 'node:crypto';
import type { UserDeps } from './deps.ts';
import type { Credential, SessionTokens, UniqueName, User } from './domain.ts';
import { refusals } from './errors.ts';
import { openSession } from './open-session.ts';

export type LoginResult =
  | { readonly __typename: 'LoginSuccess'; readonly user: User; readonly tokens: SessionTokens }
  | ReturnType<typeof refusals.invalidCredentials>
  | ReturnType<typeof refusals.tooManyAttempts>;

const SECONDS_PER_MINUTE = 60;

/** Signs in with a name of either kind. Nothing in the answer or its time tells whether anybody has the name. */
export async function logIn(
  deps: UserDeps,
  given: { readonly name: UniqueName; readonly password: string },
): Promise<LoginResult> {
  const retryAfterSeconds = await takeAttempt(deps, given.name);
  if (retryAfterSeconds > 0) return refusals.tooManyAttempts(retryAfterSeconds);
  const found = await findPlayer(deps, given.name);
  const isRight = await deps.hasher.verify(given.password, found?.credential.passwordHash ?? null);
  if (!found || !isRight) return refusals.invalidCredentials();
  await renewHash(deps, found.credential, given.password);
  const tokens = await deps.store.transact(found.user.id, (tx) => openSession(deps, tx, found.user.id));
  return { __typename: 'LoginSuccess', user: found.user, tokens };
}

/** How many seconds to wait before this attempt may be made; 0 when it may be made now. */
async function takeAttempt({ hot, settings }: UserDeps, { kind, name }: UniqueName): Promise<number> {
  // Hashed, because people type passwords into the wrong field.
  const digest = createHash('sha256').update(name).digest('base64url');
  const { isAllowed, retryAfterMs } = await hot.takeTokens({
    key: `user:login:${kind}:${digest}`,
    capacity: settings.loginAttemptsMax,
    refillPerSecond: settings.loginAttemptsPerMinute / SECONDS_PER_MINUTE,
    cost: 1,
  });
  return isAllowed ? 0 : Math.max(1, Math.ceil(retryAfterMs / 1_000));
}

/** A name that is only reserved leads to no player. When nobody has it, the same queries run for a made-up player. */
async function findPlayer(
  { store, ids }: UserDeps,
  name: UniqueName,
): Promise<{ readonly user: User; readonly credential: Credential } | null> {
  const holders = await store.findHolders(name.kind, [name.name]);
  const userId = holders.get(name.name) ?? ids.make('user');
  const [[user], [credential]] = await Promise.all([store.findUsers([userId]), store.findCredentials([userId])]);
  return user && credential ? { user, credential } : null;
}

/** The one moment at which a password is known and its hash can follow a changed cost. */
async function renewHash({ hasher, store }: UserDeps, credential: Credential, password: string): Promise<void> {
  if (!hasher.isOutdated(credential.passwordHash)) return;
  await store.updatePasswordHash(credential, await hasher.hash(password));
}
