import type { ForeseenCall } from '../calls/subgraph-call.ts';
import type { EntityKey, ForeseenLoad, ForeseenLoads, LoadPurpose } from './run.ts';

export function indexForeseen(foreseen: readonly ForeseenCall[]): ForeseenLoads {
  const byLoader = new Map<number, Map<EntityKey, ForeseenLoad>>();
  for (const call of foreseen) {
    const purpose = call.purpose as LoadPurpose | undefined;
    if (!purpose) continue;
    for (const { loader, keys } of purpose) {
      const byKey = byLoader.get(loader) ?? new Map<EntityKey, ForeseenLoad>();
      for (const key of keys) if (!byKey.has(key)) byKey.set(key, { call, purpose });
      byLoader.set(loader, byKey);
    }
  }
  return { find: (loader, key) => byLoader.get(loader)?.get(key) };
}
