import { type DocumentNode, type GraphQLNamedType, type GraphQLSchema, getNamedType, isInterfaceType } from 'graphql';
import { findField } from './operation-document.ts';
import { findApplied } from './supergraph-directives.ts';

/** What a caller needs. Of `anyOf` one list must be held in full. */
export type Requirement =
  | { readonly kind: 'SIGNED_IN' }
  | { readonly kind: 'SCOPES'; readonly anyOf: readonly (readonly string[])[] }
  | { readonly kind: 'POLICIES'; readonly anyOf: readonly (readonly string[])[] };

/** The access rules of one version of the graph. */
export type AccessRules = {
  /** True for a graph without `@authenticated`, `@requiresScopes` and `@policy`. */
  readonly isEmpty: boolean;
  /**
   * All that must hold to select the field on an object, interface or root type, each once: what stands on the field, on
   * the type that it is selected on, and on the type that it gives. On an interface it is what stands there, and what
   * every type that implements it asks for; a fragment on one of these types asks for the rules of that one.
   */
  requirementsOf(parentType: string, field: string): readonly Requirement[];
};

/** Reads the rules off the supergraph, under whatever names it links the directives. */
export function createAccessRules(apiSchema: GraphQLSchema, supergraph: DocumentNode): AccessRules {
  const stated = readRequirements(supergraph);
  const known = new Map<string, readonly Requirement[]>();
  return {
    isEmpty: stated.size === 0,
    requirementsOf: (parentType, field) => {
      if (stated.size === 0) return NONE;
      const coordinate = `${parentType}.${field}`;
      const kept = known.get(coordinate);
      if (kept) return kept;
      const type = apiSchema.getType(parentType);
      // Only fields of the schema are remembered, so that there is an end to them.
      if (!type || !findField(type, field)) return NONE;
      const found = distinct(gather({ apiSchema, stated }, type, field));
      known.set(coordinate, found);
      return found;
    },
  };
}

/** What makes two requirements the same. */
export function keyOfRequirement(requirement: Requirement): string {
  return requirement.kind === 'SIGNED_IN' ? requirement.kind : requirement.kind + JSON.stringify(requirement.anyOf);
}

const NONE: readonly Requirement[] = [];

type Stated = ReadonlyMap<string, readonly Requirement[]>;
type Source = { readonly apiSchema: GraphQLSchema; readonly stated: Stated };

function gather(source: Source, type: GraphQLNamedType, field: string): Requirement[] {
  const { apiSchema, stated } = source;
  const definition = findField(type, field);
  if (!definition) return [];
  const implementations = isInterfaceType(type) ? apiSchema.getPossibleTypes(type) : [];
  return [
    ...(stated.get(type.name) ?? NONE),
    ...(stated.get(`${type.name}.${field}`) ?? NONE),
    ...(stated.get(getNamedType(definition.type).name) ?? NONE),
    ...implementations.flatMap((implementation) => gather(source, implementation, field)),
  ];
}

function distinct(requirements: readonly Requirement[]): readonly Requirement[] {
  return [...new Map(requirements.map((requirement) => [keyOfRequirement(requirement), requirement])).values()];
}

function readRequirements(supergraph: DocumentNode): Stated {
  const stated = new Map<string, Requirement[]>();
  const note = (coordinate: string, requirement: Requirement) =>
    stated.set(coordinate, [...(stated.get(coordinate) ?? []), requirement]);
  for (const { coordinate } of findApplied(supergraph, 'authenticated', 'authenticated')) {
    note(coordinate, { kind: 'SIGNED_IN' });
  }
  for (const { coordinate, values } of findApplied(supergraph, 'requiresScopes', 'requiresScopes')) {
    note(coordinate, { kind: 'SCOPES', anyOf: toLists(values.scopes) });
  }
  for (const { coordinate, values } of findApplied(supergraph, 'policy', 'policy')) {
    note(coordinate, { kind: 'POLICIES', anyOf: toLists(values.policies) });
  }
  return stated;
}

/** An empty list names nothing that could be held, and lets nobody in. Lists are sorted: their order means nothing. */
function toLists(value: unknown): string[][] {
  const lists = Array.isArray(value)
    ? value.map((list) => (Array.isArray(list) ? list.map(String) : [String(list)]))
    : [];
  return lists.map((list) => list.toSorted()).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
