import type { FetchNode, QueryPlan } from '@apollo/query-planner';
import { type DocumentNode, type FieldNode, Kind, parse, print, stripIgnoredCharacters, visit } from 'graphql';
import { graphNamesOf, hasFields, joinFieldsOf, namedTypeOf, stringArgument, TYPENAME_FIELD } from './field-set.ts';
import { mapFetches } from './lost-conditions.ts';

/** Subgraph -> the names of its fields that give one object type, where other subgraphs make them an abstract one. */
export type NarrowedFields = ReadonlyMap<string, ReadonlySet<string>>;

export function findNarrowedFields(supergraph: DocumentNode): NarrowedFields {
  const objects = new Set(
    supergraph.definitions.flatMap((node) => (node.kind === Kind.OBJECT_TYPE_DEFINITION ? [node.name.value] : [])),
  );
  const names = new Map(graphNamesOf(supergraph).map(({ graph, subgraph }) => [graph, subgraph]));
  const found = new Map<string, Set<string>>();
  for (const field of supergraph.definitions.filter(hasFields).flatMap(({ fields }) => fields ?? [])) {
    const usual = namedTypeOf(field.type);
    for (const join of joinFieldsOf(field)) {
      const own = stringArgument(join, 'type')?.replace(/[[\]!]/g, '');
      const subgraph = names.get(stringArgument(join, 'graph') ?? '');
      if (own === undefined || own === usual || !objects.has(own) || subgraph === undefined) continue;
      found.set(subgraph, (found.get(subgraph) ?? new Set()).add(field.name.value));
    }
  }
  return found;
}

/**
 * Asks for the type of what such fields give. The planner spares the question, since the subgraph has but one answer to
 * it; yet to the client the field is of the abstract type, and an object there has to say of which type it is.
 */
export function withTypesOfNarrowed(plan: QueryPlan, narrowed: NarrowedFields): QueryPlan {
  const { node } = plan;
  if (!node || narrowed.size === 0) return plan;
  const ask = (fetch: FetchNode) => askForTypes(fetch, narrowed.get(fetch.serviceName));
  const everywhere = { path: '', holds: new Set<string>() };
  if (node.kind !== 'Subscription') return { ...plan, node: mapFetches(node, everywhere, ask) };
  const rest = node.rest ? { rest: mapFetches(node.rest, everywhere, ask) } : {};
  return { ...plan, node: { ...node, primary: ask(node.primary), ...rest } };
}

/** Goes by the names of fields: one of that name on another type is asked for a type that it could do without. */
function askForTypes(fetch: FetchNode, names: ReadonlySet<string> | undefined): FetchNode {
  if (!names) return fetch;
  let isChanged = false;
  const operationDocumentNode = visit(fetch.operationDocumentNode ?? parse(fetch.operation), {
    Field(field) {
      if (!field.selectionSet || !names.has(field.name.value) || hasTypename(field)) return undefined;
      isChanged = true;
      const selections = [TYPENAME_FIELD, ...field.selectionSet.selections];
      return { ...field, selectionSet: { ...field.selectionSet, selections } };
    },
  });
  if (!isChanged) return fetch;
  return { ...fetch, operation: stripIgnoredCharacters(print(operationDocumentNode)), operationDocumentNode };
}

/** Whether it is asked for already, under whatever condition around the field but none of its own. */
function hasTypename({ selectionSet }: FieldNode): boolean {
  return (selectionSet?.selections ?? []).some(
    (selection) =>
      selection.kind === Kind.FIELD &&
      selection.name.value === '__typename' &&
      !selection.alias &&
      !selection.directives?.length,
  );
}
