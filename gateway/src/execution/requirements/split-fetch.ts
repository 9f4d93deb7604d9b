import type { FetchNode, QueryPlanSelectionNode } from '@apollo/query-planner';
import {
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionNode,
  type SelectionSetNode,
  stripIgnoredCharacters,
  visit,
} from 'graphql';
import { definitionOf } from '../fetch-operation.ts';

/** Which fields of an entity, by their response keys, the first of two fetches asks for, and what it does without. */
type FetchParting = { readonly first: ReadonlySet<string>; readonly without: ReadonlySet<string> };

/**
 * One entity fetch as two: the first asks for some of the fields and requires less, the second asks for the others.
 * Null when one of them would ask for nothing, or somebody waits for the fetch by its name.
 */
export function splitFetch(node: FetchNode, { first, without }: FetchParting): readonly [FetchNode, FetchNode] | null {
  if (node.id !== undefined || !node.requires) return null;
  const definition = definitionOf(node);
  const isFirst = (field: FieldNode) => first.has(field.alias?.value ?? field.name.value);
  const one = withFields(definition, isFirst);
  const other = withFields(definition, (field) => !isFirst(field));
  if (!one || !other) return null;
  return [
    { ...withOperation(node, one), requires: node.requires.map((required) => withoutKeys(required, without)) },
    withOperation(node, other),
  ];
}

/** The operation with those fields of the entities alone, and the variables that they use; null without any. */
function withFields(
  definition: OperationDefinitionNode,
  isMeant: (field: FieldNode) => boolean,
): OperationDefinitionNode | null {
  const [entities] = definition.selectionSet.selections;
  if (entities?.kind !== Kind.FIELD || !entities.selectionSet) return null;
  const selectionSet = filtered(entities.selectionSet, isMeant);
  if (!selectionSet) return null;
  const body: SelectionSetNode = { ...definition.selectionSet, selections: [{ ...entities, selectionSet }] };
  const used = new Set<string>();
  visit(body, { Variable: ({ name }) => void used.add(name.value) });
  return {
    ...definition,
    selectionSet: body,
    variableDefinitions: (definition.variableDefinitions ?? []).filter(({ variable }) => used.has(variable.name.value)),
  };
}

function filtered(set: SelectionSetNode, isMeant: (field: FieldNode) => boolean): SelectionSetNode | null {
  const selections = set.selections.flatMap((selection): readonly SelectionNode[] => {
    if (selection.kind === Kind.FIELD) return isMeant(selection) ? [selection] : [];
    if (selection.kind !== Kind.INLINE_FRAGMENT) return [selection];
    const selectionSet = filtered(selection.selectionSet, isMeant);
    return selectionSet ? [{ ...selection, selectionSet }] : [];
  });
  return selections.length === 0 ? null : { ...set, selections };
}

function withOperation(node: FetchNode, definition: OperationDefinitionNode): FetchNode {
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [definition] };
  const names = new Set((definition.variableDefinitions ?? []).map(({ variable }) => variable.name.value));
  return {
    ...node,
    operation: stripIgnoredCharacters(print(document)),
    operationDocumentNode: document,
    ...(node.variableUsages ? { variableUsages: node.variableUsages.filter((name) => names.has(name)) } : {}),
  };
}

function withoutKeys(selection: QueryPlanSelectionNode, keys: ReadonlySet<string>): QueryPlanSelectionNode {
  if (selection.kind === Kind.FIELD) return selection;
  const selections = selection.selections
    .filter((one) => one.kind !== Kind.FIELD || !keys.has(one.alias ?? one.name))
    .map((one) => withoutKeys(one, keys));
  return { ...selection, selections };
}
