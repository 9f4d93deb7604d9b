import type { KeyObject } from 'node:crypto';
import type { Clock } from '@playgraph/kernel/clock';
import { unauthenticated } from '@playgraph/kernel/errors';
import jwt from 'jsonwebtoken';
import { type ClaimNames, type Claims, toIdentity } from './claims.ts';
import type { Identity } from './identity.ts';
import type { KeySet } from './key-set.ts';
import { keyObjectOf } from './public-key.ts';
import type { SigningKey } from './signing-key.ts';

/** What tokens of our own are signed with, and the only one accepted unless said otherwise. */
const OWN_ALGORITHM = 'ES256';
/** Proxies on the way take headers of no more than this. */
const TOKEN_CHARS_MAX = 8_192;
/** The most that a clock may be allowed to differ: more would lengthen every token's life. */
export const CLOCK_TOLERANCE_MS_MAX = 5 * 60_000;
const REFUSAL = 'The access token does not count (any more). Refresh it or sign in again.';

/** All that can be accepted: asymmetric ones, so that who checks a token cannot make one. */
export const TOKEN_ALGORITHMS = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512'] as const),
] as const;
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

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
      const token = jwt.sign(claims, deps.key.privateKeyPem, { algorithm: OWN_ALGORITHM, keyid: deps.key.kid });
      return { token, expiresAt: new Date(exp * 1_000) };
    },
  };
}

/** Why a token does not count. Clients are not told; whoever looks for a mistake in the settings needs to know. */
export type TokenRefusal =
  | 'MALFORMED'
  | 'UNKNOWN_KEY'
  | 'ALGORITHM'
  | 'SIGNATURE'
  | 'EXPIRED'
  | 'NOT_YET_VALID'
  | 'ISSUER'
  | 'AUDIENCE'
  | 'CLAIMS';

export type TokenVerifierDeps = {
  readonly keySet: KeySet;
  /** The `iss` that a token must have; of several, any. */
  readonly issuer: string | readonly string[];
  readonly clock: Clock;
  /** Of which a token must name one in `aud`. Whom a token is for is not looked at when absent or empty. */
  readonly audience?: readonly string[];
  /** ES256 alone when absent. A token cannot choose any other. */
  readonly algorithms?: readonly TokenAlgorithm[];
  /** How far the clocks of issuer and verifier may differ; 0 when absent. */
  readonly clockToleranceMs?: number;
  /** Where the parts of the identity stand; as `createTokenIssuer` writes them when absent. */
  readonly claims?: Partial<ClaimNames>;
  readonly onRefused?: (reason: TokenRefusal) => void;
};

const OWN_CLAIMS: ClaimNames = { userId: 'sub', session: 'sid', isSessionRequired: true, scopes: ['scope'] };

/** Verifies tokens by the keys of `keySet`. @throws TypeError for rules that would let anybody in. */
export function createTokenVerifier(deps: TokenVerifierDeps): TokenVerifier {
  const rules = toRules(deps);
  const names = { ...OWN_CLAIMS, ...deps.claims };
  const check = async (token: string): Promise<Identity | TokenRefusal> => {
    const header = readHeader(token);
    if (header === null) return 'MALFORMED';
    if (!rules.algorithms.includes(header.alg)) return 'ALGORITHM';
    const jwk = await deps.keySet.find(header.kid);
    const key = jwk && keyObjectOf(jwk);
    if (!jwk || !key) return 'UNKNOWN_KEY';
    // A key for one algorithm must not be used with another one, even where its type would fit.
    if (jwk.alg !== undefined && jwk.alg !== header.alg) return 'ALGORITHM';
    const claims = readClaims(token, key, { clockTimestamp: toSeconds(deps.clock.nowMs()), ...rules });
    return typeof claims === 'string' ? claims : (toIdentity(claims, names) ?? 'CLAIMS');
  };
  return {
    async verify(token) {
      const outcome = await check(token);
      if (typeof outcome !== 'string') return outcome;
      deps.onRefused?.(outcome);
      throw unauthenticated(REFUSAL);
    },
  };
}

type Rules = jwt.VerifyOptions & { readonly algorithms: jwt.Algorithm[]; readonly complete?: false };

function toRules({
  issuer,
  audience = [],
  algorithms = [OWN_ALGORITHM],
  clockToleranceMs = 0,
}: TokenVerifierDeps): Rules {
  const isKnown = algorithms.every((algorithm) => TOKEN_ALGORITHMS.includes(algorithm));
  if (!isKnown || algorithms.length === 0) throw new TypeError('access tokens need asymmetric algorithms');
  const isBounded = clockToleranceMs >= 0 && clockToleranceMs <= CLOCK_TOLERANCE_MS_MAX;
  if (!isBounded) throw new TypeError(`clocks may differ by ${CLOCK_TOLERANCE_MS_MAX} ms at most`);
  const [firstIssuer, ...issuers] = typeof issuer === 'string' ? [issuer] : issuer;
  // Without one the library would take tokens of anybody.
  if (!firstIssuer) throw new TypeError('access tokens need an issuer');
  const [firstAudience, ...audiences] = audience;
  return {
    algorithms: [...algorithms],
    issuer: [firstIssuer, ...issuers],
    ...(firstAudience === undefined ? {} : { audience: [firstAudience, ...audiences] }),
    clockTolerance: toSeconds(clockToleranceMs),
  };
}

function readHeader(token: string): { readonly alg: jwt.Algorithm; readonly kid: string | null } | null {
  if (token.length > TOKEN_CHARS_MAX) return null;
  try {
    const header = jwt.decode(token, { complete: true })?.header;
    // Whatever `crit` names must be understood (RFC 7515), and nothing is.
    if (!header || header.crit !== undefined) return null;
    const { alg, kid = null } = header as { alg: jwt.Algorithm; kid?: unknown };
    return kid === null || typeof kid === 'string' ? { alg, kid } : null;
  } catch {
    return null;
  }
}

function readClaims(token: string, key: KeyObject, rules: Rules): Claims | TokenRefusal {
  try {
    const claims = jwt.verify(token, key, rules);
    // A token without an end would count for ever.
    return typeof claims === 'string' || typeof claims.exp !== 'number' ? 'CLAIMS' : claims;
  } catch (error) {
    return refusalOf(error as Error);
  }
}

/** The library tells most of its reasons by their texts alone. */
function refusalOf({ name, message }: Error): TokenRefusal {
  if (name === 'TokenExpiredError') return 'EXPIRED';
  if (name === 'NotBeforeError') return 'NOT_YET_VALID';
  if (message.startsWith('jwt issuer')) return 'ISSUER';
  if (message.startsWith('jwt audience')) return 'AUDIENCE';
  if (message === 'invalid signature') return 'SIGNATURE';
  if (message === 'invalid algorithm' || message.includes('"alg" parameter')) return 'ALGORITHM';
  return 'MALFORMED';
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1_000);
}

/**
 * From when on a token that was verified already no longer counts for a verifier with this tolerance, in milliseconds since
 * the epoch; null when it does not say, or is no JWT. Checks nothing: never a reason to let anybody in.
 */
export function accessTokenExpiryMs(verifiedToken: string, clockToleranceMs = 0): number | null {
  const claims = jwt.decode(verifiedToken, { json: true });
  return typeof claims?.exp === 'number' ? (claims.exp + toSeconds(clockToleranceMs)) * 1_000 : null;
}
