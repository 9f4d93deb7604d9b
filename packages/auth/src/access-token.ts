import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Clock } from '@playgraph/kernel/clock';
import { unauthenticated } from '@playgraph/kernel/errors';
import jwt from 'jsonwebtoken';
import type { Identity } from './identity.ts';
import type { KeySet, PublicJwk } from './key-set.ts';
import type { SigningKey } from './signing-key.ts';

/** The only algorithm that is made or accepted: a token cannot choose its own. */
const ALGORITHM = 'ES256';
const TOKEN_CHARS_MAX = 4_096;
const REFUSAL = 'The access token does not count (any more). Refresh it or sign in again.';

/** Makes access tokens. */
export type TokenIssuer = {
  /** A JWT (ES256) for `identity`, and the instant (whole seconds) from which it no longer counts. */
  issue(identity: Identity): { readonly token: string; readonly expiresAt: Date };
};

/** Checks access tokens. */
export type TokenVerifier = {
  /**
   * Who the token stands for.
   * @throws DomainError UNAUTHENTICATED for anything wrong with it: form, key, algorithm, issuer, time, claims;
   * UNAVAILABLE when the key set cannot be read.
   */
  verify(token: string): Promise<Identity>;
};

/** Issues tokens that live for `accessTtlMs`, rounded down to seconds. Claims: iss, sub, sid, scope, iat, exp. */
export function createTokenIssuer(deps: {
  readonly key: SigningKey;
  readonly issuer: string;
  readonly clock: Clock;
  readonly accessTtlMs: number;
}): TokenIssuer {
  return {
    issue(identity) {
      const iat = toSeconds(deps.clock.nowMs());
      const exp = iat + toSeconds(deps.accessTtlMs);
      const claims = {
        iss: deps.issuer,
        sub: identity.userId,
        sid: identity.sessionId,
        scope: identity.scopes.join(' '),
        iat,
        exp,
      };
      const token = jwt.sign(claims, deps.key.privateKeyPem, { algorithm: ALGORITHM, keyid: deps.key.kid });
      return { token, expiresAt: new Date(exp * 1_000) };
    },
  };
}

/** Verifies tokens of `issuer` by the keys of `keySet`. */
export function createTokenVerifier(deps: {
  readonly keySet: KeySet;
  readonly issuer: string;
  readonly clock: Clock;
}): TokenVerifier {
  return {
    async verify(token) {
      const kid = readKeyId(token);
      const jwk = kid === null ? null : await deps.keySet.find(kid);
      const claims = jwk && readClaims(token, jwk, deps);
      const identity = claims && toIdentity(claims);
      if (!identity) throw unauthenticated(REFUSAL);
      return identity;
    },
  };
}

function readKeyId(token: string): string | null {
  if (token.length > TOKEN_CHARS_MAX) return null;
  try {
    const kid = jwt.decode(token, { complete: true })?.header.kid;
    return typeof kid === 'string' ? kid : null;
  } catch {
    return null;
  }
}

function readClaims(token: string, jwk: PublicJwk, deps: { issuer: string; clock: Clock }): jwt.JwtPayload | null {
  try {
    const claims = jwt.verify(token, toKeyObject(jwk), {
      algorithms: [ALGORITHM],
      issuer: deps.issuer,
      clockTimestamp: toSeconds(deps.clock.nowMs()),
    });
    return typeof claims === 'string' ? null : claims;
  } catch {
    return null;
  }
}

function toIdentity(claims: jwt.JwtPayload): Identity | null {
  const { sub, exp } = claims;
  const sid: unknown = claims.sid;
  const scope: unknown = claims.scope;
  // A token without an end would count for ever.
  if (typeof sub !== 'string' || typeof sid !== 'string' || typeof exp !== 'number') return null;
  const scopes = typeof scope === 'string' ? scope.split(' ').filter((name) => name !== '') : [];
  return { userId: sub, sessionId: sid, scopes };
}

/** Parsing a key costs more than checking a signature with it. */
const keyObjects = new WeakMap<PublicJwk, KeyObject>();

function toKeyObject(jwk: PublicJwk): KeyObject {
  const known = keyObjects.get(jwk);
  if (known) return known;
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  keyObjects.set(jwk, key);
  return key;
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1_000);
}

/**
 * When a token that was verified already ends, in milliseconds since the epoch; null when it does not say, or is no JWT.
 * Checks nothing: never a reason to let anybody in.
 */
export function accessTokenExpiryMs(verifiedToken: string): number | null {
  const claims = jwt.decode(verifiedToken, { json: true });
  return typeof claims?.exp === 'number' ? claims.exp * 1_000 : null;
}
