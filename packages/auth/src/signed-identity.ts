import { createHash } from 'node:crypto';
import type { Clock } from '@playgraph/kernel/clock';
import { unauthenticated } from '@playgraph/kernel/errors';
import type { Identity } from './identity.ts';
import { authenticate, deriveKey, isAuthentic } from './secret.ts';

/** The HTTP header that carries a signed identity from the gateway to a subgraph. */
export const IDENTITY_HEADER = 'playgraph-identity';
/** How old a signed identity may be: long enough for a retry, too short to be worth stealing. */
export const SIGNED_IDENTITY_AGE_MS_MAX = 60_000;
/** How far in the future it may lie: clocks of two machines differ. */
const CLOCK_SKEW_MS_MAX = 5_000;
const HEADER_CHARS_MAX = 8_192;
const PURPOSE = 'signed-identity';
const REFUSAL = 'The request does not come from the gateway.';

/**
 * Says who is asking, bound to the exact bytes of `body` and to this minute: `<payload>.<mac>`, HMAC-SHA256.
 * A null identity (nobody is signed in) is signed as well, so that only the gateway can ask at all.
 */
export function signIdentity(options: {
  readonly identity: Identity | null;
  readonly body: string;
  readonly secret: string;
  readonly clock: Clock;
}): string {
  const { identity, body, secret, clock } = options;
  const claims = {
    at: clock.nowMs(),
    ...(identity && { user: identity.userId, session: identity.sessionId, scopes: identity.scopes }),
  };
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${payload}.${authenticate(deriveKey(secret, PURPOSE), `${payload}.${digest(body)}`)}`;
}

/**
 * Reads a header made by `signIdentity` with the same secret for the same body.
 * @throws DomainError UNAUTHENTICATED when it is absent, forged, for another body, or older than
 * SIGNED_IDENTITY_AGE_MS_MAX.
 */
export function verifySignedIdentity(options: {
  readonly header: string | undefined;
  readonly body: string | Uint8Array;
  readonly secret: string;
  readonly clock: Clock;
}): Identity | null {
  const { header, body, secret, clock } = options;
  if (!header || header.length > HEADER_CHARS_MAX) throw unauthenticated(REFUSAL);
  const [payload = '', mac = '', ...rest] = header.split('.');
  const isGenuine = rest.length === 0 && isAuthentic(deriveKey(secret, PURPOSE), `${payload}.${digest(body)}`, mac);
  if (!isGenuine) throw unauthenticated(REFUSAL);
  // Only what we signed ourselves gets here, so its shape is known.
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
  const ageMs = clock.nowMs() - claims.at;
  if (ageMs > SIGNED_IDENTITY_AGE_MS_MAX || ageMs < -CLOCK_SKEW_MS_MAX) throw unauthenticated(REFUSAL);
  return 'user' in claims ? { userId: claims.user, sessionId: claims.session, scopes: claims.scopes } : null;
}

type Claims =
  | { readonly at: number }
  | { readonly at: number; readonly user: string; readonly session: string; readonly scopes: readonly string[] };

function digest(body: string | Uint8Array): string {
  return createHash('sha256').update(body).digest('base64url');
}
