import { objectsAt } from './objects.ts';
import type { EntityFetch, EntityKey, Run } from './run.ts';
import type { JsonObject } from './view.ts';

/** Whether other fetches at the position may follow this one: its key is one field of the object itself. */
export function isLeader(fetch: EntityFetch): boolean {
  const { position, representation } = fetch;
  const [field] = representation.keyFields;
  if (position.fetches[0] !== fetch || !representation.isKeyCheap || field === undefined) return false;
  return position.sources.get(field)?.[0] === 0 && !position.merged.has(field);
}

/** The leader of `fetch`: the first fetch at its position, when what `fetch` requires follows from that one's key. */
export function leaderOf(fetch: EntityFetch): EntityFetch | null {
  const { position, representation } = fetch;
  const [first] = position.fetches;
  if (!first || first === fetch || !isLeader(first)) return null;
  if (representation.typename === null || representation.typename !== first.representation.typename) return null;
  const follows = (planKey: string): boolean =>
    first.representation.keyFields.has(planKey) || !(position.sources.get(planKey) ?? [0]).includes(0);
  return [...representation.keyFields].every(follows) ? first : null;
}

/** The entities at a leader's position, each with one of the objects that stand for it. */
export function entitiesOf(leader: EntityFetch, run: Run): ReadonlyMap<EntityKey, JsonObject> {
  const known = run.entities[leader.index];
  if (known) return known;
  const entities = new Map<EntityKey, JsonObject>();
  const { keyOfObject } = leader.representation;
  const objects = objectsAt(leader.position, run);
  for (let i = 0; i < objects.length; i++) {
    const object = objects[i];
    const key = object && keyOfObject(object, run);
    if (object && key !== undefined && !entities.has(key)) entities.set(key, object);
  }
  run.entities[leader.index] = entities;
  return entities;
}
