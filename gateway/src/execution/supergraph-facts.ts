import { type ConstDirectiveNode, type DocumentNode, Kind } from 'graphql';

/** What the planner knows of a supergraph and executing needs too. Names of subgraphs are those of fetches. */
export type SupergraphFacts = {
  /** The fields at the top of each key by which a subgraph resolves entities of a type. */
  keysOf(subgraph: string, typename: string): readonly (readonly string[])[];
};

export function readSupergraphFacts(supergraph: DocumentNode): SupergraphFacts {
  const names = readSubgraphNames(supergraph);
  const keys = new Map<string, string[][]>();
  for (const type of supergraph.definitions) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const join of joinsOf(type.directives, 'join__type')) {
      const key = argument(join, 'key');
      const at = `${names.get(argument(join, 'graph') ?? '')}.${type.name.value}`;
      if (key !== undefined) keys.set(at, [...(keys.get(at) ?? []), topNames(key)]);
    }
  }
  return {
    keysOf: (subgraph, typename) => keys.get(`${subgraph}.${typename}`) ?? [],
  };
}

/** The value of `join__Graph` -> the subgraph's name. */
function readSubgraphNames({ definitions }: DocumentNode): Map<string, string> {
  const graphs = definitions.find(
    (node) => node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === 'join__Graph',
  );
  const values = graphs?.kind === Kind.ENUM_TYPE_DEFINITION ? (graphs.values ?? []) : [];
  return new Map(
    values.flatMap(({ name, directives }) =>
      joinsOf(directives, 'join__graph').map((join) => [name.value, argument(join, 'name') ?? ''] as const),
    ),
  );
}

/** `id org { id }` -> `id`, `org`. */
function topNames(fieldSet: string): string[] {
  let flat = fieldSet;
  for (let before = ''; before !== flat; ) {
    before = flat;
    flat = flat.replace(/\{[^{}]*\}/g, ' ');
  }
  return flat.match(/[_A-Za-z]\w*/g) ?? [];
}

function joinsOf(directives: readonly ConstDirectiveNode[] | undefined, name: string): ConstDirectiveNode[] {
  return (directives ?? []).filter((directive) => directive.name.value === name);
}

/** An argument's value as text. */
function argument(directive: ConstDirectiveNode, name: string): string | undefined {
  const value = directive.arguments?.find((given) => given.name.value === name)?.value;
  return value?.kind === Kind.STRING || value?.kind === Kind.ENUM ? value.value : undefined;
}
