import type { FetchNode, QueryPlan } from '@apollo/query-planner';
import { Kind, type SelectionSetNode } from 'graphql';
import { definitionOf } from '../execution/fetch-operation.ts';
import { fetchesOf } from '../execution/plan-fetches.ts';
import type { EntityTypes } from './entity-types.ts';
import { generationKeys } from './generations.ts';
import { typesWithinEntities, unnamedKeysOf } from './load-facts.ts';

/** What may invalidate the answers of an operation, as far as its plan tells. */
export type AnswerReach = {
  /** Generations that stand behind every answer: the subgraphs, and the types of what is not asked for by its key. */
  readonly fixed: readonly string[];
  /** Of the types whose entities are asked for by key: they stand behind an answer that does not name each of them. */
  readonly named: readonly string[];
};

const ENTITIES_FIELD = '_entities';

/** From the plan of a query; null when it has something that the supergraph does not know. */
export function answerReachOf({ node }: QueryPlan, types: EntityTypes, rootType: string): AnswerReach | null {
  const fixed = new Set<string>();
  const named = new Set<string>();
  const fetches = fetchesOf(node);
  for (const fetch of fetches) {
    const reached = reachOfFetch(fetch, types, rootType);
    if (!reached) return null;
    fixed.add(generationKeys.subgraph(fetch.serviceName));
    for (const key of unnamedKeysOf(fetch.serviceName, reached.within)) fixed.add(key);
    for (const typename of reached.entities) {
      fixed.add(generationKeys.typeOf(fetch.serviceName, typename));
      named.add(generationKeys.anyOf(typename));
    }
  }
  return fetches.length === 0 ? null : { fixed: [...fixed], named: [...named] };
}

type FetchReach = { readonly within: ReadonlySet<string>; readonly entities: ReadonlySet<string> };

function reachOfFetch(fetch: FetchNode, types: EntityTypes, rootType: string): FetchReach | null {
  const { selectionSet } = definitionOf(fetch);
  const [first] = selectionSet?.selections ?? [];
  if (!selectionSet || !first) return null;
  if (first.kind === Kind.FIELD && first.name.value === ENTITIES_FIELD) {
    const within = typesWithinEntities(types, first.selectionSet ?? null);
    return within && { within, entities: entityTypesOf(first.selectionSet, types) };
  }
  const within = types.typesWithin(selectionSet, rootType);
  return within && { within: new Set([rootType, ...within]), entities: new Set() };
}

/** The types of the representations that a selection is for: each condition's type, and what stands behind it. */
function entityTypesOf(selectionSet: SelectionSetNode | undefined, types: EntityTypes): ReadonlySet<string> {
  const names = (selectionSet?.selections ?? []).flatMap((selection) => {
    const name = selection.kind === Kind.INLINE_FRAGMENT ? selection.typeCondition?.name.value : undefined;
    return name === undefined ? [] : types.relativesOf(name);
  });
  return new Set(names);
}
