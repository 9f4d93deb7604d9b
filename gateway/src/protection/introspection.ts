import type { Identity } from '@playgraph/auth/identity';
import { type DocumentNode, type FieldNode, GraphQLError, Kind, type SelectionSetNode } from 'graphql';

/** Who may ask for the schema. `__typename` is everybody's. */
export type IntrospectionRule = 'allow' | 'signed-in' | 'deny';

/** The first `__schema` or `__type` in a parsed document, in any operation or fragment; it need not be valid. */
export function findIntrospection(document: DocumentNode): FieldNode | null {
  const waiting: SelectionSetNode[] = [];
  for (const definition of document.definitions) {
    if ('selectionSet' in definition) waiting.push(definition.selectionSet);
  }
  for (let set = waiting.pop(); set; set = waiting.pop()) {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD && isIntrospection(selection)) return selection;
      if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet) waiting.push(selection.selectionSet);
    }
  }
  return null;
}

/** What a caller is told who asks for the schema (`field`) and may not; null when all is well. */
export function checkIntrospection(
  rule: IntrospectionRule,
  field: FieldNode | null,
  identity: Identity | null,
): GraphQLError | null {
  if (!field || rule === 'allow' || (rule === 'signed-in' && identity)) return null;
  const message = rule === 'deny' ? 'This graph does not show its schema.' : 'Sign in to see the schema of this graph.';
  return new GraphQLError(message, { nodes: field, extensions: { code: 'INTROSPECTION_DISABLED' } });
}

function isIntrospection({ name }: FieldNode): boolean {
  return name.value === '__schema' || name.value === '__type';
}
