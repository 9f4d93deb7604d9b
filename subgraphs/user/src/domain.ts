/** What everybody may know of a player. */
export type User = {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly joinedAt: Date;
};

/** What only the player and the sign-in may know. */
export type Credential = { readonly userId: string; readonly email: string; readonly passwordHash: string };

/** The kinds of names that only one player may have. */
export type NameKind = 'username' | 'email';

/** A name with its kind, lower-cased: how it is compared and placed. */
export type UniqueName = { readonly kind: NameKind; readonly name: string };

/** One sign-in. */
export type Session = {
  readonly id: string;
  readonly userId: string;
  readonly startedAt: Date;
  readonly seenAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
  readonly endReason: EndReason | null;
};

/** Why a session ended before its time. */
export type EndReason = 'LOGGED_OUT' | 'TOKEN_REUSED';

/** A refresh token as it is stored. */
export type RefreshTokenRow = {
  readonly hash: string;
  readonly sessionId: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
  readonly nextSalt: string | null;
};

/** What a signed-in client holds. */
export type SessionTokens = {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: Date;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: Date;
};

/** Somebody who is to become a player: checked, as it will be stored. */
export type Registration = {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly displayName: string;
};

/** The username as it is compared. */
export function usernameKey(username: string): UniqueName {
  return { kind: 'username', name: username.toLowerCase() };
}

/** The email address as it is compared. Mail providers tell case apart in theory and none does. */
export function emailKey(email: string): UniqueName {
  return { kind: 'email', name: email.toLowerCase() };
}

/** Whether a session goes on at `now`. */
export function isLive(session: Session, now: Date): boolean {
  return session.endedAt === null && session.expiresAt > now;
}
