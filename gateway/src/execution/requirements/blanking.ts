import type { QueryPlan } from '@apollo/query-planner';
import {
  type DocumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
  type TypeNode,
} from 'graphql';
import { fragmentsOf } from '../../protection/operation-document.ts';
import { type FieldsType, joinFieldsOf, namedTypeOf, parseFieldSet, stringArgument } from './field-set.ts';

/**
 * Objects of which a `@requires` needs a part, and a client may ask another: `size { height }` and `size { depth }` travel
 * as one selection, and where a `depth` that must not be null fails, null is all that is left of `size`, though `height`
 * was there. Such a requirement has to be asked for by itself.
 */
type Blanking = {
  /** `Type.field` of every required object that a selection can blank. */
  readonly fields: ReadonlySet<string>;
  /** Whether the plan requires such an object, and the operation asks for what can blank it. */
  happensIn(plan: QueryPlan, document: DocumentNode): boolean;
};

/** A required object: what is needed of it. */
type Need = { readonly field: string; readonly name: string; readonly selectionSet: SelectionSetNode };

/** Null when no selection can blank what is required. */
export function findBlanking(supergraph: DocumentNode): Blanking | null {
  const schema = readTypes(supergraph);
  const needs = needsOf(schema).filter((need) => canBlank(schema, need));
  if (needs.length === 0) return null;
  const names = new Set(needs.map(({ name }) => name));
  return {
    fields: new Set(needs.map(({ field }) => field)),
    happensIn: (plan, document) => requiresAny(plan, names) && blanksAny(schema, needs, document),
  };
}

type Types = {
  readonly byName: ReadonlyMap<string, FieldsType>;
  /** The object types that an abstract type can be; of an object type: itself. */
  readonly objectsOf: (typeName: string) => readonly FieldsType[];
};

function readTypes({ definitions }: DocumentNode): Types {
  const byName = new Map<string, FieldsType>();
  const members = new Map<string, string[]>();
  const add = (abstract: string, object: string) => members.set(abstract, [...(members.get(abstract) ?? []), object]);
  for (const node of definitions) {
    if (node.kind === Kind.UNION_TYPE_DEFINITION) {
      for (const member of node.types ?? []) add(node.name.value, member.name.value);
    }
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    byName.set(node.name.value, node);
    if (node.kind === Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const { name } of [node, ...(node.interfaces ?? [])]) add(name.value, node.name.value);
  }
  const found = (name: string) => byName.get(name) ?? [];
  return { byName, objectsOf: (typeName) => (members.get(typeName) ?? []).flatMap(found) };
}

function needsOf({ byName }: Types): Need[] {
  const needs: Need[] = [];
  const visit = (typeName: string, { selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        visit(selection.typeCondition?.name.value ?? typeName, selection.selectionSet);
      } else if (selection.kind === Kind.FIELD && selection.selectionSet && !selection.arguments?.length) {
        const name = selection.name.value;
        needs.push({ field: `${typeName}.${name}`, name, selectionSet: selection.selectionSet });
      }
    }
  };
  for (const type of byName.values()) {
    for (const join of (type.fields ?? []).flatMap(joinFieldsOf)) {
      const requires = stringArgument(join, 'requires');
      if (requires !== undefined) visit(type.name.value, parseFieldSet(requires));
    }
  }
  return needs;
}

function canBlank(types: Types, { field, selectionSet }: Need): boolean {
  const [typeName = '', name] = field.split('.');
  const definition = types.byName.get(typeName)?.fields?.find((candidate) => candidate.name.value === name);
  return definition !== undefined && canLose(types, namedTypeOf(definition.type), selectionSet);
}

/** Whether any selection on the type can blank an object of which `needed` is required, or an object in it. */
function canLose(types: Types, typeName: string, needed: SelectionSetNode): boolean {
  return types.objectsOf(typeName).some((object) =>
    (object.fields ?? []).some((definition) => {
      const part = neededOf(types, object, needed).get(definition.name.value);
      if (!part || definition.arguments?.length) return isNonNull(definition);
      return part.selectionSet !== undefined && canLose(types, namedTypeOf(definition.type), part.selectionSet);
    }),
  );
}

/** The fields of `needed` that apply to an object type, by name. */
function neededOf(types: Types, object: FieldsType, needed: SelectionSetNode): Map<string, FieldNode> {
  const fields = new Map<string, FieldNode>();
  for (const selection of needed.selections) {
    if (selection.kind === Kind.FIELD) fields.set(selection.name.value, selection);
    if (selection.kind !== Kind.INLINE_FRAGMENT) continue;
    const condition = selection.typeCondition?.name.value;
    if (condition !== undefined && !types.objectsOf(condition).includes(object)) continue;
    for (const [name, field] of neededOf(types, object, selection.selectionSet)) fields.set(name, field);
  }
  return fields;
}

/** Whether some subgraph promises that the field is not null: where it fails there, its object goes. */
function isNonNull(definition: FieldDefinitionNode): boolean {
  const isPromise = (type: TypeNode) => type.kind === Kind.NON_NULL_TYPE;
  return (
    isPromise(definition.type) || joinFieldsOf(definition).some((join) => stringArgument(join, 'type')?.endsWith('!'))
  );
}

/** Whether some object type that an abstract type can be promises more than the abstract type does. */
function isNonNullInSome(types: Types, typeName: string, field: FieldNode): boolean {
  return types.objectsOf(typeName).some((object) => {
    const definition = definitionOf(types, object.name.value, field);
    return definition !== undefined && isNonNull(definition);
  });
}

function requiresAny(plan: QueryPlan, names: ReadonlySet<string>): boolean {
  const walk = (value: unknown, isRequired: boolean): boolean => {
    if (Array.isArray(value)) return value.some((item) => walk(item, isRequired));
    if (typeof value !== 'object' || value === null) return false;
    const node = value as Readonly<Record<string, unknown>>;
    if (isRequired && node.kind === 'Field') return Array.isArray(node.selections) && names.has(String(node.name));
    return PLAN_PARTS.some((part) => walk(node[part], isRequired || part === 'requires'));
  };
  return walk(plan.node, false);
}

/** Where a plan's node holds others, and what it requires. */
const PLAN_PARTS = ['node', 'nodes', 'ifClause', 'elseClause', 'primary', 'rest', 'deferred', 'requires', 'selections'];

type Walk = {
  readonly types: Types;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly needs: ReadonlyMap<string, readonly SelectionSetNode[]>;
  /** Fragments that were seen: fragments of fragments may unfold without end in sight. */
  readonly seen: Set<string>;
};

function blanksAny(types: Types, needs: readonly Need[], document: DocumentNode): boolean {
  const byName = new Map<string, SelectionSetNode[]>();
  for (const { name, selectionSet } of needs) byName.set(name, [...(byName.get(name) ?? []), selectionSet]);
  const walk: Walk = { types, fragments: fragmentsOf(document), needs: byName, seen: new Set() };
  return document.definitions.some((node) => {
    if (node.kind !== Kind.OPERATION_DEFINITION) return false;
    const root = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' }[node.operation];
    return searchBlanking(walk, root, node.selectionSet);
  });
}

/** Looks for required objects in a client's selection, and whether it blanks one of them. */
function searchBlanking(walk: Walk, typeName: string, selectionSet: SelectionSetNode): boolean {
  return fieldsOf(walk, typeName, selectionSet).some(({ on, field }) => {
    if (!field.selectionSet) return false;
    const definition = definitionOf(walk.types, on, field);
    if (!definition) return false;
    const below = namedTypeOf(definition.type);
    const { selectionSet: asked } = field;
    const isShared = !field.alias && !field.arguments?.length;
    const needs = isShared ? (walk.needs.get(field.name.value) ?? []) : [];
    if (needs.some((needed) => blanks({ ...walk, seen: new Set() }, { typeName: below, asked, needed }))) return true;
    return searchBlanking(walk, below, asked);
  });
}

type Asked = { readonly typeName: string; readonly asked: SelectionSetNode; readonly needed: SelectionSetNode };

function blanks(walk: Walk, { typeName, asked, needed }: Asked): boolean {
  return fieldsOf(walk, typeName, asked).some(({ on, field }) => {
    const definition = definitionOf(walk.types, on, field);
    if (!definition) return false;
    const isShared = !field.alias && !field.arguments?.length;
    const parts = isShared
      ? walk.types.objectsOf(on).flatMap((object) => neededOf(walk.types, object, needed).get(field.name.value) ?? [])
      : [];
    if (parts.length === 0) return isNonNull(definition) || isNonNullInSome(walk.types, on, field);
    const below = namedTypeOf(definition.type);
    return parts.some(
      (part) =>
        part.selectionSet !== undefined &&
        field.selectionSet !== undefined &&
        blanks({ ...walk, seen: new Set() }, { typeName: below, asked: field.selectionSet, needed: part.selectionSet }),
    );
  });
}

/** The fields of a selection with the types that they are selected on; of each fragment once. */
function fieldsOf(walk: Walk, typeName: string, { selections }: SelectionSetNode): { on: string; field: FieldNode }[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [{ on: typeName, field: selection }];
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      return fieldsOf(walk, selection.typeCondition?.name.value ?? typeName, selection.selectionSet);
    }
    const name = selection.name.value;
    const fragment = walk.fragments.get(name);
    if (!fragment || walk.seen.has(name)) return [];
    walk.seen.add(name);
    return fieldsOf(walk, fragment.typeCondition.name.value, fragment.selectionSet);
  });
}

function definitionOf({ byName }: Types, typeName: string, { name }: FieldNode): FieldDefinitionNode | undefined {
  return byName.get(typeName)?.fields?.find((candidate) => candidate.name.value === name.value);
}
