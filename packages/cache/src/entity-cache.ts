import { randomUUID } from 'node:crypto';
import { decodeValue, encodeValue } from './codec.ts';
import type { HotStore } from './hot-store.ts';

/** Reads entities through the hot store. For facts that every viewer may see. */
export type EntityCache<Entity> = {
  /**
   * The entities of `ids` by id, those that do not exist left out. `load` is asked only for ids that are neither
   * stored nor being loaded by this process; it answers by id and may leave ids out. Callers share the entities:
   * treat them as frozen. Rejects when `load` does. A hot store that does not answer is as good as an empty one.
   */
  readMany(
    ids: readonly string[],
    load: (missing: string[]) => Promise<Map<string, Entity>>,
  ): Promise<Map<string, Entity>>;
  /**
   * To be called after the commit that changed `ids`. No read that starts after it resolved sees what was before the
   * commit, in any process, even while a load that began earlier is under way. Rejects when the hot store does.
   */
  invalidate(ids: readonly string[]): Promise<void>;
};

/** What an entity cache needs. `namespace` is `<subgraph>:<entity>`. */
export type EntityCacheDeps = {
  readonly hot: Pick<HotStore, 'mget' | 'mset'>;
  readonly namespace: string;
  readonly ttlMs: number;
};

/** A load that outlives this may put a stale entity back for up to `ttlMs`. Far above any deadline of a store. */
const LOAD_MS_MAX = 10 * 60_000;
/** The version of an entity that was not changed lately. */
const VERSION_NONE = '';
/** Stands for the version while the hot store does not answer: such loads are shared, and not stored. */
const VERSION_UNKNOWN = '?';

type Flight<Entity> = Promise<Map<string, Entity>>;
type Load<Entity> = (missing: string[]) => Flight<Entity>;
type Stored<Entity> = { readonly version: string; readonly entity: Entity };

/** What the hot store said: entities that count, and the version of every id. Null versions: it did not answer. */
type Known<Entity> = { readonly found: Map<string, Entity>; readonly versions: ReadonlyMap<string, string> | null };

/**
 * Beside each entity lies its version, which `invalidate` replaces. A stored entity names the version that was read
 * before it was loaded, and counts only while that one is in force; so whoever loads across a change stores something
 * that nobody will read. Loads are shared per entity and version, for the same reason.
 */
export function createEntityCache<Entity>(deps: EntityCacheDeps): EntityCache<Entity> {
  const flights = new Map<string, Flight<Entity>>();
  const entityKey = (id: string): string => `${deps.namespace}:${id}`;
  const versionKey = (id: string): string => `${deps.namespace}:v:${id}`;
  // A version must outlive every entity that was loaded before it.
  const versionTtlMs = deps.ttlMs + LOAD_MS_MAX;

  const lookUp = async (ids: readonly string[]): Promise<Known<Entity>> =>
    toKnown(ids, await deps.hot.mget([...ids.map(entityKey), ...ids.map(versionKey)]));

  const store = async (loaded: ReadonlyMap<string, Entity>, versions: ReadonlyMap<string, string>): Promise<void> => {
    const entries = Array.from(loaded, ([id, entity]) => {
      const stored: Stored<Entity> = { version: versions.get(id) ?? VERSION_NONE, entity };
      return [entityKey(id), encodeValue(stored)] as const;
    });
    // Not stored is not wrong: the next read loads again.
    if (entries.length > 0) await deps.hot.mset(entries, deps.ttlMs).catch(() => undefined);
  };

  const loadShared = (ids: readonly string[], known: Known<Entity>, load: Load<Entity>): Flight<Entity>[] => {
    const flightKey = (id: string): string => `${id} ${known.versions?.get(id) ?? VERSION_UNKNOWN}`;
    const grounded = ids.filter((id) => !flights.has(flightKey(id)));
    if (grounded.length > 0) {
      const flight = load(grounded)
        .then(async (loaded) => {
          if (known.versions) await store(loaded, known.versions);
          return loaded;
        })
        .finally(() => grounded.map(flightKey).forEach((key) => void flights.delete(key)));
      for (const id of grounded) flights.set(flightKey(id), flight);
    }
    return ids.flatMap((id) => flights.get(flightKey(id)) ?? []);
  };

  return {
    async readMany(ids, load) {
      const wanted = [...new Set(ids)];
      const known = await lookUp(wanted).catch((): Known<Entity> => ({ found: new Map(), versions: null }));
      const missing = wanted.filter((id) => !known.found.has(id));
      if (missing.length === 0) return known.found;
      const arrivals = await Promise.all(loadShared(missing, known, load));
      const loaded = new Map(missing.map((id, i) => [id, arrivals[i]?.get(id)]));
      const entities = new Map<string, Entity>();
      for (const id of wanted) {
        const entity = known.found.get(id) ?? loaded.get(id);
        if (entity !== undefined) entities.set(id, entity);
      }
      return entities;
    },
    async invalidate(ids) {
      if (ids.length === 0) return;
      // Unique in all processes; nothing is ever replayed from it, so it needs no injected randomness.
      const version = randomUUID();
      await deps.hot.mset(
        ids.map((id) => [versionKey(id), version] as const),
        versionTtlMs,
      );
    },
  };
}

/** Of `texts` the first half are the entities of `ids`, the second their versions. */
function toKnown<Entity>(ids: readonly string[], texts: readonly (string | null)[]): Known<Entity> {
  const found = new Map<string, Entity>();
  const versions = new Map<string, string>();
  ids.forEach((id, i) => {
    const version = texts[ids.length + i] ?? VERSION_NONE;
    versions.set(id, version);
    const stored = parseStored<Entity>(texts[i] ?? null);
    if (stored?.version === version) found.set(id, stored.entity);
  });
  return { found, versions };
}

function parseStored<Entity>(text: string | null): Stored<Entity> | null {
  if (text === null) return null;
  try {
    return decodeValue<Stored<Entity>>(text);
  } catch {
    // Written by another release of the codec: as good as absent.
    return null;
  }
}
