import { createPublicKey, type KeyObject } from 'node:crypto';

/** A shorter RSA modulus can be factored. */
const RSA_BITS_MIN = 2_048;
const KEY_TYPES: ReadonlySet<unknown> = new Set(['EC', 'RSA']);

/** The public part of an asymmetric key, as a JWKS lists it (RFC 7517). */
export type PublicJwk = {
  readonly kty: string;
  /** The name by which tokens point at it. */
  readonly kid?: string;
  /** The only algorithm that it is for; any that fits its type when absent. */
  readonly alg?: string;
  readonly use?: string;
  readonly key_ops?: readonly string[];
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
};

/** An ES256 key. */
export type Es256PublicJwk = {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly alg: 'ES256';
  readonly use: 'sig';
};

/** Whether signatures can be checked with it: an RSA or EC key that is sound, strong enough, and not for encryption. */
export function isVerificationKey(value: unknown): value is PublicJwk {
  if (typeof value !== 'object' || value === null) return false;
  const { kty, kid, alg, use, key_ops: uses } = value as Record<string, unknown>;
  const isNamed = kid === undefined || typeof kid === 'string';
  const isOfOneAlgorithm = alg === undefined || typeof alg === 'string';
  const isForSignatures = (use ?? 'sig') === 'sig' && (!Array.isArray(uses) || uses.includes('verify'));
  const isCandidate = KEY_TYPES.has(kty) && isNamed && isOfOneAlgorithm && isForSignatures;
  return isCandidate && keyObjectOf(value as PublicJwk) !== null;
}

/** Parsing a key costs more than checking a signature with it. */
const keyObjects = new WeakMap<PublicJwk, KeyObject | null>();

/** The key as node:crypto takes it; null when it is none, or too weak. Parsed once for each object. */
export function keyObjectOf(jwk: PublicJwk): KeyObject | null {
  const known = keyObjects.get(jwk);
  if (known !== undefined) return known;
  const key = parseKey(jwk);
  keyObjects.set(jwk, key);
  return key;
}

function parseKey({ kty, crv, x, y, n, e }: PublicJwk): KeyObject | null {
  try {
    // Whatever else a set may wrongly list, such as private parts, is not looked at.
    const members = Object.entries(kty === 'RSA' ? { kty, n, e } : { kty, crv, x, y });
    const key = createPublicKey({ key: Object.fromEntries(members), format: 'jwk' });
    const { modulusLength = RSA_BITS_MIN } = key.asymmetricKeyDetails ?? {};
    return modulusLength >= RSA_BITS_MIN ? key : null;
  } catch {
    return null;
  }
}
