import { isExactNumber } from '@playgraph/kernel/exact-json';
import type { Position } from './position.ts';

/** A JSON object of a subgraph's answer. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * An object of the response with what fetches added to it: `[object, record of fetches[0], ...]`; at a position
 * without fetches simply the object.
 */
export type View = JsonObject | readonly (JsonObject | null | undefined)[];

/** Reads one plan key of a view. Undefined: no answer has it. */
export type Read = (view: View) => unknown;

/** Compiles the reading of `key` at `position`; every fetch of the plan must have contributed before. */
export function compileRead<Fetch>(position: Position<Fetch>, key: string): Read {
  const property = compileProperty(key);
  if (position.fetches.length === 0) return (view) => property(view as JsonObject);
  const sources = position.merged.has(key) ? [0] : (position.sources.get(key) ?? [0]);
  const [only = 0] = sources;
  if (sources.length === 1) return (view) => property((view as readonly JsonObject[])[only]);
  return (view) => readFirst(view as readonly JsonObject[], sources, property);
}

/**
 * The `__typename` of a view: an object type where any answer names one, the last before the others. (A subgraph that
 * knows an interface as an object answers with the interface's name.)
 */
export function compileTypename<Fetch>(position: Position<Fetch>): (view: View) => string | undefined {
  if (position.fetches.length === 0) return (view) => asString((view as JsonObject).__typename);
  const sources = [...(position.sources.get('__typename') ?? [0])].sort((a, b) => b - a);
  const { objectTypes } = position;
  return (view) => {
    let found: string | undefined;
    for (const source of sources) {
      const typename = asString((view as readonly (JsonObject | null | undefined)[])[source]?.__typename);
      if (typename !== undefined && objectTypes.has(typename)) return typename;
      found ??= typename;
    }
    return found;
  };
}

/** How many lists may lie around an object, all in all: a subgraph may nest them without end. */
export const LISTS_MAX = 256;

/** Visits the objects of a value, in whatever lists they are; `lists` is how many lie around the value already. */
export function visitObjects(value: unknown, visit: (object: JsonObject, lists: number) => void, lists = 0): void {
  if (isObject(value)) visit(value, lists);
  else if (Array.isArray(value) && lists < LISTS_MAX) for (const item of value) visitObjects(item, visit, lists + 1);
}

/** True for a JSON object: neither a list nor null, nor a number with all its digits. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}

/** Whether there is nothing, or null, under a key. */
export function lacks(object: JsonObject | null | undefined, key: string): boolean {
  return !object || !Object.hasOwn(object, key) || (object[key] ?? null) === null;
}

/** `object[key]`, where an object may lack a key that every JavaScript object inherits, such as `constructor`. */
export function compileProperty(key: string): (object: JsonObject | null | undefined) => unknown {
  if (key in Object.prototype) {
    return (object) => (object && Object.hasOwn(object, key) ? object[key] : undefined);
  }
  return (object) => object?.[key];
}

/** The first value that is not null; null when there is one, else undefined. */
function readFirst(
  view: readonly (JsonObject | null | undefined)[],
  sources: readonly number[],
  property: (object: JsonObject | null | undefined) => unknown,
): unknown {
  let found: unknown;
  for (const source of sources) {
    const value = property(view[source]);
    if (value !== null && value !== undefined) return value;
    if (value === null) found = null;
  }
  return found;
}

export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
