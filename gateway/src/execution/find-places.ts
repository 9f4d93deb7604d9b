import { keyOf, viewOf } from './objects.ts';
import type { Position } from './position.ts';
import type { EntityFetch, EntityKey, Run } from './run.ts';
import { compileRead, isObject, LISTS_MAX } from './view.ts';

type Path = readonly (string | number)[];
/** Where an entity stands; `order` counts such places in the order of the response. */
export type EntityPlace = { readonly path: Path; readonly order: number };

/**
 * Where in the response entities with these keys stand: plan keys and list indexes from the root, at most `placesMax` for
 * each key. One walk for all, since every entity may have an error of its own. Only errors ask.
 */
export function findPlaces(
  run: Run,
  fetch: EntityFetch,
  { keys, placesMax }: { readonly keys: ReadonlySet<EntityKey>; readonly placesMax: number },
): ReadonlyMap<EntityKey, readonly EntityPlace[]> {
  const chain = chainOf(fetch.position);
  const places = new Map<EntityKey, EntityPlace[]>();
  let order = 0;
  const visit = (value: unknown, depth: number, path: Path): void => {
    if (Array.isArray(value)) {
      if (path.length - depth >= LISTS_MAX) return;
      value.forEach((item, i) => {
        visit(item, depth, [...path, i]);
      });
      return;
    }
    const position = chain[depth];
    if (!isObject(value) || !position) return;
    const view = viewOf(position, value, run);
    const next = chain[depth + 1];
    if (next) {
      visit(compileRead(position, next.key)(view), depth + 1, [...path, next.key]);
      return;
    }
    const key = keyOf(fetch, { view, object: value }, run);
    if (key === undefined || !keys.has(key)) return;
    const known = places.get(key) ?? [];
    if (known.length < placesMax) known.push({ path, order: order++ });
    places.set(key, known);
  };
  visit(run.root, 0, []);
  return places;
}

/** The positions from the root to `position`. */
function chainOf(position: Position<EntityFetch>): Position<EntityFetch>[] {
  return position.parent === null ? [position] : [...chainOf(position.parent), position];
}
