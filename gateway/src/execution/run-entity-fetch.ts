import type { TransportResponse } from '@playgraph/server/transport';
import { keysInContext } from './context-values.ts';
import { loadEntities } from './entity-loader.ts';
import { rootKeysOf } from './fetch-operation.ts';
import { entitiesOf, isLeader } from './leader.ts';
import { copyJson, type MutableObject, mergeInto } from './merge.ts';
import { isLed, keyOf, objectsAt, viewOf } from './objects.ts';
import type { EntityFetch, EntityKey, RecordTable, Representation, Run, Wanted } from './run.ts';
import { askRoot } from './run-root-fetch.ts';
import { pathOf } from './subgraph-problem.ts';
import { isObject, type JsonObject, lacks } from './view.ts';

/** A key for the one record of a fetch of root fields below the root (a field that gives `Query`). */
const ROOT_KEY = '';
export const rootRepresentation: Representation = {
  typename: null,
  keyOf: () => ROOT_KEY,
  keyOfObject: () => ROOT_KEY,
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
  if (wanted.keys.length === 0) return;
  const load = fetch.selection ? loadEntities : loadRootFields;
  const records = await load(run, fetch, wanted);
  // Where anything is merged no fetch is led: the table's keys are those of the entities.
  if (mergedKeys.length > 0) mergeRecords(run, fetch, { records, mergedKeys });
  run.tables[fetch.index] = records;
}

/** What a fetch asks for. */
function wantedBy(fetch: EntityFetch, run: Run): Wanted {
  const { position, leader, context } = fetch;
  if (context) return asTheyAre([...keysInContext(fetch, context, run)]);
  if (fetch.needed) return wantedAmong(fetch.needed(run), fetch, run);
  if (leader && isLed(fetch, run)) return wantedByLeader(fetch, leader, run);
  if (isLeader(fetch) && !run.isPrivate) return asTheyAre([...entitiesOf(fetch, run).keys()]);
  const keys: EntityKey[] = [];
  for (const object of objectsAt(position, run)) {
    const key = keyOf(fetch, { view: viewOf(position, object, run), object }, run);
    if (key !== undefined) keys.push(key);
  }
  return asTheyAre(keys);
}

function asTheyAre(keys: readonly EntityKey[]): Wanted {
  return { keys, tableKeys: keys };
}

function wantedByLeader(fetch: EntityFetch, leader: EntityFetch, run: Run): Wanted {
  const keys: EntityKey[] = [];
  const tableKeys: EntityKey[] = [];
  entitiesOf(leader, run).forEach((object, leaderKey) => {
    const key = fetch.representation.keyOf(viewOf(fetch.position, object, run), run);
    if (key === undefined) return;
    keys.push(key);
    tableKeys.push(leaderKey);
  });
  return { keys, tableKeys };
}

function wantedAmong(objects: readonly JsonObject[], fetch: EntityFetch, run: Run): Wanted {
  const { position, leader } = fetch;
  const keys: EntityKey[] = [];
  const tableKeys: EntityKey[] = [];
  for (const object of objects) {
    const key = keyOf(fetch, { view: viewOf(position, object, run), object }, run);
    const inTable = leader && isLed(fetch, run) ? leader.representation.keyOfObject(object, run) : key;
    if (key === undefined || inTable === undefined) continue;
    keys.push(key);
    tableKeys.push(inTable);
  }
  return { keys, tableKeys };
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
async function loadRootFields(run: Run, fetch: EntityFetch): Promise<RecordTable> {
  const { operation, rewrite } = fetch;
  try {
    const response = await askRoot(run, operation);
    noteErrors(run, fetch, response);
    const { data } = response;
    if (!isObject(data)) return new Map([[ROOT_KEY, null]]);
    const own = run.isPrivate ? copyJson(data) : data;
    rewrite?.(own);
    return new Map([[ROOT_KEY, own]]);
  } catch (error) {
    run.abort(error);
    return new Map();
  }
}

/** Errors are about the one record, so that each is told wherever that stands. */
function noteErrors(run: Run, fetch: EntityFetch, { data, errors }: TransportResponse): void {
  if (!errors?.length) return;
  const { subgraph, definition } = fetch.operation;
  const isLacking = rootKeysOf(definition.selectionSet).some((key) => lacks(data, key));
  const problems = errors.map((error) => {
    const path = pathOf(error) ?? (isLacking ? [] : undefined);
    return { subgraph, error, keys: [ROOT_KEY], path };
  });
  const records = new Map([[ROOT_KEY, data ?? null]]);
  run.loaders[fetch.loader] = { fetch, records, pending: new Map(), problems };
}
