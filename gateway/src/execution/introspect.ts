import {
  type DocumentNode,
  executeSync,
  type FieldNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';

/** Answers the introspection fields among an operation's root fields, by response key. */
export type Introspect = (variables: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

export type Introspection = {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  /** The root fields that are selected, with their nodes. */
  readonly fields: readonly (readonly FieldNode[])[];
};

const NAMES: ReadonlySet<string> = new Set(['__schema', '__type']);

/** graphql-js answers from the schema itself; null when the operation asks nothing of that kind. */
export function compileIntrospection({ schema, document, definition, fields }: Introspection): Introspect | null {
  const asked = fields.filter(([node]) => node && NAMES.has(node.name.value)).flat();
  if (asked.length === 0) return null;
  const selectionSet = { kind: Kind.SELECTION_SET, selections: asked } as const;
  const others = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  const own: DocumentNode = { kind: Kind.DOCUMENT, definitions: [{ ...definition, selectionSet }, ...others] };
  return (variables) => {
    const { data, errors } = executeSync({ schema, document: own, variableValues: variables });
    if (errors?.[0]) throw errors[0];
    return data ?? {};
  };
}
