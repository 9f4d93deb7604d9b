import { hash } from 'node:crypto';
import type { Clock } from '@playgraph/kernel/clock';
import { unauthenticated } from '@playgraph/kernel/errors';
import type { Identity } from './identity.ts';
import { authenticate, deriveKey, isAuthentic } from './secret.ts';

/** The HTTP header that carries a signed identity from the gateway to a subgraph. */
export const IDENTITY_HEADER = 'playgraph-identity';
/** What a signature may be bound to: operations travel by POST, sockets open by GET. */
export type SignedMethod = 'GET' | 'POST';
/** How old a signed identity may be: long enough for a retry, too short to be worth stealing. */
export const SIGNED_IDENTITY_AGE_MS_MAX = 60_000;
/** How far in the future it may lie: clocks of two machines differ. */
const CLOCK_SKEW_MS_MAX = 5_000;
/** Room for the scopes of the largest access token that counts. */
const HEADER_CHARS_MAX = 12_288;
const PURPOSE = 'signed-identity';
/** A process signs with one secret, a test with a few; more are derived again. */
const KEYS_MAX = 16;
const REFUSAL = 'The request does not come from the gateway.';

/**
 * Says who is asking, bound to the HTTP method, the exact bytes of `body` and this minute: `<payload>.<mac>`, where
 * payload is base64url JSON of the time and the identity, and mac is HMAC-SHA256 over payload, method and SHA-256 of
 * the body. A null identity (nobody is signed in) is signed as well, so that only the gateway can ask at all.
 * A socket is opened by a GET without a body: its signature is good for no POST.
 */
export function signIdentity(options: {
  readonly identity: Identity | null;
  readonly body: string;
  /** GET when absent. */
  readonly method?: SignedMethod;
  readonly secret: string;
  readonly clock: Clock;
}): string {
  const { identity, secret, clock } = options;
  const claims = {
    at: clock.nowMs(),
    ...(identity && { user: identity.userId, session: identity.sessionId, scopes: identity.scopes }),
  };
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${payload}.${authenticate(keyOf(secret), signedText(payload, options))}`;
}

/**
 * Reads a header made by `signIdentity` with the same secret for the same method and body.
 * @throws DomainError UNAUTHENTICATED when it is absent, forged, for another method or body, or older than
 * SIGNED_IDENTITY_AGE_MS_MAX.
 */
export function verifySignedIdentity(options: {
  readonly header: string | undefined;
  readonly body: string | Uint8Array;
  /** GET when absent. */
  readonly method?: SignedMethod;
  readonly secret: string;
  readonly clock: Clock;
}): Identity | null {
  const { header, secret, clock } = options;
  if (!header || header.length > HEADER_CHARS_MAX) throw unauthenticated(REFUSAL);
  const [payload = '', mac = '', ...rest] = header.split('.');
  const isGenuine = rest.length === 0 && isAuthentic(keyOf(secret), signedText(payload, options), mac);
  if (!isGenuine) throw unauthenticated(REFUSAL);
  // Only what we signed ourselves gets here, so its shape is known.
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
  const ageMs = clock.nowMs() - claims.at;
  if (ageMs > SIGNED_IDENTITY_AGE_MS_MAX || ageMs < -CLOCK_SKEW_MS_MAX) throw unauthenticated(REFUSAL);
  return 'user' in claims ? { userId: claims.user, sessionId: claims.session, scopes: claims.scopes } : null;
}

/**
 * Says at start-up what `signIdentity` would say at the first call.
 * @throws TypeError when the secret is too short.
 */
export function checkIdentitySecret(secret: string): void {
  keyOf(secret);
}

type Claims =
  | { readonly at: number }
  | { readonly at: number; readonly user: string; readonly session: string; readonly scopes: readonly string[] };

/** Neither base64url nor a method contains a dot: no two requests give the same text. */
function signedText(payload: string, request: { readonly body: string | Uint8Array; readonly method?: SignedMethod }) {
  return `${payload}.${request.method ?? 'GET'}.${hash('sha256', request.body, 'base64url')}`;
}

const keys = new Map<string, Buffer>();

/** Derived once a secret: signing is on the path of every subgraph call. */
function keyOf(secret: string): Buffer {
  const known = keys.get(secret);
  if (known) return known;
  const key = deriveKey(secret, PURPOSE);
  if (keys.size >= KEYS_MAX) keys.clear();
  keys.set(secret, key);
  return key;
}
