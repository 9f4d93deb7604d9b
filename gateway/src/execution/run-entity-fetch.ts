import { keysInContext } from './context-values.ts';
import { loadEntities } from './entity-loader.ts';
import { entitiesOf, isLeader } from './leader.ts';
import { copyJson, type MutableObject, mergeInto } from './merge.ts';
import { isLed, keyOf, objectsAt, viewOf } from './objects.ts';
import type { EntityFetch, EntityKey, RecordTable, Representation, Run } from './run.ts';
import { askRoot, noteRootErrors } from './run-root-fetch.ts';
import { isObject, type JsonObject } from './view.ts';

/** A key for the one record of a fetch of root fields below the root (a field that gives `Query`). */
const ROOT_KEY = '';
export const rootRepresentation: Representation = {
  typename: null,
  keyOf: () => ROOT_KEY,
  textOf: () => '',
  isKeyCheap: false,
  keyFields: new Set(),
};

/**
 * Gives every object at the fetch's position its record. `mergedKeys` are plan keys whose values are merged into the
 * objects themselves, because other fetches bring parts of them too.
 */
export async function runEntityFetch(run: Run, fetch: EntityFetch, mergedKeys: readonly string[]): Promise<void> {
  const wanted = wantedBy(fetch, run);
  if (wanted.size === 0) return;
  const load = fetch.selection ? loadEntities : loadRootFields;
  const records = await load(run, fetch, new Set(wanted.values()));
  if (mergedKeys.length > 0) mergeRecords(run, fetch, { records, mergedKeys });
  run.tables[fetch.index] = isLed(fetch, run) ? tableByLeader(wanted, records) : records;
}

/** What a fetch asks for: the key in its table -> the key of the entity. */
function wantedBy(fetch: EntityFetch, run: Run): ReadonlyMap<EntityKey, EntityKey> {
  const { position, leader, context } = fetch;
  const wanted = new Map<EntityKey, EntityKey>();
  if (context) {
    for (const key of keysInContext(fetch, context, run)) wanted.set(key, key);
    return wanted;
  }
  if (fetch.needed) return wantedAmong(fetch.needed(run), fetch, run);
  if (leader && isLed(fetch, run)) {
    for (const [leaderKey, object] of entitiesOf(leader, run)) {
      const key = fetch.representation.keyOf(viewOf(position, object, run), run);
      if (key !== undefined) wanted.set(leaderKey, key);
    }
    return wanted;
  }
  if (isLeader(fetch) && !run.isPrivate) {
    for (const key of entitiesOf(fetch, run).keys()) wanted.set(key, key);
    return wanted;
  }
  for (const object of objectsAt(position, run)) {
    const key = keyOf(fetch, { view: viewOf(position, object, run), object }, run);
    if (key !== undefined) wanted.set(key, key);
  }
  return wanted;
}

function wantedAmong(objects: readonly JsonObject[], fetch: EntityFetch, run: Run): ReadonlyMap<EntityKey, EntityKey> {
  const { position, leader } = fetch;
  const wanted = new Map<EntityKey, EntityKey>();
  for (const object of objects) {
    const key = keyOf(fetch, { view: viewOf(position, object, run), object }, run);
    const inTable = leader && isLed(fetch, run) ? leader.representation.keyOf([object], run) : key;
    if (key !== undefined && inTable !== undefined) wanted.set(inTable, key);
  }
  return wanted;
}

function tableByLeader(wanted: ReadonlyMap<EntityKey, EntityKey>, records: RecordTable): RecordTable {
  const table = new Map<EntityKey, JsonObject | null>();
  for (const [leaderKey, key] of wanted) table.set(leaderKey, records.get(key) ?? null);
  return table;
}

/** Merges parts of records into the objects themselves, which are this run's own. */
function mergeRecords(
  run: Run,
  fetch: EntityFetch,
  { records, mergedKeys }: { readonly records: RecordTable; readonly mergedKeys: readonly string[] },
): void {
  const objects = objectsAt(fetch.position, run);
  // All keys are read before anything changes: they may be made of what is merged.
  const keys = objects.map((object) => keyOf(fetch, { view: viewOf(fetch.position, object, run), object }, run));
  objects.forEach((object, i) => {
    const key = keys[i];
    const record = key === undefined ? undefined : records.get(key);
    if (record) mergeKeys(object as MutableObject, record, mergedKeys);
  });
}

/** Merges what a record has under `keys` into the object itself, which is this run's own; other objects have the record too. */
function mergeKeys(object: MutableObject, record: JsonObject, keys: readonly string[]): void {
  // Any name may be a key, also one that every object inherits, such as `constructor`.
  for (const key of keys) if (Object.hasOwn(record, key)) mergeInto(object, { [key]: copyJson(record[key]) });
}

/** Root fields below the root: asked once, whatever the number of objects there. */
async function loadRootFields(run: Run, { operation, rewrite }: EntityFetch): Promise<RecordTable> {
  try {
    const { data, errors } = await askRoot(run, operation);
    noteRootErrors(run, operation, errors);
    if (!isObject(data)) return new Map([[ROOT_KEY, null]]);
    const own = run.isPrivate ? copyJson(data) : data;
    rewrite?.(own);
    return new Map([[ROOT_KEY, own]]);
  } catch (error) {
    run.abort(error);
    return new Map();
  }
}
