import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getNamedType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import type { DeniedFields } from './access.ts';
import { findField, fragmentsOf, type ParentType, type ValidOperation } from './operation-document.ts';

/**
 * The operation without the fields that are denied: what is planned for a caller. A valid document of this one operation
 * and the fragments and variables that it still uses; an object of which no field is left is asked for its `__typename`.
 */
export function withoutDenied(apiSchema: GraphQLSchema, operation: ValidOperation, denied: DeniedFields): DocumentNode {
  const { document, definition } = operation;
  const pruning: Pruning = { apiSchema, denied, fragments: fragmentsOf(document), pruned: new Map() };
  const root = apiSchema.getRootType(definition.operation);
  const selectionSet = pruneSelections(pruning, definition.selectionSet, root) ?? TYPENAME_ONLY;
  const pruned = { ...definition, selectionSet };
  const fragments = usedFragments(pruning, selectionSet);
  const used = variablesIn([pruned, ...fragments]);
  const variableDefinitions = definition.variableDefinitions?.filter(({ variable }) => used.has(variable.name.value));
  return {
    kind: Kind.DOCUMENT,
    definitions: [{ ...pruned, ...(variableDefinitions && { variableDefinitions }) }, ...fragments],
  };
}

type Pruning = {
  readonly apiSchema: GraphQLSchema;
  readonly denied: DeniedFields;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Null for a fragment of which nothing is left. */
  readonly pruned: Map<string, FragmentDefinitionNode | null>;
};

const TYPENAME_ONLY: SelectionSetNode = {
  kind: Kind.SELECTION_SET,
  selections: [{ kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }],
};

/** Null when nothing is left. */
function pruneSelections(pruning: Pruning, set: SelectionSetNode, parent: ParentType): SelectionSetNode | null {
  const selections = set.selections.flatMap((selection) => pruneSelection(pruning, selection, parent) ?? []);
  return selections.length > 0 ? { ...set, selections } : null;
}

function pruneSelection(pruning: Pruning, selection: SelectionNode, parent: ParentType): SelectionNode | null {
  switch (selection.kind) {
    case Kind.FIELD:
      return pruneField(pruning, selection, parent);
    case Kind.FRAGMENT_SPREAD:
      return pruneFragment(pruning, selection.name.value) && selection;
    case Kind.INLINE_FRAGMENT: {
      const { typeCondition } = selection;
      const type = typeCondition ? pruning.apiSchema.getType(typeCondition.name.value) : parent;
      const selectionSet = pruneSelections(pruning, selection.selectionSet, type);
      return selectionSet && { ...selection, selectionSet };
    }
  }
}

function pruneField(pruning: Pruning, field: FieldNode, parent: ParentType): FieldNode | null {
  const name = field.name.value;
  const definition = findField(parent, name);
  if (!parent || !definition) return field;
  if (pruning.denied.reasonOf(parent.name, name)) return null;
  if (!field.selectionSet) return field;
  const selectionSet = pruneSelections(pruning, field.selectionSet, getNamedType(definition.type));
  return { ...field, selectionSet: selectionSet ?? TYPENAME_ONLY };
}

function pruneFragment(pruning: Pruning, name: string): FragmentDefinitionNode | null {
  const known = pruning.pruned.get(name);
  if (known !== undefined) return known;
  const fragment = pruning.fragments.get(name);
  if (!fragment) return null;
  const parent = pruning.apiSchema.getType(fragment.typeCondition.name.value);
  const selectionSet = pruneSelections(pruning, fragment.selectionSet, parent);
  const pruned = selectionSet && { ...fragment, selectionSet };
  pruning.pruned.set(name, pruned);
  return pruned;
}

/** The fragments that are still spread, each once. */
function usedFragments({ pruned }: Pruning, root: SelectionSetNode): FragmentDefinitionNode[] {
  const used = new Map<string, FragmentDefinitionNode>();
  const waiting = [root];
  for (let set = waiting.pop(); set; set = waiting.pop()) {
    for (const selection of set.selections) {
      if (selection.kind !== Kind.FRAGMENT_SPREAD) {
        if (selection.selectionSet) waiting.push(selection.selectionSet);
        continue;
      }
      const fragment = pruned.get(selection.name.value);
      if (!fragment || used.has(selection.name.value)) continue;
      used.set(selection.name.value, fragment);
      waiting.push(fragment.selectionSet);
    }
  }
  return [...used.values()];
}

function variablesIn(definitions: DocumentNode['definitions']): ReadonlySet<string> {
  const names = new Set<string>();
  visit(
    { kind: Kind.DOCUMENT, definitions },
    {
      VariableDefinition: () => false,
      Variable: ({ name }) => void names.add(name.value),
    },
  );
  return names;
}
