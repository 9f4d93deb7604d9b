import type { CacheParts } from './cache-parts.ts';
import { type CachedReads, createCachedReads } from './cached-reads.ts';
import type { ClientScope } from './client-scope.ts';
import type { GenerationsRead } from './generations.ts';
import { hashOf } from './load-facts.ts';

/** What looking up and keeping in one session work with. */
export type SessionWork = {
  readonly parts: CacheParts;
  readonly scope: ClientScope;
  readonly reads: CachedReads;
  readonly stamps: Stamps;
};

/** The generations in force before a fetch, by the key under which everybody would share what it brings. */
export type Stamps = {
  get(key: string): string | undefined;
  /** The first one stays: what was asked for before the second look may be older than what that look met. */
  note(key: string, stamp: string): void;
};

export function createSessionWork(parts: CacheParts, scope: ClientScope): SessionWork {
  const stamps = new Map<string, string>();
  return {
    parts,
    scope,
    reads: createCachedReads(parts),
    stamps: {
      get: (key) => stamps.get(key),
      note: (key, stamp) => {
        if (!stamps.has(key)) stamps.set(key, stamp);
      },
    },
  };
}

/** One text for generations in force; null when one of them is not known, so that nothing can be kept under it. */
export function stampOf({ generations }: GenerationsRead, keys: readonly string[]): string | null {
  let stamp = '';
  for (const key of keys) {
    const generation = generations.get(key);
    if (!generation) return null;
    stamp += generation;
  }
  // Many generations are as good as one that stands for them.
  return keys.length > 2 ? hashOf(stamp) : stamp;
}

/** Where a part is kept for everybody with the same headers, and where for its asker alone. */
export function placeOf(base: string, scope: ClientScope): { readonly sharedKey: string; readonly ownKey: string } {
  return { sharedKey: `${base}:p${scope.sharedKey}`, ownKey: `${base}:o${scope.ownKey}` };
}

/** What the values of variables add to a key. */
export function variablesKeyOf(variablesText: string): string {
  return variablesText === '' ? '' : `.${hashOf(variablesText)}`;
}
