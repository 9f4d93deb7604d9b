import type { FetchNode, PlanNode, QueryPlan, QueryPlanSelectionNode, SubscriptionNode } from '@apollo/query-planner';
import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import type { VirtualField, VirtualFields } from './virtual-fields.ts';

/** A required field that is read under one key and sent under another. */
export type RenamedRequirement = { readonly writeAs?: string };

/** A plan over virtual fields as one over the real ones (see `virtualiseRequirements`). */
export function restoreFields(plan: QueryPlan, virtual: VirtualFields): QueryPlan {
  const { node } = plan;
  if (!node) return plan;
  return {
    ...plan,
    node: node.kind === 'Subscription' ? restoreSubscription(node, virtual) : restoreNode(node, virtual),
  };
}

function restoreSubscription(node: SubscriptionNode, virtual: VirtualFields): SubscriptionNode {
  const [primary = node.primary] = restoreFetch(node.primary, virtual);
  return { ...node, primary, ...(node.rest ? { rest: restoreNode(node.rest, virtual) } : {}) };
}

function restoreNode(node: PlanNode, virtual: VirtualFields): PlanNode {
  switch (node.kind) {
    case 'Sequence':
    case 'Parallel':
      return { ...node, nodes: node.nodes.map((step) => restoreNode(step, virtual)) };
    case 'Flatten':
      return { ...node, node: restoreNode(node.node, virtual) };
    case 'Condition':
      return {
        ...node,
        ...(node.ifClause ? { ifClause: restoreNode(node.ifClause, virtual) } : {}),
        ...(node.elseClause ? { elseClause: restoreNode(node.elseClause, virtual) } : {}),
      };
    case 'Defer':
      return {
        ...node,
        primary: { ...node.primary, ...(node.primary.node ? { node: restoreNode(node.primary.node, virtual) } : {}) },
        deferred: node.deferred.map((deferred) => ({
          ...deferred,
          ...(deferred.node ? { node: restoreNode(deferred.node, virtual) } : {}),
        })),
      };
    case 'Fetch': {
      const fetches = restoreFetch(node, virtual);
      const [only] = fetches;
      return fetches.length === 1 && only ? only : { kind: 'Parallel', nodes: fetches };
    }
  }
}

/** One fetch, or several where its representation would need one field with two values. */
function restoreFetch(node: FetchNode, virtual: VirtualFields): FetchNode[] {
  const document = node.operationDocumentNode ?? parse(node.operation);
  const groups = node.requires ? groupFields(node, document, virtual) : [];
  if (groups.length < 2) return [withDocument(node, document, virtual)];
  return groups.map(({ fields, required }) => {
    const kept = keepFields(document, (typeName, name) => fields.has(`${typeName}.${name}`));
    const requires = (node.requires ?? []).map((selection) => dropOthers(selection, required, virtual));
    const used = usedVariables(kept);
    const part = visit(kept, {
      VariableDefinition: ({ variable }) => (used.has(variable.name.value) ? undefined : null),
    });
    const variableUsages = (node.variableUsages ?? []).filter((name) => used.has(name));
    return withDocument({ ...node, requires, variableUsages }, part, virtual);
  });
}

/** The variables that an operation uses: to declare another one is an error. */
function usedVariables(document: DocumentNode): Set<string> {
  const used = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void used.add(name.value),
  });
  return used;
}

function withDocument(node: FetchNode, document: DocumentNode, virtual: VirtualFields): FetchNode {
  const operationDocumentNode = restoreOperation(document, virtual);
  return {
    ...node,
    operation: print(operationDocumentNode),
    operationDocumentNode,
    ...(node.requires ? { requires: node.requires.map((selection) => restoreRequirement(selection, virtual)) } : {}),
  };
}

/** `price_r0` becomes `price_r0: price(currency: USD)`. */
function restoreOperation(document: DocumentNode, virtual: VirtualFields): DocumentNode {
  return visit(document, {
    Field(field) {
      const real = virtual.byName.get(field.name.value);
      if (!real) return undefined;
      const alias = field.alias ?? { kind: Kind.NAME, value: real.name };
      return { ...field, alias, name: { kind: Kind.NAME, value: real.realName }, arguments: argumentsOf(real) };
    },
  });
}

function argumentsOf({ realName, argumentsText }: VirtualField): readonly ArgumentNode[] {
  const [definition] = parse(`{${realName}${argumentsText}}`, { noLocation: true }).definitions;
  const [field] = definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet.selections : [];
  return field?.kind === Kind.FIELD ? (field.arguments ?? []) : [];
}

function restoreRequirement(
  selection: QueryPlanSelectionNode,
  virtual: VirtualFields,
): QueryPlanSelectionNode & RenamedRequirement {
  if (selection.kind === 'InlineFragment') {
    return { ...selection, selections: selection.selections.map((part) => restoreRequirement(part, virtual)) };
  }
  const real = virtual.byName.get(selection.name);
  const selections = selection.selections?.map((part) => restoreRequirement(part, virtual));
  return { ...selection, ...(selections ? { selections } : {}), ...(real ? { writeAs: real.realName } : {}) };
}

type Group = { readonly fields: Set<string>; readonly required: Set<string> };

/** The entity's fields in groups, so that within one no field is required with two different arguments. */
function groupFields(node: FetchNode, document: DocumentNode, virtual: VirtualFields): Group[] {
  const groups: Group[] = [];
  for (const { typeName, name } of entityFieldsOf(document)) {
    const realName = virtual.byName.get(name)?.realName ?? name;
    const required = virtual.requiredBy(node.serviceName, typeName, realName);
    const group = groups.find((candidate) => !conflicts(candidate.required, required, virtual));
    if (group) {
      group.fields.add(`${typeName}.${name}`);
      for (const one of required) group.required.add(one);
    } else {
      groups.push({ fields: new Set([`${typeName}.${name}`]), required: new Set(required) });
    }
  }
  return groups;
}

function conflicts(one: ReadonlySet<string>, other: ReadonlySet<string>, { byName }: VirtualFields): boolean {
  const realNameOf = (name: string) => byName.get(name)?.realName;
  return [...one].some((a) => [...other].some((b) => a !== b && realNameOf(a) === realNameOf(b)));
}

/** The fields right below `_entities`, with the type that each is selected on. */
function entityFieldsOf(document: DocumentNode): { typeName: string; name: string }[] {
  const fields: { typeName: string; name: string }[] = [];
  keepFields(document, (typeName, name) => {
    fields.push({ typeName, name });
    return true;
  });
  return fields;
}

/** The operation with those fields below `_entities` that `isKept` names; `__typename` always stays. */
function keepFields(document: DocumentNode, isKept: (typeName: string, name: string) => boolean): DocumentNode {
  const keep = (selection: SelectionNode, typeName: string): SelectionNode[] => {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const inner = keepAll(selection.selectionSet, selection.typeCondition?.name.value ?? typeName);
      return inner.selections.length > 0 ? [{ ...selection, selectionSet: inner }] : [];
    }
    if (selection.kind !== Kind.FIELD || selection.name.value === '__typename') return [selection];
    return isKept(typeName, selection.name.value) ? [selection] : [];
  };
  const keepAll = (selectionSet: SelectionSetNode, typeName: string): SelectionSetNode => ({
    ...selectionSet,
    selections: selectionSet.selections.flatMap((selection) => keep(selection, typeName)),
  });
  return visit(document, {
    Field(field: FieldNode) {
      if (field.name.value !== '_entities' || !field.selectionSet) return undefined;
      return { ...field, selectionSet: keepAll(field.selectionSet, '_Entity') };
    },
  });
}

/** A requirement without the virtual fields that collide with those of the group. */
function dropOthers(
  selection: QueryPlanSelectionNode,
  required: ReadonlySet<string>,
  virtual: VirtualFields,
): QueryPlanSelectionNode {
  if (!selection.selections) return selection;
  const selections = selection.selections
    .filter((part) => part.kind !== 'Field' || !virtual.byName.has(part.name) || required.has(part.name))
    .map((part) => dropOthers(part, required, virtual));
  return { ...selection, selections } as QueryPlanSelectionNode;
}
