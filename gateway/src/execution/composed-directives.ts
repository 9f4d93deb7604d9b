import {
  type DirectiveDefinitionNode,
  DirectiveLocation,
  type DocumentNode,
  extendSchema,
  type GraphQLSchema,
  Kind,
  visit,
} from 'graphql';

/** Where clients may write a directive. */
const EXECUTABLE: ReadonlySet<string> = new Set([
  DirectiveLocation.QUERY,
  DirectiveLocation.MUTATION,
  DirectiveLocation.SUBSCRIPTION,
  DirectiveLocation.FIELD,
  DirectiveLocation.FRAGMENT_DEFINITION,
  DirectiveLocation.FRAGMENT_SPREAD,
  DirectiveLocation.INLINE_FRAGMENT,
  DirectiveLocation.VARIABLE_DEFINITION,
]);

/** Directives for clients that a supergraph was composed with (`@composeDirective`). */
type ComposedDirectives = {
  /** The API schema with them: Apollo's has those only that every subgraph defines by itself. */
  readonly apiSchema: GraphQLSchema;
  /** The operation without them: subgraphs may know them otherwise, or not at all. */
  strip(document: DocumentNode): DocumentNode;
};

export function readComposedDirectives(supergraph: DocumentNode, apiSchema: GraphQLSchema): ComposedDirectives {
  const definitions = supergraph.definitions.filter(
    (one): one is DirectiveDefinitionNode =>
      one.kind === Kind.DIRECTIVE_DEFINITION &&
      one.locations.some(({ value }) => EXECUTABLE.has(value)) &&
      !apiSchema.getDirective(one.name.value) &&
      hasKnownTypes(one, apiSchema),
  );
  if (definitions.length === 0) return { apiSchema, strip: (document) => document };
  const names = new Set(definitions.map(({ name }) => name.value));
  return {
    apiSchema: extendSchema(apiSchema, { kind: Kind.DOCUMENT, definitions }),
    strip: (document) => visit(document, { Directive: ({ name }) => (names.has(name.value) ? null : undefined) }),
  };
}

/** A type that is not for clients makes the directive none for them either. */
function hasKnownTypes(definition: DirectiveDefinitionNode, schema: GraphQLSchema): boolean {
  let isKnown = true;
  visit(definition, {
    NamedType({ name }) {
      isKnown &&= schema.getType(name.value) !== undefined;
    },
  });
  return isKnown;
}
