import type { HotStore } from '@playgraph/cache/hot-store';
import type { Clock } from '@playgraph/kernel/clock';
import type { CacheObserver } from './cache-observer.ts';
import type { EntityTypes } from './entity-types.ts';
import type { Generations } from './generations.ts';
import type { FactsOfLoads } from './load-facts.ts';
import type { StoreGuard } from './store-guard.ts';

/** What sessions and the answer cache work with. */
export type CacheParts = {
  readonly hot: Pick<HotStore, 'mset'>;
  readonly clock: Clock;
  readonly observer: CacheObserver;
  readonly guard: StoreGuard;
  readonly generations: Generations;
  readonly ttlSecondsMax: number;
  readonly namespace: string;
  /** What tells the graph in force from other versions. */
  readonly graphId: () => string;
  /** Of the graph in force. */
  readonly types: () => EntityTypes;
  readonly facts: () => FactsOfLoads;
};
