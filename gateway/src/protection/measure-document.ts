import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { fragmentsOf } from './operation-document.ts';

/** How large an operation is, with every fragment counted wherever it is spread. Counts stop at COUNT_MAX. */
export type OperationSize = {
  /** Levels of fields; a root field is at level 1. */
  readonly depth: number;
  /** Levels of selection sets, those of fragments included; more than NESTING_MAX are not looked into. */
  readonly nesting: number;
  readonly rootFields: number;
  readonly fields: number;
  readonly aliases: number;
  readonly directives: number;
  /** Lists within lists below `__schema` and `__type`, such as the fields of the types of fields. */
  readonly introspectionDepth: number;
  /** Lists and objects within each other in an argument's value. */
  readonly valueDepth: number;
};

/** The levels of selection sets that are followed: what comes later (validation, planning) recurses, too. */
export const NESTING_MAX = 200;
/** Fragments that double at every level reach any number; nobody needs to know which. */
const COUNT_MAX = 1_000_000_000;
/** The lists of the introspection schema that lead from types to types. */
const INTROSPECTION_LISTS: ReadonlySet<string> = new Set(['fields', 'interfaces', 'possibleTypes', 'inputFields']);

/**
 * The size of a parsed document that need not be valid: in each respect that of its largest operation or fragment, and
 * `fields` at least as many as are written in the whole document, since validation reads all of it. Takes time linear in the text:
 * a fragment is measured once, and one that contains itself (which validation refuses) counts as empty there.
 */
export function measureDocument(document: DocumentNode): OperationSize {
  const counting: Counting = { fragments: fragmentsOf(document), measured: new Map(), writtenFields: 0 };
  let largest = EMPTY;
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      largest = maximum(largest, measureFragment(counting, definition.name.value, 1));
    }
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const inside = measureSelections(counting, definition.selectionSet, 1);
    const size = { ...inside, rootFields: inside.level, directives: add(inside.directives, directivesOf(definition)) };
    largest = maximum(largest, definition.variableDefinitions?.reduce(addVariable, size) ?? size);
  }
  const { level: _, lists: __, ...size } = largest;
  return { ...size, fields: Math.max(size.fields, counting.writtenFields) };
}

type PartSize = OperationSize & {
  /** Fields on the part's own level. */
  readonly level: number;
  /** Nested introspection lists; they count once `__schema` or `__type` stands above. */
  readonly lists: number;
};

type Counting = {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Null while a fragment is being measured. */
  readonly measured: Map<string, PartSize | null>;
  /** In all definitions; each counted once. */
  writtenFields: number;
};

const EMPTY: PartSize = {
  depth: 0,
  nesting: 0,
  rootFields: 0,
  fields: 0,
  aliases: 0,
  directives: 0,
  introspectionDepth: 0,
  valueDepth: 0,
  level: 0,
  lists: 0,
};

function measureSelections(counting: Counting, { selections }: SelectionSetNode, level: number): PartSize {
  let total = EMPTY;
  if (level <= NESTING_MAX) {
    for (const selection of selections) total = join(total, measureSelection(counting, selection, level));
  }
  return { ...total, nesting: total.nesting + 1 };
}

function measureSelection(counting: Counting, selection: SelectionNode, level: number): PartSize {
  if (selection.kind === Kind.FIELD) return measureField(counting, selection, level);
  const inside =
    selection.kind === Kind.FRAGMENT_SPREAD
      ? measureFragment(counting, selection.name.value, level + 1)
      : measureSelections(counting, selection.selectionSet, level + 1);
  return { ...inside, directives: add(inside.directives, directivesOf(selection)) };
}

function measureFragment(counting: Counting, name: string, level: number): PartSize {
  const known = counting.measured.get(name);
  if (known !== undefined) return known ?? EMPTY;
  const fragment = counting.fragments.get(name);
  if (!fragment) return EMPTY;
  counting.measured.set(name, null);
  const inside = measureSelections(counting, fragment.selectionSet, level);
  const size = { ...inside, directives: add(inside.directives, directivesOf(fragment)) };
  counting.measured.set(name, size);
  return size;
}

function measureField(counting: Counting, field: FieldNode, level: number): PartSize {
  counting.writtenFields += 1;
  const inside = field.selectionSet ? measureSelections(counting, field.selectionSet, level + 1) : EMPTY;
  const name = field.name.value;
  const isIntrospection = name === '__schema' || name === '__type';
  let valueDepth = inside.valueDepth;
  for (const { value } of field.arguments ?? []) valueDepth = Math.max(valueDepth, depthOfValue(value));
  return {
    depth: inside.depth + 1,
    nesting: inside.nesting,
    rootFields: 0,
    level: 1,
    fields: add(inside.fields, 1),
    aliases: add(inside.aliases, field.alias ? 1 : 0),
    directives: add(inside.directives, directivesOf(field)),
    lists: inside.lists + (INTROSPECTION_LISTS.has(name) ? 1 : 0),
    introspectionDepth: Math.max(inside.introspectionDepth, isIntrospection ? inside.lists : 0),
    valueDepth,
  };
}

/** Two parts of one selection set. */
function join(a: PartSize, b: PartSize): PartSize {
  return {
    ...maximum(a, b),
    level: add(a.level, b.level),
    fields: add(a.fields, b.fields),
    aliases: add(a.aliases, b.aliases),
    directives: add(a.directives, b.directives),
  };
}

function maximum(a: PartSize, b: PartSize): PartSize {
  return {
    depth: Math.max(a.depth, b.depth),
    nesting: Math.max(a.nesting, b.nesting),
    rootFields: Math.max(a.rootFields, b.rootFields),
    fields: Math.max(a.fields, b.fields),
    aliases: Math.max(a.aliases, b.aliases),
    directives: Math.max(a.directives, b.directives),
    introspectionDepth: Math.max(a.introspectionDepth, b.introspectionDepth),
    valueDepth: Math.max(a.valueDepth, b.valueDepth),
    level: Math.max(a.level, b.level),
    lists: Math.max(a.lists, b.lists),
  };
}

type VariableParts = {
  readonly defaultValue?: ValueNode | undefined;
  readonly directives?: readonly unknown[] | undefined;
};

function addVariable(size: PartSize, variable: VariableParts): PartSize {
  const valueDepth = variable.defaultValue ? depthOfValue(variable.defaultValue) : 0;
  return {
    ...size,
    directives: add(size.directives, directivesOf(variable)),
    valueDepth: Math.max(size.valueDepth, valueDepth),
  };
}

/** The parser, which recurses in the same way, has bounded the depth already. */
function depthOfValue(value: ValueNode): number {
  if (value.kind === Kind.LIST)
    return 1 + value.values.reduce((deepest, item) => Math.max(deepest, depthOfValue(item)), 0);
  if (value.kind !== Kind.OBJECT) return 0;
  return 1 + value.fields.reduce((deepest, field) => Math.max(deepest, depthOfValue(field.value)), 0);
}

function directivesOf(node: { readonly directives?: readonly unknown[] | undefined }): number {
  return node.directives?.length ?? 0;
}

function add(a: number, b: number): number {
  return Math.min(a + b, COUNT_MAX);
}
