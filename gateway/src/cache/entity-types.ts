import { ExactNumber } from '@playgraph/kernel/exact-json';
import {
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';

/** What caching must know of a supergraph: the keys of its entities, and which types a selection may bring. */
export type EntityTypes = {
  /**
   * The names of an entity among those of its type, from `fields`: one for each declared key that they make up. Equal
   * values give equal names, whatever their order, and an ID as a number and as a string are equal.
   */
  keysOf(typename: string, fields: Fields): readonly string[];
  /** The type itself, and those as which its entities may be asked for: its interfaces, or what implements it. */
  relativesOf(typename: string): readonly string[];
  has(typename: string): boolean;
  /**
   * The types of all objects that the fields of a selection may bring, at every level below it. Null when the selection
   * has something that the supergraph does not know.
   */
  typesWithin(selectionSet: SelectionSetNode, parent: string): ReadonlySet<string> | null;
};

export type Fields = Readonly<Record<string, unknown>>;

/** How the supergraph notes the keys of a type. */
const JOIN_TYPE = 'join__type';

/** From the schema of a supergraph with its `@join__type` directives. */
export function createEntityTypes(supergraphSchema: GraphQLSchema): EntityTypes {
  const keySets = new Map<string, readonly SelectionSetNode[]>();
  const keySetsOf = (typename: string): readonly SelectionSetNode[] => {
    const known = keySets.get(typename);
    if (known) return known;
    const read = readKeySets(supergraphSchema.getType(typename));
    // Bounded by the schema: names that it does not have are not remembered.
    if (read.length > 0) keySets.set(typename, read);
    return read;
  };
  return {
    keysOf: (typename, fields) =>
      keySetsOf(typename).flatMap((keySet) => {
        const key = pickKey(keySet, fields);
        return key === undefined ? [] : [JSON.stringify(key)];
      }),
    relativesOf: (typename) => relativesOf(supergraphSchema, typename),
    has: (typename) => supergraphSchema.getType(typename) !== undefined,
    typesWithin(selectionSet, parent) {
      const found = new Set<string>();
      const type = supergraphSchema.getType(parent);
      return type && collect(supergraphSchema, { selectionSet, type }, found) ? found : null;
    },
  };
}

function readKeySets(type: GraphQLNamedType | undefined): readonly SelectionSetNode[] {
  const texts = new Set<string>();
  for (const node of [type?.astNode, ...(type?.extensionASTNodes ?? [])]) {
    for (const directive of node?.directives ?? []) {
      const key = directive.arguments?.find(({ name }) => name.value === 'key');
      if (directive.name.value === JOIN_TYPE && key) texts.add(String(valueFromASTUntyped(key.value)));
    }
  }
  return [...texts].flatMap((text) => {
    const [definition] = parse(text.startsWith('{') ? text : `{${text}}`, { noLocation: true }).definitions;
    return definition?.kind === Kind.OPERATION_DEFINITION ? [definition.selectionSet] : [];
  });
}

/** The key's fields as sorted pairs; undefined when one is not there. */
function pickKey(keySet: SelectionSetNode, fields: Fields): unknown {
  const pairs: [string, unknown][] = [];
  for (const field of fieldsOf(keySet)) {
    const name = field.name.value;
    const value = pickValue(field, fields[name]);
    if (value === undefined) return undefined;
    pairs.push([name, value]);
  }
  return pairs.sort(([left], [right]) => (left < right ? -1 : 1));
}

function pickValue(field: FieldNode, value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) {
    const items = value.map((item) => pickValue(field, item));
    return items.includes(undefined) ? undefined : items;
  }
  if (typeof value !== 'object' || value instanceof ExactNumber) return String(value);
  if (field.selectionSet) return pickKey(field.selectionSet, value as Fields);
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return entries.map(([name, member]) => [name, pickValue(field, member) ?? null]);
}

function fieldsOf({ selections }: SelectionSetNode): FieldNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return selection.name.value === '__typename' ? [] : [selection];
    return selection.kind === Kind.INLINE_FRAGMENT ? fieldsOf(selection.selectionSet) : [];
  });
}

function relativesOf(schema: GraphQLSchema, typename: string): readonly string[] {
  const type = schema.getType(typename);
  const related: readonly GraphQLNamedType[] = isInterfaceType(type)
    ? [...type.getInterfaces(), ...schema.getImplementations(type).interfaces, ...schema.getPossibleTypes(type)]
    : isObjectType(type)
      ? type.getInterfaces()
      : [];
  return [...new Set([typename, ...related.map(({ name }) => name)])];
}

type Selection = { readonly selectionSet: SelectionSetNode; readonly type: GraphQLNamedType };

/** Adds what the fields may bring; false when there is something unknown. */
function collect(schema: GraphQLSchema, { selectionSet, type }: Selection, found: Set<string>): boolean {
  return selectionSet.selections.every((selection) => {
    if (selection.kind === Kind.FIELD) return collectField(schema, { field: selection, type }, found);
    if (selection.kind !== Kind.INLINE_FRAGMENT) return false;
    const narrowed = selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : type;
    return narrowed !== undefined && collect(schema, { selectionSet: selection.selectionSet, type: narrowed }, found);
  });
}

function collectField(
  schema: GraphQLSchema,
  { field, type }: { readonly field: FieldNode; readonly type: GraphQLNamedType },
  found: Set<string>,
): boolean {
  if (field.name.value === '__typename') return true;
  if (!isObjectType(type) && !isInterfaceType(type)) return false;
  const definition = type.getFields()[field.name.value];
  if (!definition) return false;
  const named = getNamedType(definition.type);
  if (!isCompositeType(named)) return true;
  found.add(named.name);
  if (isAbstractType(named)) for (const { name } of schema.getPossibleTypes(named)) found.add(name);
  return !field.selectionSet || collect(schema, { selectionSet: field.selectionSet, type: named }, found);
}
