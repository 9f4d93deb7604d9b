import { badUserInput } from '@playgraph/kernel/errors';
import { z } from 'zod';
import type { EntityTypes } from './entity-types.ts';
import { generationKeys } from './generations.ts';

/** What has changed: one entity in every subgraph, one type of a subgraph, or everything of a subgraph. */
export type Invalidation =
  | {
      readonly typename: string;
      /** The fields of at least one of its keys. Fields that belong to no key do not matter. */
      readonly key: Readonly<Record<string, unknown>>;
    }
  | { readonly subgraph: string; readonly typename: string }
  | { readonly subgraph: string };

/** The most that one call may invalidate. */
export const INVALIDATIONS_MAX = 1_000;
const NAME_CHARS_MAX = 256;

const name = z.string().min(1).max(NAME_CHARS_MAX);
const invalidations = z
  .array(
    z.union([
      z.strictObject({ typename: name, key: z.record(z.string(), z.unknown()) }),
      z.strictObject({ subgraph: name, typename: name }),
      z.strictObject({ subgraph: name }),
    ]),
  )
  .max(INVALIDATIONS_MAX);

/** From JSON: one invalidation or a list. @throws DomainError BAD_USER_INPUT for anything else. */
export function parseInvalidations(value: unknown): readonly Invalidation[] {
  const parsed = invalidations.safeParse(Array.isArray(value) ? value : [value]);
  if (parsed.success) return parsed.data;
  throw badUserInput(
    `Invalidations are { typename, key }, { subgraph, typename } or { subgraph }, at most ${INVALIDATIONS_MAX}.`,
    'body',
  );
}

/** The generations that end. @throws DomainError BAD_USER_INPUT when a type has no key that these fields make up. */
export function raisedKeysOf(what: readonly Invalidation[], types: EntityTypes): readonly string[] {
  if (what.length > INVALIDATIONS_MAX) throw badUserInput(`At most ${INVALIDATIONS_MAX} at a time.`, 'body');
  return [...new Set(what.flatMap((invalidation) => keysOf(invalidation, types)))];
}

function keysOf(invalidation: Invalidation, types: EntityTypes): string[] {
  if ('key' in invalidation) return entityKeysOf(invalidation.typename, invalidation.key, types);
  const { subgraph } = invalidation;
  if (!('typename' in invalidation)) return [generationKeys.subgraph(subgraph)];
  // An interface of the graph may be an object in a subgraph, and the other way round.
  return types.relativesOf(invalidation.typename).map((typename) => generationKeys.typeOf(subgraph, typename));
}

function entityKeysOf(typename: string, key: Readonly<Record<string, unknown>>, types: EntityTypes): string[] {
  const keys: string[] = [];
  let isNamed = false;
  for (const relative of types.relativesOf(typename)) {
    keys.push(generationKeys.anyOf(relative));
    for (const entityKey of types.keysOf(relative, key)) {
      keys.push(generationKeys.entity(relative, entityKey));
      isNamed = true;
    }
  }
  if (!isNamed) throw badUserInput(`${typename} has no key that these fields make up.`, 'key');
  return keys;
}
