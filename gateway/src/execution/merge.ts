import { isObject, type JsonObject } from './view.ts';

/** A JSON object that is being put together; nobody else has it. */
export type MutableObject = Record<string, unknown>;

/** Merges `source` into `target`: objects by field, lists item by item; a null never replaces anything. */
export function mergeInto(target: MutableObject, source: JsonObject): void {
  for (const key of Object.keys(source)) {
    const present = Object.hasOwn(target, key) ? target[key] : undefined;
    setOwn(target, key, mergeValues(present, source[key]));
  }
}

/** Both values as one, in a new object where both are objects; neither is changed. */
export function mergeValues(present: unknown, incoming: unknown): unknown {
  if (present === undefined || present === null) return incoming === undefined ? present : incoming;
  if (isObject(present) && isObject(incoming)) {
    const merged = { ...present };
    mergeInto(merged, incoming);
    return merged;
  }
  if (Array.isArray(present) && Array.isArray(incoming)) {
    const longer = present.length >= incoming.length ? present : incoming;
    return longer.map((_item, i) => mergeValues(present[i], incoming[i]));
  }
  return incoming === null || incoming === undefined ? present : incoming;
}

/** `__proto__` may be a response key: it must become a property like any other. */
function setOwn(target: MutableObject, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  else target[key] = value;
}
