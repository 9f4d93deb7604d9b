import type { Position } from './position.ts';
import type { EntityFetch, EntityKey, Gathered, Run } from './run.ts';
import { type JsonObject, type View, visitObjects } from './view.ts';

/** A run that has gathered nothing yet. */
export function createRun(options: Omit<Run, keyof Gathered>): Run {
  return {
    ...options,
    root: {},
    tables: [],
    keys: [],
    contexts: new Map(),
    entities: [],
    objects: [],
    loaders: [],
    queue: new Map(),
    problems: [],
  };
}

/** The view of an object at `position` with the records that are there by now. */
export function viewOf(position: Position<EntityFetch>, object: JsonObject, run: Run): View {
  const { fetches } = position;
  if (fetches.length === 0) return object;
  const view: (JsonObject | null | undefined)[] = [object];
  let leaderKey: EntityKey | undefined;
  for (let i = 0; i < fetches.length; i++) {
    const fetch = fetches[i];
    const table = fetch && run.tables[fetch.index];
    if (!table) {
      view.push(undefined);
    } else if (isLed(fetch, run)) {
      leaderKey ??= fetch.leader?.representation.keyOf([object], run);
      view.push(leaderKey === undefined ? undefined : table.get(leaderKey));
    } else {
      const key = keyOf(fetch, { view, object }, run);
      view.push(key === undefined ? undefined : table.get(key));
    }
  }
  return view;
}

/** Whether the records of `fetch` are found by its leader's keys. */
export function isLed({ leader }: EntityFetch, { isPrivate }: Run): boolean {
  // Where objects are merged into each other, those of one entity may differ.
  return leader !== null && !isPrivate;
}

/** The key of an object for `fetch`; made once where it is costly. */
export function keyOf(
  fetch: EntityFetch,
  { view, object }: { readonly view: View; readonly object: JsonObject },
  run: Run,
): EntityKey | undefined {
  const { representation, index } = fetch;
  if (representation.isKeyCheap) return representation.keyOf(view, run);
  let known = run.keys[index];
  if (!known) {
    known = new Map();
    run.keys[index] = known;
  }
  if (known.has(object)) return known.get(object);
  const key = representation.keyOf(view, run);
  known.set(object, key);
  return key;
}

/** The objects at `position`, as they came with their parents; those below a record stand once a record. */
export function objectsAt(position: Position<EntityFetch>, run: Run): readonly JsonObject[] {
  if (position.parent === null) return [run.root];
  const known = run.objects[position.index];
  if (known) return known;
  const objects: JsonObject[] = [];
  for (const parent of holdersOf(position, position.parent, run)) {
    visitObjects(parent?.[position.key], (object) => objects.push(object));
  }
  // Merging puts other objects in the place of these.
  if (!run.isPrivate) run.objects[position.index] = objects;
  return objects;
}

/** The objects or records that hold what is at `position` under its key. */
function holdersOf(
  position: Position<EntityFetch>,
  parent: Position<EntityFetch>,
  run: Run,
): Iterable<JsonObject | null | undefined> {
  const [source = 0] = parent.merged.has(position.key) ? [0] : (parent.sources.get(position.key) ?? [0]);
  const fetch = source === 0 ? undefined : parent.fetches[source - 1];
  if (!fetch) return objectsAt(parent, run);
  return run.tables[fetch.index]?.values() ?? [];
}
