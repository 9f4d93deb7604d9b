import { isVerificationKey, type PublicJwk } from './public-key.ts';

/** The most keys that are looked at in a key set. */
const KEYS_MAX = 100;

/** The keys of one version of a set. */
export type KeyIndex = {
  /** The key of that id; for null the only key of a set that has just one. */
  get(kid: string | null): PublicJwk | null;
  readonly size: number;
};

/** The keys that signatures can be checked with; anything else that is listed is left out. */
export function indexKeys(listed: readonly unknown[]): KeyIndex {
  const keys = listed.slice(0, KEYS_MAX).filter(isVerificationKey);
  const byId = new Map(keys.flatMap((key) => (key.kid === undefined ? [] : [[key.kid, key] as const])));
  const only = keys.length === 1 ? (keys[0] ?? null) : null;
  return { get: (kid) => (kid === null ? only : (byId.get(kid) ?? null)), size: keys.length };
}
