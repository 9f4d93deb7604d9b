import { type DocumentNode, Kind, type TypeNode } from 'graphql';
import { graphNamesOf, hasFields, parseFieldSet, stringArgument } from './requirements/field-set.ts';

/** What the planner knows of a supergraph and executing needs too. Names of subgraphs are those of fetches. */
export type SupergraphFacts = {
  /** The fields at the top of each key by which a subgraph resolves entities of a type. */
  keysOf(subgraph: string, typename: string): readonly (readonly string[])[];
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
    exactFields: fieldsOfCustomScalars(supergraph),
  };
}

function fieldsOfCustomScalars({ definitions }: DocumentNode): ReadonlySet<string> {
  const scalars = new Set(
    definitions.flatMap((type) => (type.kind === Kind.SCALAR_TYPE_DEFINITION ? [type.name.value] : [])),
  );
  const fields = definitions.flatMap((type) => (hasFields(type) ? (type.fields ?? []) : []));
  return new Set(fields.flatMap(({ name, type }) => (scalars.has(namedTypeOf(type)) ? [name.value] : [])));
}

function namedTypeOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedTypeOf(type.type);
}

/** `id org { id }` -> `id`, `org`. */
function topNames(fieldSet: string): string[] {
  const { selections } = parseFieldSet(fieldSet);
  return selections.flatMap((selection) => (selection.kind === Kind.FIELD ? [selection.name.value] : []));
}
