import { type CachePolicy, createPolicyTally, type Keepable, readCacheControl } from './cache-control.ts';
import type { CacheParts } from './cache-parts.ts';
import type { ClientScope } from './client-scope.ts';
import { type CachedEntity, decodeEntry, encodeEntry } from './entry.ts';
import { type GenerationsRead, generationKeys } from './generations.ts';
import { hashOf, type LoadFacts, type RepresentationFacts } from './load-facts.ts';

/** Entities that one fetch asks one subgraph for. */
export type CacheableLoad = {
  readonly subgraph: string;
  /** The selection on `_entities`, with its braces. */
  readonly selectionText: string;
  /** The values of the client's variables that the selection uses, printed so that equal values give equal texts. */
  readonly variablesText: string;
  /** The representations, as JSON. */
  readonly texts: readonly string[];
};

/** What a subgraph has said of one representation. */
export type FetchedEntity = { readonly text: string; readonly entity: object | null };

/** The cache as one execution of a query sees it. */
export type EntityCacheSession = {
  /**
   * For each representation what is kept, undefined when it is not there, in one batch read; null at once when there is
   * no use in looking. To be called before every fetch of entities, for only what was looked up can be kept. Never
   * rejects. What is found counts in the policy.
   */
  read(load: CacheableLoad): Promise<readonly (CachedEntity | undefined)[]> | null;
  /**
   * Keeps what an answer brought for as long as its `cache-control` says, and counts it in the policy. `entities`: those
   * that no error of the answer is about, as the subgraph gave them; none when an error is about the whole answer.
   */
  write(load: CacheableLoad, entities: readonly FetchedEntity[], cacheControl: string | null): void;
  /** Counts any other part in the policy: the answer to a root fetch. Null also for an answer with errors, or none at all. */
  note(cacheControl: string | null): void;
  /** The policy of the whole answer so far: the shortest age, the narrowest scope; null when it may not be kept. */
  policy(): CachePolicy | null;
  /** Whether something came out of the cache: then the execution is no function of its calls alone. */
  hasHits(): boolean;
  /** The generations of all entities that were asked for; null when there were too many, or some that have none. */
  touched(): ReadonlySet<string> | null;
};

/** A value that is larger is not kept. */
export const ENTITY_BYTES_MAX = 64 * 1024;
/** How many entities of one load are looked up and kept; the others are fetched each time. */
const ENTITIES_PER_LOAD_MAX = 1_000;
/** How many entities of one answer are named in it one by one. */
const TOUCHED_MAX = 128;

/** A representation on its way: where it is kept, and what it is kept under. */
type Place = { readonly facts: RepresentationFacts; readonly sharedKey: string; readonly ownKey: string };
/** The generations in force before the fetch, by the key under which an entity everybody shares would be kept. */
type Stamps = Map<string, string>;

export type SessionOptions = {
  readonly scope: ClientScope;
  /** False: nothing is looked up or kept, the policy alone is worked out. */
  readonly isOpen: boolean;
  /** Whether `touched` will be asked for. */
  readonly tracksEntities: boolean;
};

export function createEntitySession(
  parts: CacheParts,
  { scope, isOpen, tracksEntities }: SessionOptions,
): EntityCacheSession {
  const tally = createPolicyTally(scope.isAnonymous);
  const stamps: Stamps = new Map();
  const touched = tracksEntities ? createTouched() : null;
  let hits = 0;

  const count = (found: readonly (Found | undefined)[]): readonly (CachedEntity | undefined)[] => {
    const foundCount = found.filter((entry) => entry !== undefined).length;
    hits += foundCount;
    for (const entry of found) if (entry) tally.add(entry.keepable);
    if (foundCount > 0) parts.observer({ cache: 'ENTITY', kind: 'HIT', count: foundCount });
    if (foundCount < found.length) {
      parts.observer({ cache: 'ENTITY', kind: 'MISS', count: found.length - foundCount });
    }
    return found;
  };
  return {
    read(load) {
      const facts = isOpen || touched ? parts.facts().loadFacts(load.subgraph, load.selectionText) : null;
      if (touched) for (const text of load.texts) touched.add(parts.facts().representationFacts(text));
      if (!isOpen || !facts?.isKept || parts.guard.isResting()) return null;
      return readLoad(parts, { load, facts, scope, stamps }).then(count);
    },
    write(load, entities, cacheControl) {
      const keepable = readCacheControl(cacheControl);
      tally.add(keepable);
      const facts = isOpen ? parts.facts().loadFacts(load.subgraph, load.selectionText) : null;
      if (!facts) return;
      const mayKeep = keepable !== null && !(keepable.scope === 'PRIVATE' && scope.isAnonymous);
      facts.isKept = mayKeep;
      if (mayKeep) writeLoad(parts, { load, facts, scope, stamps }, { entities, keepable });
    },
    note: (cacheControl) => tally.add(readCacheControl(cacheControl)),
    policy: tally.policy,
    hasHits: () => hits > 0,
    touched: () => touched?.keys() ?? null,
  };
}

type LoadInHand = {
  readonly load: CacheableLoad;
  readonly facts: LoadFacts;
  readonly scope: ClientScope;
  readonly stamps: Stamps;
};
type Found = CachedEntity & { readonly keepable: Keepable };

async function readLoad(parts: CacheParts, inHand: LoadInHand): Promise<readonly (Found | undefined)[]> {
  const { load, facts, stamps } = inHand;
  const { generations, guard, clock } = parts;
  const placeOf = createPlacing(parts, inHand);
  const places = load.texts.map((text, i) => (i < ENTITIES_PER_LOAD_MAX ? placeOf(text) : null));
  const keys = new Set(facts.generationKeys);
  const valueKeys: string[] = [];
  for (const place of places) {
    if (!place) continue;
    for (const key of ownGenerationsOf(facts, place)) keys.add(key);
    valueKeys.push(place.sharedKey, place.ownKey);
  }
  const read = await guard.ask(() => generations.read([...keys], valueKeys));
  if (!read) return load.texts.map(() => undefined);
  const common = stampOf(read, facts.generationKeys);
  const nowMs = clock.nowMs();
  let at = 0;
  return places.map((place) => {
    if (!place) return undefined;
    const [shared, own] = [read.values[at++], read.values[at++]];
    const ownStamp = stampOf(read, ownGenerationsOf(facts, place));
    if (common === null || ownStamp === null) return undefined;
    const stamp = `${common}.${ownStamp}`;
    stamps.set(place.sharedKey, stamp);
    return decodeEntry(shared, { stamp, nowMs }) ?? decodeEntry(own, { stamp, nowMs });
  });
}

function writeLoad(
  parts: CacheParts,
  inHand: LoadInHand,
  { entities, keepable }: { readonly entities: readonly FetchedEntity[]; readonly keepable: Keepable },
): void {
  const placeOf = createPlacing(parts, inHand);
  const ttlMs = Math.min(keepable.maxAgeSeconds, parts.ttlSecondsMax) * 1_000;
  const expiresAtMs = parts.clock.nowMs() + ttlMs;
  const entries: (readonly [string, string])[] = [];
  for (const { text, entity } of entities.slice(0, ENTITIES_PER_LOAD_MAX)) {
    const place = placeOf(text);
    const stamp = place && inHand.stamps.get(place.sharedKey);
    if (!place || !stamp) continue;
    const entry = encodeEntry({ entity, stamp, expiresAtMs, scope: keepable.scope });
    if (entry.length > ENTITY_BYTES_MAX || Buffer.byteLength(entry) > ENTITY_BYTES_MAX) continue;
    entries.push([keepable.scope === 'PUBLIC' ? place.sharedKey : place.ownKey, entry]);
  }
  if (entries.length === 0 || parts.guard.isResting()) return;
  parts.guard.write(() => parts.hot.mset(entries, ttlMs));
  parts.observer({ cache: 'ENTITY', kind: 'STORE', count: entries.length });
}

/** Where the entities of a load are kept. Everything that an answer may depend on is part of the key. */
function createPlacing(
  { namespace, facts }: CacheParts,
  { load, facts: { meaning }, scope }: LoadInHand,
): (text: string) => Place | null {
  const { subgraph, selectionText, variablesText } = load;
  const loadHash = hashOf(JSON.stringify([subgraph, meaning, selectionText, variablesText]));
  return (text) => {
    const known = facts().representationFacts(text);
    if (!known) return null;
    const base = `${namespace}:e:${loadHash}:${known.hash}`;
    return { facts: known, sharedKey: `${base}:p${scope.sharedKey}`, ownKey: `${base}:o${scope.ownKey}` };
  };
}

/** What invalidates this entity, beside what invalidates the whole load. */
function ownGenerationsOf({ subgraph }: LoadFacts, { facts }: Place): readonly string[] {
  return [generationKeys.typeOf(subgraph, facts.typename), ...facts.entityKeys];
}

function stampOf({ generations }: GenerationsRead, keys: readonly string[]): string | null {
  let stamp = '';
  for (const key of keys) {
    const generation = generations.get(key);
    if (!generation) return null;
    stamp += generation;
  }
  // Many generations are as good as one that stands for them.
  return keys.length > 2 ? hashOf(stamp) : stamp;
}

function createTouched() {
  const keys = new Set<string>();
  let isWhole = true;
  return {
    add(facts: RepresentationFacts | null) {
      if (!facts || keys.size > TOUCHED_MAX) isWhole = false;
      else for (const key of facts.entityKeys) keys.add(key);
    },
    keys: () => (isWhole && keys.size <= TOUCHED_MAX ? keys : null),
  };
}
