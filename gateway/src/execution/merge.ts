import { isObject, type JsonObject } from './view.ts';

/** A JSON object that is being put together; nobody else has it. */
export type MutableObject = Record<string, unknown>;

/** Merges `source` into `target`: objects by field, lists item by item; a null never replaces anything. */
export function mergeInto(target: MutableObject, source: JsonObject): void {
  const work: Work[] = [];
  mergeFields(target, source, work);
  finish(work);
}

/** Both values as one, in a new object where both are objects; neither is changed. */
export function mergeValues(present: unknown, incoming: unknown): unknown {
  const work: Work[] = [];
  const merged = combine(present, incoming, work);
  finish(work);
  return merged;
}

/** A copy of a JSON value that shares no object and no list with it. */
export function copyJson<Value>(value: Value): Value {
  const work: Work[] = [];
  const copy = copyInto(value, work);
  finish(work);
  return copy as Value;
}

/** What is still to be filled in. A subgraph may nest values deeper than calls can be, so that nothing here recurses. */
type Work =
  | { readonly merged: MutableObject; readonly source: JsonObject }
  | { readonly merged: unknown[]; readonly lists: readonly [readonly unknown[], readonly unknown[]] }
  | { readonly copied: MutableObject | unknown[] };

function finish(work: Work[]): void {
  for (let next = work.pop(); next; next = work.pop()) {
    if ('copied' in next) copyParts(next.copied, work);
    else if ('source' in next) mergeFields(next.merged, next.source, work);
    else mergeItems(next.merged, next.lists, work);
  }
}

function combine(present: unknown, incoming: unknown, work: Work[]): unknown {
  if (present === undefined || present === null) return incoming === undefined ? present : incoming;
  if (isObject(present) && isObject(incoming)) {
    const merged = { ...present };
    work.push({ merged, source: incoming });
    return merged;
  }
  if (Array.isArray(present) && Array.isArray(incoming)) {
    const merged: unknown[] = [];
    work.push({ merged, lists: [present, incoming] });
    return merged;
  }
  return incoming === null || incoming === undefined ? present : incoming;
}

function mergeFields(target: MutableObject, source: JsonObject, work: Work[]): void {
  for (const key of Object.keys(source)) {
    const present = Object.hasOwn(target, key) ? target[key] : undefined;
    setOwn(target, key, combine(present, source[key], work));
  }
}

function mergeItems(
  merged: unknown[],
  [present, incoming]: readonly [readonly unknown[], readonly unknown[]],
  work: Work[],
): void {
  const length = Math.max(present.length, incoming.length);
  for (let i = 0; i < length; i++) merged.push(combine(present[i], incoming[i], work));
}

/** A copy of the value itself; what is in it is still shared. */
function copyInto(value: unknown, work: Work[]): unknown {
  if (!isObject(value) && !Array.isArray(value)) return value;
  // A subgraph in this process may answer with something else than JSON, such as a date, which nobody changes.
  if (!Array.isArray(value) && !isPlain(value)) return value;
  const copied = Array.isArray(value) ? value.slice() : { ...value };
  work.push({ copied });
  return copied;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function copyParts(copied: MutableObject | unknown[], work: Work[]): void {
  if (Array.isArray(copied)) {
    for (let i = 0; i < copied.length; i++) copied[i] = copyInto(copied[i], work);
    return;
  }
  for (const key of Object.keys(copied)) {
    const value = copied[key];
    if (typeof value === 'object' && value !== null) setOwn(copied, key, copyInto(value, work));
  }
}

/** `__proto__` may be a response key: it must become a property like any other. */
function setOwn(target: MutableObject, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  else target[key] = value;
}
