import { createHash, createHmac } from 'node:crypto';
import { isId } from '@playgraph/kernel/ids';
import type { Random } from '@playgraph/kernel/random';

const SECRET_BYTES = 32;
const SALT_BYTES = 16;
const SECRET = /^[\w-]{43}$/;

/** A refresh token, taken apart. As text it is `<session id>.<secret>`, so that it says which shard knows it. */
export type RefreshToken = { readonly sessionId: string; readonly secret: string };

/** The first token of a session. */
export function createRefreshToken(sessionId: string, random: Random): RefreshToken {
  return { sessionId, secret: Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url') };
}

/** What `nextRefreshToken` needs besides the token. */
export function createSalt(random: Random): string {
  return Buffer.from(random.bytes(SALT_BYTES)).toString('base64url');
}

/**
 * The token that follows. Whoever holds the token can get it again with the salt, and nobody else: the store knows the
 * salt and only the hash of the token.
 */
export function nextRefreshToken({ sessionId, secret }: RefreshToken, salt: string): RefreshToken {
  return { sessionId, secret: createHmac('sha256', secret).update(salt).digest('base64url') };
}

/** All that is stored of a token. */
export function hashOf(token: RefreshToken): string {
  return createHash('sha256').update(printRefreshToken(token)).digest('hex');
}

/** As the client gets it. */
export function printRefreshToken({ sessionId, secret }: RefreshToken): string {
  return `${sessionId}.${secret}`;
}

/** Null for a text that is no token of ours. */
export function readRefreshToken(text: string): RefreshToken | null {
  const [sessionId = '', secret = '', ...rest] = text.split('.');
  return rest.length === 0 && isId('session', sessionId) && SECRET.test(secret) ? { sessionId, secret } : null;
}
