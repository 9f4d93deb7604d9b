import type { Identity } from '@playgraph/auth/identity';
import type { UserDeps } from './deps.ts';
import { refusals } from './errors.ts';

export type LogoutResult =
  | { readonly __typename: 'LogoutSuccess'; readonly endedSessions: number }
  | ReturnType<typeof refusals.alreadySignedOut>;

/** Ends the caller's session, or all of the caller's. Refreshing fails from then on. */
export async function logOut(deps: UserDeps, identity: Identity, everywhere: boolean): Promise<LogoutResult> {
  const { store, clock } = deps;
  const endedSessions = everywhere
    ? await store.endSessionsOf(identity.userId, clock.now())
    : Number(await store.endSession(identity.sessionId, clock.now(), 'LOGGED_OUT'));
  if (endedSessions === 0) return refusals.alreadySignedOut();
  return { __typename: 'LogoutSuccess', endedSessions };
}
