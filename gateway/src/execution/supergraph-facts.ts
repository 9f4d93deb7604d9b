import { type DocumentNode, Kind, type SelectionSetNode } from 'graphql';
import {
  graphNamesOf,
  hasFields,
  joinFieldsOf,
  namedTypeOf,
  parseFieldSet,
  stringArgument,
} from './requirements/field-set.ts';

/** What the planner knows of a supergraph and executing needs too. Names of subgraphs are those of fetches. */
export type SupergraphFacts = {
  /** The fields at the top of each key by which a subgraph resolves entities of a type. */
  keysOf(subgraph: string, typename: string): readonly (readonly string[])[];
  /** The fields at the top of what fields of that name `@require` in a subgraph, on whatever types. */
  requiredBy(subgraph: string, field: string): ReadonlySet<string>;
  /** The names of all fields that give custom scalars, on whatever types. */
  readonly exactFields: ReadonlySet<string>;
};

export function readSupergraphFacts(supergraph: DocumentNode): SupergraphFacts {
  const names = new Map(graphNamesOf(supergraph).map(({ graph, subgraph }) => [graph, subgraph]));
  const keys = new Map<string, string[][]>();
  for (const type of supergraph.definitions) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const join of type.directives ?? []) {
      if (join.name.value !== 'join__type') continue;
      const key = stringArgument(join, 'key');
      const at = `${names.get(stringArgument(join, 'graph') ?? '')}.${type.name.value}`;
      if (key !== undefined) keys.set(at, [...(keys.get(at) ?? []), topNames(key)]);
    }
  }
  return {
    keysOf: (subgraph, typename) => keys.get(`${subgraph}.${typename}`) ?? [],
    requiredBy: readRequirements(supergraph, names),
    exactFields: fieldsOfCustomScalars(supergraph),
  };
}

const NOTHING: ReadonlySet<string> = new Set();

function readRequirements(
  { definitions }: DocumentNode,
  names: ReadonlyMap<string, string>,
): SupergraphFacts['requiredBy'] {
  const required = new Map<string, Set<string>>();
  for (const field of definitions.filter(hasFields).flatMap(({ fields }) => fields ?? [])) {
    for (const join of joinFieldsOf(field)) {
      const requires = stringArgument(join, 'requires');
      if (requires === undefined) continue;
      const at = `${names.get(stringArgument(join, 'graph') ?? '')}.${field.name.value}`;
      required.set(at, new Set([...(required.get(at) ?? []), ...topNames(requires)]));
    }
  }
  return (subgraph, field) => required.get(`${subgraph}.${field}`) ?? NOTHING;
}

function fieldsOfCustomScalars({ definitions }: DocumentNode): ReadonlySet<string> {
  const scalars = new Set(
    definitions.flatMap((type) => (type.kind === Kind.SCALAR_TYPE_DEFINITION ? [type.name.value] : [])),
  );
  const fields = definitions.flatMap((type) => (hasFields(type) ? (type.fields ?? []) : []));
  return new Set(fields.flatMap(({ name, type }) => (scalars.has(namedTypeOf(type)) ? [name.value] : [])));
}

/** `id org { id }` -> `id`, `org`. */
function topNames(fieldSet: string): string[] {
  return topNamesOf(parseFieldSet(fieldSet));
}

function topNamesOf({ selections }: SelectionSetNode): string[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection.name.value];
    return selection.kind === Kind.INLINE_FRAGMENT ? topNamesOf(selection.selectionSet) : [];
  });
}
