import type { FetchDataKeyRenamer } from '@apollo/query-planner';
import { viewOf } from './objects.ts';
import type { Position } from './position.ts';
import { printDeep } from './print-deep.ts';
import { FRAGMENT_PREFIX } from './rewrites.ts';
import type { ContextFetch, ContextValue, EntityFetch, EntityKey, Representation, Run } from './run.ts';
import { compileRead, compileTypename, isObject, type JsonObject, LISTS_MAX } from './view.ts';

/** Stands between an entity's representation and its values; no JSON has it. */
const SEPARATOR = '\u0001';
const PARENT = '..';

/** In the place of the representation of a fetch with a context: its keys are made by `keysInContext`. */
export const NO_KEY: Representation = {
  keyOf: () => undefined,
  keyOfObject: () => undefined,
  textOf: () => '',
  isKeyCheap: false,
  typename: null,
  keyFields: new Set(),
};

/** One value for each variable: where objects of several types may be around, there is a path for each type. */
export function toContextValues(rewrites: readonly FetchDataKeyRenamer[]): ContextValue[] {
  const variables = new Set(rewrites.map(({ renameKeyTo }) => renameKeyTo));
  return [...variables].map((variable) => ({
    variable,
    paths: rewrites.flatMap(({ path, renameKeyTo }) => (renameKeyTo === variable ? [path] : [])),
  }));
}

/** The keys of the objects at the fetch's position, each with the values around it; noted in the run. */
export function keysInContext(fetch: EntityFetch, { entity, values }: ContextFetch, run: Run): Set<EntityKey> {
  const keys = new Set<EntityKey>();
  const known = new Map<JsonObject, EntityKey | undefined>();
  run.keys[fetch.index] = known;
  visitWithHolders(fetch.position, run, (holders) => {
    const target = holders.at(-1);
    if (!target) return;
    const entityKey = entity.keyOf(viewOf(target.position, target.object, run), run);
    if (entityKey === undefined) return;
    const variables = Object.fromEntries(
      values.map(({ variable, paths }) => [variable, readFirst(holders, paths, run)]),
    );
    const text = entity.textOf(entityKey);
    // The whole text: keys of entities of other types may be the same.
    const key = `${text}${SEPARATOR}${printDeep(variables)}`;
    run.contexts.set(key, { text, variables });
    known.set(target.object, key);
    keys.add(key);
  });
  return keys;
}

/** An object of the response, and where it is. */
type Holder = { readonly position: Position<EntityFetch>; readonly object: JsonObject };

/** Visits every object at `position` with all objects that it is in, the root first and itself last. */
function visitWithHolders(
  position: Position<EntityFetch>,
  run: Run,
  visit: (holders: readonly Holder[]) => void,
): void {
  const chain: Position<EntityFetch>[] = [];
  for (let at: Position<EntityFetch> | null = position; at; at = at.parent) chain.unshift(at);
  const walk = (value: unknown, holders: readonly Holder[], lists: number): void => {
    if (Array.isArray(value)) {
      if (lists < LISTS_MAX) for (const item of value) walk(item, holders, lists + 1);
      return;
    }
    const at = chain[holders.length];
    if (!isObject(value) || !at) return;
    const own = [...holders, { position: at, object: value }];
    const next = chain[own.length];
    if (next) walk(compileRead(at, next.key)(viewOf(at, value, run)), own, lists);
    else visit(own);
  };
  walk(run.root, [], 0);
}

/** The value at the first path that leads to one; null where none does. */
function readFirst(holders: readonly Holder[], paths: ContextValue['paths'], run: Run): unknown {
  for (const path of paths) {
    const value = readValue(holders, path, run);
    if (value !== null) return value;
  }
  return null;
}

/** The value at a path from the last holder; null where there is none. */
function readValue(holders: readonly Holder[], path: readonly string[], run: Run): unknown {
  let depth = holders.length - 1;
  let position = holders[depth]?.position;
  let value: unknown = holders[depth]?.object;
  for (const step of path) {
    if (step === PARENT) {
      depth -= 1;
      position = holders[depth]?.position;
      value = holders[depth]?.object;
      continue;
    }
    if (!position || !isObject(value)) return null;
    const view = viewOf(position, value, run);
    if (step.startsWith(FRAGMENT_PREFIX)) {
      const typename = compileTypename(position)(view);
      if (typename !== undefined && typename !== step.slice(FRAGMENT_PREFIX.length)) return null;
      continue;
    }
    value = compileRead(position, step)(view);
    position = position.children.get(step);
  }
  return value ?? null;
}
