import type { UserDeps } from './deps.ts';
import { isLive, type RefreshTokenRow, type Session, type SessionTokens } from './domain.ts';
import { refusals } from './errors.ts';
import { issueTokens, toTokenRow } from './open-session.ts';
import { createSalt, hashOf, nextRefreshToken, type RefreshToken, readRefreshToken } from './refresh-token.ts';
import { deleteTokensOver, insertRefreshToken, markTokenUsed, touchSession } from './store.ts';

export type RefreshResult =
  | { readonly __typename: 'RefreshSessionSuccess'; readonly userId: string; readonly tokens: SessionTokens }
  | ReturnType<typeof refusals.sessionEnded>;

/** How many exchanges within one grace are followed, and how often a lost race is looked into again. */
const STEPS_MAX = 10;

/** A token that counts, with what is stored of it. */
type Known = { readonly token: RefreshToken; readonly row: RefreshTokenRow };

/**
 * Exchanges a refresh token for the next one.
 *
 * Two tabs that share a token refresh at once: the first exchanges it, the second gets the very token that the first
 * one got, for a short grace. Were each given its own, a thief in that window could live on unseen; as it is, the next
 * exchange after the grace shows that two hold the same token, and ends the session.
 */
export async function refreshSession(deps: UserDeps, text: string): Promise<RefreshResult> {
  const token = readRefreshToken(text);
  const session = token && (await deps.store.findSession(token.sessionId));
  if (!token || !session || !isLive(session, deps.clock.now())) return refusals.sessionEnded();
  const tokens = await followToken(deps, session, token);
  return tokens ? { __typename: 'RefreshSessionSuccess', userId: session.userId, tokens } : refusals.sessionEnded();
}

/** From the given token to the newest one: by an exchange, or along exchanges that are still in their grace. */
async function followToken(deps: UserDeps, session: Session, given: RefreshToken): Promise<SessionTokens | null> {
  let token = given;
  for (let step = 0; step < STEPS_MAX; step++) {
    const row = await deps.store.findRefreshToken(session.id, hashOf(token));
    // Not ours, or over: says nothing about whoever holds the session's real tokens.
    if (!row || row.expiresAt <= deps.clock.now()) return null;
    if (row.usedAt === null && token !== given) return issueTokens(deps, session, { token, expiresAt: row.expiresAt });
    if (row.usedAt === null) {
      const outcome = await exchange(deps, session, { token, row });
      if (outcome !== 'RACED') return outcome;
    } else if (row.nextSalt === null || !isInGrace(deps, row.usedAt)) {
      await endStolen(deps, session);
      return null;
    } else {
      token = nextRefreshToken(token, row.nextSalt);
    }
  }
  return null;
}

/** RACED: another request exchanged the token first, and the store now says with what. */
async function exchange(
  deps: UserDeps,
  session: Session,
  { token, row }: Known,
): Promise<SessionTokens | null | 'RACED'> {
  const usedAt = deps.clock.now();
  const nextSalt = createSalt(deps.random);
  const next = nextRefreshToken(token, nextSalt);
  const nextRow = toTokenRow(deps, session, next);
  return deps.store.transact(session.id, async (tx) => {
    if (!(await markTokenUsed(tx, row.hash, { usedAt, nextSalt }))) return 'RACED';
    await insertRefreshToken(tx, nextRow);
    await deleteTokensOver(tx, session.id, usedAt);
    // Logged out since it was read: the exchange leads nowhere, for every refresh looks at the session first.
    if (!(await touchSession(tx, session.id, usedAt))) return null;
    return issueTokens(deps, session, { token: next, expiresAt: nextRow.expiresAt });
  });
}

function isInGrace({ clock, settings }: UserDeps, usedAt: Date): boolean {
  return clock.nowMs() - usedAt.getTime() <= settings.refreshGraceMs;
}

async function endStolen(deps: UserDeps, session: Session): Promise<void> {
  const isEnded = await deps.store.endSession(session.id, deps.clock.now(), 'TOKEN_REUSED');
  const { id: sessionId, userId } = session;
  if (isEnded)
    deps.logger.warn({ sessionId, userId }, 'a refresh token came back after its exchange; the session ends');
}
