import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  type SelectionSetNode,
  type TypeNode,
} from 'graphql';

/** `__typename`, as a field of an operation. */
export const TYPENAME_FIELD: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

/** A type of the supergraph that has fields. */
export type FieldsType = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode;

/** Types of the supergraph by name. */
export type TypesByName = ReadonlyMap<string, FieldsType>;

export function hasFields(node: DefinitionNode): node is FieldsType {
  return node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.INTERFACE_TYPE_DEFINITION;
}

export function typesByName({ definitions }: DocumentNode): TypesByName {
  return new Map(definitions.filter(hasFields).map((type) => [type.name.value, type]));
}

/** The types that implement `name`: what an interface has, they have. */
export function implementationsOf(name: string, types: TypesByName): string[] {
  return [...types.values()]
    .filter(({ interfaces }) => interfaces?.some((implemented) => implemented.name.value === name))
    .map((type) => type.name.value);
}

/** The names of the fields that a type has to have in a graph, since its interfaces have them there. */
export function fieldsAskedByInterfaces(
  { directives }: FieldsType,
  graph: string | undefined,
  types: TypesByName,
): ReadonlySet<string> {
  const isThere = (field: FieldDefinitionNode): boolean => {
    const joins = joinFieldsOf(field);
    return joins.length === 0 || joins.some((join) => stringArgument(join, 'graph') === graph);
  };
  const implemented = (directives ?? []).filter(
    (join) => join.name.value === 'join__implements' && stringArgument(join, 'graph') === graph,
  );
  const fields = implemented.flatMap((join) => types.get(stringArgument(join, 'interface') ?? '')?.fields ?? []);
  return new Set(fields.filter(isThere).map(({ name }) => name.value));
}

/** Parses a field set such as `id org { id }`. */
export function parseFieldSet(text: string): SelectionSetNode {
  const [definition] = parse(`{${text}}`, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError(`not a field set: ${text}`);
  return definition.selectionSet;
}

/** A field set as it stands in a directive. */
export function printFieldSet({ selections }: SelectionSetNode): string {
  return selections.map(print).join(' ').replace(/\s+/g, ' ');
}

/** Replaces fields of a field set, each seen with the type that it is selected on. */
export function mapFields(
  types: TypesByName,
  { typeName, selectionSet }: { readonly typeName: string; readonly selectionSet: SelectionSetNode },
  change: (typeName: string, field: FieldNode) => FieldNode,
): SelectionSetNode {
  const selections = selectionSet.selections.map((selection) => {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const inner = selection.typeCondition?.name.value ?? typeName;
      return { ...selection, selectionSet: mapFields(types, { ...selection, typeName: inner }, change) };
    }
    if (selection.kind !== Kind.FIELD) return selection;
    const definition = types.get(typeName)?.fields?.find(({ name }) => name.value === selection.name.value);
    const changed = change(typeName, selection);
    if (!changed.selectionSet || !definition) return changed;
    const below = { typeName: namedTypeOf(definition.type), selectionSet: changed.selectionSet };
    return { ...changed, selectionSet: mapFields(types, below, change) };
  });
  return { ...selectionSet, selections };
}

/** The text of a directive's argument; undefined when it has none. */
export function stringArgument(directive: ConstDirectiveNode, name: string): string | undefined {
  const value = directive.arguments?.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.STRING || value?.kind === Kind.ENUM ? value.value : undefined;
}

/** The `@join__field` entries of a field. */
export function joinFieldsOf({ directives }: FieldDefinitionNode): ConstDirectiveNode[] {
  return (directives ?? []).filter(({ name }) => name.value === 'join__field');
}

/**
 * Of a field that no subgraph has on the type itself, but on an interface that it knows as an object. A field without any
 * `@join__field` would be in every subgraph of its type.
 */
export const JOIN_FIELD: ConstDirectiveNode = { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: 'join__field' } };

export function isExternal(directive: ConstDirectiveNode): boolean {
  const value = directive.arguments?.find(({ name }) => name.value === 'external')?.value;
  return value?.kind === Kind.BOOLEAN && value.value;
}

/** The subgraphs of a supergraph: each value of `join__Graph` with the name that fetches know. */
export function graphNamesOf({ definitions }: DocumentNode): { readonly graph: string; readonly subgraph: string }[] {
  return definitions.flatMap((node) =>
    node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === 'join__Graph'
      ? (node.values ?? []).flatMap(({ name, directives }) =>
          (directives ?? [])
            .filter((directive) => directive.name.value === 'join__graph')
            .map((directive) => ({ graph: name.value, subgraph: stringArgument(directive, 'name') ?? '' })),
        )
      : [],
  );
}

/** The names of the fields that some subgraph has on an interface that it knows as an object. */
export function interfaceObjectFieldsOf({ definitions }: DocumentNode): ReadonlySet<string> {
  return new Set(definitions.filter(hasFields).flatMap((type) => [...interfaceObjectFieldsIn(type)]));
}

/** The same of one type. */
export function interfaceObjectFieldsIn(type: FieldsType | undefined): ReadonlySet<string> {
  if (type?.kind !== Kind.INTERFACE_TYPE_DEFINITION) return new Set();
  const objects = (type.directives ?? []).filter(isInterfaceObject).map((join) => stringArgument(join, 'graph'));
  const isThere = (field: FieldDefinitionNode): boolean => {
    const joins = joinFieldsOf(field);
    return joins.length === 0 || joins.some((join) => objects.includes(stringArgument(join, 'graph')));
  };
  if (objects.length === 0) return new Set();
  return new Set((type.fields ?? []).filter(isThere).map(({ name }) => name.value));
}

export function isInterfaceObject({ arguments: given }: ConstDirectiveNode): boolean {
  const value = given?.find(({ name }) => name.value === 'isInterfaceObject')?.value;
  return value?.kind === Kind.BOOLEAN && value.value;
}

/** The type inside lists and non-nulls. */
export function namedTypeOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedTypeOf(type.type);
}
