/** Something that a cache did; `count` is how many entities, answers, invalidations or failures it is about. */
export type CacheEvent = {
  readonly cache: 'ENTITY' | 'ANSWER';
  readonly kind: 'HIT' | 'MISS' | 'STORE' | 'INVALIDATION' | 'ERROR';
  readonly count: number;
};

/** Told of everything that counts; must not throw. */
export type CacheObserver = (event: CacheEvent) => void;

export const silentCacheObserver: CacheObserver = () => undefined;
