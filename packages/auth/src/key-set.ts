import { type Clock, systemClock } from '@playgraph/kernel/clock';
import { DomainError } from '@playgraph/kernel/errors';

/** How long a fetch of a key set may take. */
const FETCH_DEADLINE_MS = 3_000;
/** The least time between two fetches, whatever unknown key ids come in. */
export const KEY_SET_REREAD_MS_MIN = 5_000;
/** The most keys that are read from a key set. */
const KEYS_MAX = 20;

/** The public part of an ES256 key, as a JWKS lists it (RFC 7517). */
export type PublicJwk = {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly alg: 'ES256';
  readonly use: 'sig';
};

/** A JWKS document. */
export type Jwks = { readonly keys: readonly PublicJwk[] };

/** Where a verifier finds public keys. */
export type KeySet = {
  /** The key of that id, or null. @throws DomainError UNAVAILABLE when no keys could be read at all. */
  find(kid: string): Promise<PublicJwk | null>;
};

/** A key set that never changes. */
export function createStaticKeySet(jwks: Jwks): KeySet {
  const keys = indexKeys(jwks);
  return { find: async (kid) => keys.get(kid) ?? null };
}

/**
 * The key set at `url`, trusted for `ttlMs`. An unknown key id has it fetched again (a key may be new), at most every
 * KEY_SET_REREAD_MS_MIN. While the address does not answer, the keys read last go on counting.
 */
export function createRemoteKeySet(options: {
  readonly url: string;
  readonly ttlMs: number;
  readonly clock?: Clock;
}): KeySet {
  const { url, ttlMs, clock = systemClock } = options;
  let keys: Map<string, PublicJwk> | null = null;
  let readAtMs = Number.NEGATIVE_INFINITY;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;
  const read = async () => {
    triedAtMs = clock.nowMs();
    try {
      keys = indexKeys(await fetchJwks(url));
      readAtMs = clock.nowMs();
    } catch {
      if (!keys) throw new DomainError('UNAVAILABLE', 'Sign-ins cannot be checked just now.');
    }
  };
  // Requests that arrive together share one fetch.
  const readOnce = () => {
    reading ??= read().finally(() => {
      reading = null;
    });
    return reading;
  };
  return {
    async find(kid) {
      const isStale = !keys || clock.nowMs() - readAtMs >= ttlMs || !keys.has(kid);
      const mayRead = reading !== null || !keys || clock.nowMs() - triedAtMs >= KEY_SET_REREAD_MS_MIN;
      if (isStale && mayRead) await readOnce();
      return keys?.get(kid) ?? null;
    },
  };
}

function indexKeys(jwks: Jwks): Map<string, PublicJwk> {
  return new Map(jwks.keys.slice(0, KEYS_MAX).map((key) => [key.kid, key]));
}

async function fetchJwks(url: string): Promise<Jwks> {
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_DEADLINE_MS), redirect: 'error' });
  const body: unknown = response.ok ? await response.json() : null;
  const listed = typeof body === 'object' && body !== null && 'keys' in body ? body.keys : null;
  if (!Array.isArray(listed)) throw new TypeError('not a key set');
  return { keys: listed.filter(isPublicJwk) };
}

function isPublicJwk(value: unknown): value is PublicJwk {
  if (typeof value !== 'object' || value === null) return false;
  const key = value as Record<string, unknown>;
  const hasStrings = [key.x, key.y, key.kid].every((part) => typeof part === 'string');
  return key.kty === 'EC' && key.crv === 'P-256' && hasStrings;
}
