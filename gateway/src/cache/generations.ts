import { createHash } from 'node:crypto';
import type { HotStore } from '@playgraph/cache/hot-store';
import type { Random } from '@playgraph/kernel/random';
import { LRUCache } from 'lru-cache';

/** How many generations the entities of all types share: one that changes takes with it what shares its bucket. */
const BUCKETS = 16_384;
/** Generations that expire cost a fetch each, and nothing else. */
const GENERATION_TTL_MS = 24 * 60 * 60_000;
const GENERATION_BYTES = 9;
/** Generations that this process has met. One that was forgotten looks new, which costs a little sharing. */
const SEEN_MAX = 65_536;
/** The most keys of one round trip; more go side by side. */
const KEYS_MAX = 1_000;

/** What an invalidation may be about, as keys of generations. */
export const generationKeys = {
  /** Everything that a subgraph said. */
  subgraph: (subgraph: string): string => `s:${subgraph}`,
  /** What a subgraph said of one type. */
  typeOf: (subgraph: string, typename: string): string => `t:${subgraph}:${typename}`,
  /** Any entity of a type: for what holds entities without naming them. */
  anyOf: (typename: string): string => `a:${typename}`,
  /** One entity, by its type and a name from `EntityTypes.keysOf`. */
  entity(typename: string, key: string): string {
    const digest = createHash('sha256').update(`${typename}:${key}`).digest();
    return `e:${digest.readUInt32BE(0) % BUCKETS}`;
  },
};

/**
 * A generation is a random mark that an invalidation replaces. Whoever is about to fetch reads the generations of what
 * it will be told, and keeps them with it; what is kept counts while these are still in force. So what was fetched
 * before an invalidation is never taken for what was fetched after it, however late it is stored.
 *
 * No generation is ever implied: one that is missing is made before the fetch, and what bears a lost one does not count.
 * A store that forgets some keys and keeps others therefore costs fetches and gives nothing stale.
 */
export type Generations = {
  /**
   * In one round trip (up to three when a generation has to be made) the generations of `keys` and the values of other keys. A
   * generation is null when it is not known, so that nothing can be kept under it. Rejects when the store does.
   */
  read(keys: readonly string[], valueKeys: readonly string[]): Promise<GenerationsRead>;
  /** Replaces generations. Reads that begin after this has resolved find nothing from before. Rejects when the store does. */
  raise(keys: readonly string[]): Promise<void>;
};

export type GenerationsRead = {
  readonly generations: ReadonlyMap<string, string | null>;
  readonly values: readonly (string | null)[];
};

export type GenerationsDeps = {
  readonly hot: Pick<HotStore, 'mget' | 'mset' | 'setIfAbsent'>;
  readonly random: Random;
  readonly namespace: string;
  /**
   * Something was invalidated, here or elsewhere: who asks from now on must not be told what was asked before. Called
   * before a read that could show it resolves.
   */
  readonly onRaised: () => void;
};

export function createGenerations({ hot, random, namespace, onRaised }: GenerationsDeps): Generations {
  const seen = new LRUCache<string, true>({ max: SEEN_MAX });
  const storeKeyOf = (key: string): string => `${namespace}:g:${key}`;
  const make = (): string => Buffer.from(random.bytes(GENERATION_BYTES)).toString('base64url');

  /** Notes generations in force; announces it when one of them is news. */
  const meet = (found: readonly (string | null)[]): void => {
    // A missing one may have been lost, and an invalidation with it.
    const isNews = found.some((generation) => generation === null || !seen.get(generation));
    for (const generation of found) if (generation !== null) seen.set(generation, true);
    if (isNews) onRaised();
  };
  /** Makes a missing generation, or takes the one that another one has made meanwhile. */
  const begin = async (key: string): Promise<string | null> => {
    const generation = make();
    if (await hot.setIfAbsent(storeKeyOf(key), generation, GENERATION_TTL_MS)) {
      seen.set(generation, true);
      return generation;
    }
    const [others = null] = await hot.mget([storeKeyOf(key)]);
    meet([others]);
    return others;
  };
  return {
    async read(keys, valueKeys) {
      const texts = await readAll(hot, [...keys.map(storeKeyOf), ...valueKeys]);
      const found = texts.slice(0, keys.length);
      meet(found);
      const known = await Promise.all(keys.map((key, i) => found[i] ?? begin(key)));
      return { generations: new Map(keys.map((key, i) => [key, known[i] ?? null])), values: texts.slice(keys.length) };
    },
    async raise(keys) {
      const entries = keys.map((key) => [storeKeyOf(key), make()] as const);
      for (let at = 0; at < entries.length; at += KEYS_MAX) {
        await hot.mset(entries.slice(at, at + KEYS_MAX), GENERATION_TTL_MS);
      }
      for (const [, generation] of entries) seen.set(generation, true);
      // Not before: what was asked until now may have been asked under the generations that ended only now.
      onRaised();
    },
  };
}

async function readAll(hot: Pick<HotStore, 'mget'>, keys: readonly string[]): Promise<(string | null)[]> {
  if (keys.length <= KEYS_MAX) return hot.mget(keys);
  const chunks: (readonly string[])[] = [];
  for (let at = 0; at < keys.length; at += KEYS_MAX) chunks.push(keys.slice(at, at + KEYS_MAX));
  return (await Promise.all(chunks.map((chunk) => hot.mget(chunk)))).flat();
}
