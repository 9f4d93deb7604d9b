import type { TransportResponse } from '@playgraph/server/transport';
import { isObject } from '../execution/view.ts';
import type { FetchedEntity } from './entity-parts.ts';

/**
 * What an answer says of the representations `texts` under `field` (`_entities` or an alias of it), without the entities
 * that an error is about: none at all when an error tells no path, or is about all of them.
 */
export function cleanEntities(
  { data, errors = [] }: TransportResponse,
  field: string,
  texts: readonly string[],
): readonly FetchedEntity[] {
  const answered = data?.[field];
  if (!Array.isArray(answered) || answered.length !== texts.length) return [];
  const spoiled = new Set<unknown>();
  for (const { path } of errors) {
    const [root, index] = Array.isArray(path) ? path : [];
    if (root === undefined) return [];
    if (root !== field) continue;
    if (typeof index !== 'number') return [];
    spoiled.add(index);
  }
  return texts.flatMap((text, i) => {
    const entity: unknown = answered[i];
    const isEntity = entity === null || isObject(entity);
    return isEntity && !spoiled.has(i) ? [{ text, entity }] : [];
  });
}
