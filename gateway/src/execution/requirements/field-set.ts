import {
  type ConstDirectiveNode,
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

/** A type of the supergraph that has fields. */
export type FieldsType = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode;

/** Types of the supergraph by name. */
export type TypesByName = ReadonlyMap<string, FieldsType>;

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
  const names = definitions.flatMap((node) => {
    if (node.kind !== Kind.INTERFACE_TYPE_DEFINITION) return [];
    const objects = (node.directives ?? []).filter(isInterfaceObject).map((join) => stringArgument(join, 'graph'));
    if (objects.length === 0) return [];
    const isThere = (field: FieldDefinitionNode): boolean => {
      const joins = joinFieldsOf(field);
      return joins.length === 0 || joins.some((join) => objects.includes(stringArgument(join, 'graph')));
    };
    return (node.fields ?? []).filter(isThere).map(({ name }) => name.value);
  });
  return new Set(names);
}

function isInterfaceObject({ arguments: given }: ConstDirectiveNode): boolean {
  const value = given?.find(({ name }) => name.value === 'isInterfaceObject')?.value;
  return value?.kind === Kind.BOOLEAN && value.value;
}

/** The type inside lists and non-nulls. */
export function namedTypeOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedTypeOf(type.type);
}
