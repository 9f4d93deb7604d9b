/** Something that a cache did; `count` is how many entities, answers to root fetches, whole answers, invalidations or failures it is about. */
export type CacheEvent = {
  readonly cache: 'ENTITY' | 'ROOT' | 'ANSWER';
  readonly kind: 'HIT' | 'MISS' | 'STORE' | 'INVALIDATION' | 'ERROR';
  readonly count: number;
};

/** Told of everything that counts; must not throw. */
export type CacheObserver = (event: CacheEvent) => void;

export const silentCacheObserver: CacheObserver = () => undefined;
