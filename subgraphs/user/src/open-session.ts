import { bucketOf } from '@playgraph/kernel/ids';
import type { UserDeps } from './deps.ts';
import type { RefreshTokenRow, Session, SessionTokens } from './domain.ts';
import { createRefreshToken, hashOf, printRefreshToken, type RefreshToken } from './refresh-token.ts';
import { insertRefreshToken, insertSession, type Tx } from './store.ts';

/** Players hold no scopes: what a scope opens is not for players. */
const PLAYER_SCOPES: readonly string[] = [];

/** Writes a new session of the player, in the player's bucket, and gives its first tokens. */
export async function openSession(deps: UserDeps, tx: Tx, userId: string): Promise<SessionTokens> {
  const { clock, ids, random, settings } = deps;
  const startedAt = clock.now();
  const session: Session = {
    id: ids.make('session', bucketOf(userId)),
    userId,
    startedAt,
    seenAt: startedAt,
    expiresAt: new Date(startedAt.getTime() + settings.sessionTtlMs),
    endedAt: null,
    endReason: null,
  };
  const token = createRefreshToken(session.id, random);
  const row = toTokenRow(deps, session, token);
  await insertSession(tx, session);
  await insertRefreshToken(tx, row);
  return issueTokens(deps, session, { token, expiresAt: row.expiresAt });
}

/** A token as it is stored: it counts for the refresh time, and not beyond its session. */
export function toTokenRow(deps: UserDeps, session: Session, token: RefreshToken): RefreshTokenRow {
  const issuedAt = deps.clock.now();
  const expiresAtMs = Math.min(issuedAt.getTime() + deps.settings.refreshTtlMs, session.expiresAt.getTime());
  return {
    hash: hashOf(token),
    sessionId: session.id,
    issuedAt,
    expiresAt: new Date(expiresAtMs),
    usedAt: null,
    nextSalt: null,
  };
}

/** A fresh access token beside the given refresh token. */
export function issueTokens(
  deps: UserDeps,
  session: Session,
  refresh: { readonly token: RefreshToken; readonly expiresAt: Date },
): SessionTokens {
  const access = deps.tokens.issue({ userId: session.userId, sessionId: session.id, scopes: PLAYER_SCOPES });
  return {
    accessToken: access.token,
    accessTokenExpiresAt: access.expiresAt,
    refreshToken: printRefreshToken(refresh.token),
    refreshTokenExpiresAt: refresh.expiresAt,
  };
}
