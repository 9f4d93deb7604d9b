import type { Keepable } from './cache-control.ts';
import { decodeEntry, encodeEntry, type FoundEntry } from './entry.ts';
import { generationKeys } from './generations.ts';
import type { LoadFacts, RepresentationFacts } from './load-facts.ts';
import { placeOf, type SessionWork, stampOf, variablesKeyOf } from './session-work.ts';

/** A value that is larger is not kept. */
export const ENTITY_BYTES_MAX = 64 * 1024;
/** How many entities of one load are looked up and kept; the others are fetched each time. */
const ENTITIES_PER_LOAD_MAX = 1_000;

/** Entities that one fetch asks one subgraph for. What costs something to make is read only where something may be kept. */
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

type LoadInHand = { readonly load: CacheableLoad; readonly facts: LoadFacts };

/** A representation on its way: where it is kept, and what it is kept under. */
type Place = { readonly facts: RepresentationFacts; readonly sharedKey: string; readonly ownKey: string };

/** What is kept of each representation, in one read; undefined where nothing is. */
export async function readEntities(
  work: SessionWork,
  inHand: LoadInHand,
): Promise<readonly (FoundEntry | undefined)[]> {
  const { load, facts } = inHand;
  const toPlace = createPlacing(work, inHand);
  const places = load.texts.map((text, i) => (i < ENTITIES_PER_LOAD_MAX ? toPlace(text) : null));
  const keys = new Set(facts.generationKeys);
  const valueKeys: string[] = [];
  for (const place of places) {
    if (!place) continue;
    for (const key of ownGenerationsOf(facts, place)) keys.add(key);
    valueKeys.push(place.sharedKey, place.ownKey);
  }
  const read = await work.reads([...keys], valueKeys);
  if (!read) return load.texts.map(() => undefined);
  const common = stampOf(read, facts.generationKeys);
  const nowMs = work.parts.clock.nowMs();
  let at = 0;
  return places.map((place) => {
    if (!place) return undefined;
    const [shared, own] = [read.values[at++], read.values[at++]];
    const ownStamp = stampOf(read, ownGenerationsOf(facts, place));
    if (common === null || ownStamp === null) return undefined;
    const stamp = `${common}.${ownStamp}`;
    work.stamps.note(place.sharedKey, stamp);
    return decodeEntry(shared, { stamp, nowMs }) ?? decodeEntry(own, { stamp, nowMs });
  });
}

/** Keeps entities that were looked up before they were asked for. */
export function writeEntities(
  work: SessionWork,
  inHand: LoadInHand,
  { entities, keepable }: { readonly entities: readonly FetchedEntity[]; readonly keepable: Keepable },
): void {
  const { parts, stamps } = work;
  const toPlace = createPlacing(work, inHand);
  const ttlMs = Math.min(keepable.maxAgeSeconds, parts.ttlSecondsMax) * 1_000;
  const expiresAtMs = parts.clock.nowMs() + ttlMs;
  const entries: (readonly [string, string])[] = [];
  for (const { text, entity } of entities.slice(0, ENTITIES_PER_LOAD_MAX)) {
    const place = toPlace(text);
    const stamp = place && stamps.get(place.sharedKey);
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
function createPlacing({ parts, scope }: SessionWork, { load, facts }: LoadInHand): (text: string) => Place | null {
  const loadKey = `${parts.namespace}:e:${facts.hash}${variablesKeyOf(load.variablesText)}`;
  return (text) => {
    const known = parts.facts().representationFacts(text);
    return known && { facts: known, ...placeOf(`${loadKey}:${known.hash}`, scope) };
  };
}

/** What invalidates this entity, beside what invalidates the whole load. */
function ownGenerationsOf({ subgraph }: LoadFacts, { facts }: Place): readonly string[] {
  return [generationKeys.typeOf(subgraph, facts.typename), ...facts.entityKeys];
}
