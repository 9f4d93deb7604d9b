import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { type DocumentNode, type GraphQLSchema, isInterfaceType, isObjectType, Kind, parse } from 'graphql';
import { enforceAccess } from './access-rules.ts';
import { ourScalars } from './scalars.ts';

/**
 * The executable schema of a subgraph, from its SDL (a file's URL or the text) and its resolvers (as codegen types
 * them). Adds our scalars where the SDL declares them, and enforces `@authenticated` and `@requiresScopes` on fields
 * and types: the context of every operation must have `identity`.
 * @throws when SDL and resolvers do not fit together.
 */
export function buildSchema(options: { readonly typeDefs: URL | string; readonly resolvers: object }): GraphQLSchema {
  const { typeDefs, resolvers } = options;
  const document = parse(typeDefs instanceof URL ? readFileSync(typeDefs, 'utf8') : typeDefs);
  const schema = buildSubgraphSchema({
    typeDefs: document,
    resolvers: { ...scalarsOf(document), ...resolvers } as Resolvers,
  });
  assertResolversFit(schema, resolvers);
  enforceAccess(schema);
  return schema;
}

type Resolvers = NonNullable<Extract<Parameters<typeof buildSubgraphSchema>[0], { typeDefs: unknown }>['resolvers']>;

function scalarsOf(document: DocumentNode): object {
  const declared = new Set(
    document.definitions.flatMap((node) => (node.kind === Kind.SCALAR_TYPE_DEFINITION ? [node.name.value] : [])),
  );
  return Object.fromEntries(ourScalars.filter(({ name }) => declared.has(name)).map((scalar) => [scalar.name, scalar]));
}

/** Without this a resolver with a slip in its name would never run, and nobody would know. */
function assertResolversFit(schema: GraphQLSchema, resolvers: object): void {
  for (const [typeName, fields] of Object.entries(resolvers)) {
    const type = schema.getType(typeName);
    if (!type) throw new TypeError(`there are resolvers for ${typeName}, which the schema does not have`);
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    const unknown = Object.keys(fields).find((name) => !name.startsWith('__') && !(name in type.getFields()));
    if (unknown) throw new TypeError(`there is a resolver for ${typeName}.${unknown}, which the schema does not have`);
  }
}
