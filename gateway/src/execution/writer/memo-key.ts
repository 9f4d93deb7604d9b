import type { GraphQLObjectType, SelectionSetNode } from 'graphql';
import { isLeader } from '../leader.ts';
import type { Position } from '../position.ts';
import type { EntityFetch, EntityKey, Run } from '../run.ts';
import type { JsonObject } from '../view.ts';
import { collectFields } from './collect-fields.ts';
import type { WriterContext } from './writer-context.ts';

/**
 * The key by which objects of `type` at `position` print the same; null when what is printed does not follow from the
 * entity alone. It does when every field comes from records of the entity, or is part of the key itself.
 */
export function memoKeyOf(
  context: WriterContext,
  position: Position<EntityFetch>,
  { type, selectionSets }: { readonly type: GraphQLObjectType; readonly selectionSets: readonly SelectionSetNode[] },
): ((object: JsonObject, run: Run) => EntityKey | undefined) | null {
  const [first] = position.fetches;
  if (!first || !isLeader(first)) return null;
  const { keyFields } = first.representation;
  const followsFromKey = (planKey: string): boolean =>
    keyFields.has(planKey) || !(position.sources.get(planKey) ?? [0]).includes(0);
  const areRecordsOfKey = position.fetches.every((fetch) => fetch === first || fetch.leader === first);
  if (!areRecordsOfKey) return null;
  const fields = [...collectFields(context, type, selectionSets).values()];
  const planKeys = fields.flatMap(([node]) =>
    node && node.name.value !== '__typename' ? [context.planKeyOf(node)] : [],
  );
  if (!planKeys.every(followsFromKey)) return null;
  const { representation } = first;
  return (object, run) => (run.isPrivate ? undefined : representation.keyOfObject(object, run));
}
