import {
  type ConstArgumentNode,
  type ConstDirectiveNode,
  Kind,
  parse,
  type SchemaDefinitionNode,
  type SchemaExtensionNode,
} from 'graphql';

/**
 * Features that the loader does not know and that this gateway takes care of: access rules are enforced by
 * `protection/`, contexts by the executor. Any other SECURITY feature stays and is refused: serving a graph without a
 * protection that its makers count on would be worse than not serving it.
 */
const ENFORCED: ReadonlySet<string> = new Set([
  'https://specs.apollo.dev/authenticated/v0.1',
  'https://specs.apollo.dev/requiresScopes/v0.1',
  'https://specs.apollo.dev/policy/v0.1',
  'https://specs.apollo.dev/context/v0.1',
]);
const PURPOSE = /\bfor\s*:\s*SECURITY\b/;

/**
 * The supergraph without `for: SECURITY` on the links to features that we enforce, so that ApolloGateway and the planner
 * load it; otherwise the very same text. @throws GraphQLError when it is not SDL.
 */
export function withoutSecurityPurpose(supergraphSdl: string): string {
  if (!PURPOSE.test(supergraphSdl)) return supergraphSdl;
  const schemas = parse(supergraphSdl).definitions.filter(
    (node): node is SchemaDefinitionNode | SchemaExtensionNode =>
      node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION,
  );
  const purposes = schemas.flatMap(({ directives = [] }) => directives.filter(isEnforced).flatMap(purposeOf));
  // From the end on, so that places further up stay where they are. A comma that is left over is white space to SDL.
  return purposes
    .sort((left, right) => (right.loc?.start ?? 0) - (left.loc?.start ?? 0))
    .reduce((sdl, { loc }) => (loc ? sdl.slice(0, loc.start) + sdl.slice(loc.end) : sdl), supergraphSdl);
}

function isEnforced({ arguments: given = [] }: ConstDirectiveNode): boolean {
  return given.some(
    ({ name, value }) =>
      // `@core(feature:)` is what `@link(url:)` was called at first.
      (name.value === 'url' || name.value === 'feature') &&
      value.kind === Kind.STRING &&
      ENFORCED.has(value.value.trim().replace(/\/$/, '')),
  );
}

function purposeOf({ arguments: given = [] }: ConstDirectiveNode): readonly ConstArgumentNode[] {
  return given.filter(
    ({ name, value }) => name.value === 'for' && value.kind === Kind.ENUM && value.value === 'SECURITY',
  );
}
