import type { FetchNode, QueryPlanFieldNode, QueryPlanSelectionNode } from '@apollo/query-planner';
import { type FieldNode, Kind, type SelectionSetNode } from 'graphql';
import type { Position } from './position.ts';
import type { RenamedRequirement } from './requirements/restore-fields.ts';
import type { EntityFetch } from './run.ts';
import type { SupergraphFacts } from './supergraph-facts.ts';

/** Which fields of an entity fetch need which of the values that it sends: by `@requires`, or all of them a part of a key. */
export function dependentsIn(
  node: Pick<FetchNode, 'serviceName' | 'requires'>,
  { selectionSet, facts }: { readonly selectionSet: SelectionSetNode; readonly facts: SupergraphFacts },
): EntityFetch['dependents'] {
  const fields = fieldsOf(selectionSet);
  const dependents = new Map<string, string[]>();
  for (const sent of fieldsSent(node.requires ?? [])) {
    const { writeAs = sent.name } = sent;
    const requirers = fields.filter(({ name }) => facts.requiredBy(node.serviceName, name.value).has(writeAs));
    const needing = requirers.length > 0 ? requirers : fields;
    dependents.set(
      sent.alias ?? sent.name,
      needing.map(({ alias, name }) => (alias ?? name).value),
    );
  }
  return dependents;
}

/** The plan keys at a position that are lost with one of them, however many fetches lie between. */
export function lostWith({ fetches }: Position<EntityFetch>, planKey: string): readonly string[] {
  const lost = new Set([planKey]);
  for (const key of lost)
    for (const { dependents } of fetches) for (const one of dependents.get(key) ?? []) lost.add(one);
  lost.delete(planKey);
  return [...lost];
}

function fieldsSent(requires: readonly QueryPlanSelectionNode[]): (QueryPlanFieldNode & RenamedRequirement)[] {
  const fields = requires.flatMap((part) => (part.kind === 'Field' ? [part] : fieldsSent(part.selections)));
  return fields.filter(({ name }) => name !== '__typename');
}

function fieldsOf({ selections }: SelectionSetNode): FieldNode[] {
  const fields = selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    return selection.kind === Kind.INLINE_FRAGMENT ? fieldsOf(selection.selectionSet) : [];
  });
  return fields.filter(({ name }) => name.value !== '__typename');
}
