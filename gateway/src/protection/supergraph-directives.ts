import { type ConstDirectiveNode, type DefinitionNode, type DocumentNode, Kind, valueFromASTUntyped } from 'graphql';

/** The values of one application of a directive, by argument. */
export type DirectiveValues = Readonly<Record<string, unknown>>;

/** Where a directive stands, as a schema coordinate (`User`, `User.name`, `Query.users(first:)`), and its values. */
export type AppliedDirective = { readonly coordinate: string; readonly values: DirectiveValues };

/**
 * Every application of `directive` of the specification `spec` in a supergraph, under whatever name the supergraph has
 * linked it (`as`, `import`). One that is defined without a link is taken at its own name: to protect is the safe side.
 */
export function findApplied(supergraph: DocumentNode, spec: string, directive: string): readonly AppliedDirective[] {
  const names = namesOf(supergraph, spec, directive);
  const applied: AppliedDirective[] = [];
  for (const { coordinate, directives } of supergraph.definitions.flatMap(annotatedIn)) {
    for (const node of directives) {
      if (names.has(node.name.value)) applied.push({ coordinate, values: valuesOf(node) });
    }
  }
  return applied;
}

/** A specification that the federation's own one may stand for, as subgraphs have it. */
const FEDERATION = 'federation';
const SPEC_URL = /\/([^/]+)\/v\d+\.\d+\/?$/;

function namesOf(supergraph: DocumentNode, spec: string, directive: string): ReadonlySet<string> {
  const names = supergraph.definitions
    .flatMap((definition) => (isSchema(definition) ? (definition.directives ?? []) : []))
    .flatMap((node) => linkedNames(valuesOf(node), spec, directive));
  return new Set(names.length > 0 ? names : [directive]);
}

/** The name that one `@link` gives: an import's alias, or the specification's namespace before it. */
function linkedNames(link: DirectiveValues, spec: string, directive: string): string[] {
  // `@core(feature:)` is what `@link(url:)` was called at first.
  const { url = link.feature, as, import: imports } = link;
  const linked = typeof url === 'string' ? SPEC_URL.exec(url.trim())?.[1] : undefined;
  if (linked !== spec && linked !== FEDERATION) return [];
  const imported = (Array.isArray(imports) ? imports : []).flatMap((entry) => importedName(entry, directive));
  if (imported.length > 0) return imported;
  const namespace = typeof as === 'string' ? as : linked;
  // A specification's main directive has the name of the namespace itself.
  return [linked === directive ? namespace : `${namespace}__${directive}`];
}

function importedName(entry: unknown, directive: string): string[] {
  if (entry === `@${directive}`) return [directive];
  if (typeof entry !== 'object' || entry === null || !('name' in entry) || entry.name !== `@${directive}`) return [];
  return 'as' in entry && typeof entry.as === 'string' ? [entry.as.replace(/^@/, '')] : [directive];
}

type Annotated = { readonly coordinate: string; readonly directives: readonly ConstDirectiveNode[] };

/** The definition itself, its fields and their arguments, as far as they carry directives. */
function annotatedIn(definition: DefinitionNode): Annotated[] {
  if (!isType(definition)) return [];
  const type = definition.name.value;
  const all: Annotated[] = [{ coordinate: type, directives: definition.directives ?? [] }];
  for (const field of 'fields' in definition ? (definition.fields ?? []) : []) {
    const coordinate = `${type}.${field.name.value}`;
    all.push({ coordinate, directives: field.directives ?? [] });
    for (const argument of 'arguments' in field ? (field.arguments ?? []) : []) {
      all.push({ coordinate: `${coordinate}(${argument.name.value}:)`, directives: argument.directives ?? [] });
    }
  }
  return all.filter(({ directives }) => directives.length > 0);
}

function valuesOf(directive: ConstDirectiveNode): DirectiveValues {
  return Object.fromEntries(
    (directive.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]),
  );
}

function isSchema(definition: DefinitionNode) {
  return definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION;
}

const TYPE_KINDS = [
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.OBJECT_TYPE_EXTENSION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_EXTENSION,
  Kind.UNION_TYPE_DEFINITION,
  Kind.UNION_TYPE_EXTENSION,
  Kind.SCALAR_TYPE_DEFINITION,
  Kind.SCALAR_TYPE_EXTENSION,
  Kind.ENUM_TYPE_DEFINITION,
  Kind.ENUM_TYPE_EXTENSION,
  Kind.INPUT_OBJECT_TYPE_DEFINITION,
  Kind.INPUT_OBJECT_TYPE_EXTENSION,
] as const;
type TypeNode = Extract<DefinitionNode, { readonly kind: (typeof TYPE_KINDS)[number] }>;

function isType(definition: DefinitionNode): definition is TypeNode {
  return TYPE_KINDS.some((kind) => kind === definition.kind);
}
