import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';

/** A valid operation: what is planned, and the document with its fragments. */
export type ValidOperation = { readonly document: DocumentNode; readonly definition: OperationDefinitionNode };

/** The type that a selection set stands on, as far as it is known. */
export type ParentType = GraphQLNamedType | null | undefined;

/** The fragments of a document by name. */
export function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}

/** The field of an object or interface; null for `__typename` and introspection, which no subgraph answers. */
export function findField(parent: ParentType, name: string): GraphQLField<unknown, unknown> | null {
  if (!isObjectType(parent) && !isInterfaceType(parent)) return null;
  return parent.getFields()[name] ?? null;
}
