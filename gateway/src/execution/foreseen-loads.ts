import type { ForeseenCall } from '../calls/subgraph-call.ts';
import type { EntityKey, ForeseenLoads, LoadPurpose } from './run.ts';

type KeysOfLoaders = ReadonlyMap<number, ReadonlySet<EntityKey>>;

/** What is remembered of an execution is the same object each time that it is foreseen. */
const known = new WeakMap<LoadPurpose, KeysOfLoaders>();

export function indexForeseen(foreseen: readonly ForeseenCall[]): ForeseenLoads {
  const loads = foreseen.flatMap((call) => {
    const purpose = call.purpose as LoadPurpose | undefined;
    return purpose ? [{ call, purpose, keys: keysOf(purpose) }] : [];
  });
  return { find: (loader, key) => loads.find(({ keys }) => keys.get(loader)?.has(key)) };
}

function keysOf(purpose: LoadPurpose): KeysOfLoaders {
  const made = known.get(purpose);
  if (made) return made;
  const byLoader = new Map<number, Set<EntityKey>>();
  for (const { loader, keys } of purpose) {
    const ofLoader = byLoader.get(loader) ?? new Set<EntityKey>();
    for (const key of keys) ofLoader.add(key);
    byLoader.set(loader, ofLoader);
  }
  known.set(purpose, byLoader);
  return byLoader;
}
