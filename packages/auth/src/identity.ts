import { DomainError, unauthenticated } from '@playgraph/kernel/errors';

/** Who is asking, as the gateway learned it from a verified access token. */
export type Identity = {
  /** Who it is, as the issuer of the token knows them: `user_...` where that is the store. */
  readonly userId: string;
  /** The sign-in that the token belongs to, `session_...` in the store; empty where a foreign issuer names none. */
  readonly sessionId: string;
  /** What the token may be used for, such as `store:admin`. Players have none. */
  readonly scopes: readonly string[];
};

/** @throws DomainError UNAUTHENTICATED when nobody is signed in. */
export function requireIdentity(identity: Identity | null): Identity {
  if (!identity) throw unauthenticated();
  return identity;
}

/** @throws DomainError UNAUTHENTICATED or FORBIDDEN unless the caller holds `scope`. */
export function requireScope(identity: Identity | null, scope: string): Identity {
  const known = requireIdentity(identity);
  if (!known.scopes.includes(scope)) throw new DomainError('FORBIDDEN', `This needs the scope ${scope}.`, { scope });
  return known;
}
