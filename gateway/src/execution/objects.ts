import type { Position } from './position.ts';
import type { EntityFetch, EntityKey, Gathered, Run } from './run.ts';
import { type JsonObject, type View, visitObjects } from './view.ts';

/** A run that has gathered nothing yet. */
export function createRun(options: Omit<Run, keyof Gathered>): Run {
  return {
    root: {},
    tables: [],
    keys: [],
    contexts: new Map(),
    entities: [],
    objects: [],
    loaders: [],
    queue: new Map(),
    problems: [],
    isPlain: true,
    // Last, as everywhere where it counts: a literal that begins with a spread gets a hidden class of its own (ADR 11).
    ...options,
  };
}

/** The view of an object at `position` with the records that are there by now. */
export function viewOf(position: Position<EntityFetch>, object: JsonObject, run: Run): View {
  const { fetches } = position;
  if (fetches.length === 0) return object;
  // Of its final length at once: a list that grows takes room for many more.
  const view = new Array<JsonObject | null | undefined>(fetches.length + 1);
  view[0] = object;
  let leaderKey: EntityKey | undefined;
  for (let i = 0; i < fetches.length; i++) {
    const fetch = fetches[i];
    const table = fetch && run.tables[fetch.index];
    if (!table) {
      view[i + 1] = undefined;
    } else if (isLed(fetch, run)) {
      leaderKey ??= fetch.leader?.representation.keyOfObject(object, run);
      view[i + 1] = leaderKey === undefined ? undefined : table.get(leaderKey);
    } else {
      const key = keyOf(fetch, { view, object }, run);
      view[i + 1] = key === undefined ? undefined : table.get(key);
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
  const add = (object: JsonObject): void => void objects.push(object);
  const addOf = (holder: JsonObject | null | undefined): void => visitObjects(holder?.[position.key], add);
  const table = tableBelow(position, position.parent);
  if (table === null) objectsAt(position.parent, run).forEach(addOf);
  else run.tables[table]?.forEach(addOf);
  // Merging puts other objects in the place of these.
  if (!run.isPrivate) run.objects[position.index] = objects;
  return objects;
}

/** In which table the records are that hold what is at `position`; null: the objects of its parent hold it. */
function tableBelow({ key }: Position<EntityFetch>, parent: Position<EntityFetch>): number | null {
  const [source = 0] = parent.merged.has(key) ? [0] : (parent.sources.get(key) ?? [0]);
  return source === 0 ? null : (parent.fetches[source - 1]?.index ?? null);
}
