import { type GraphQLSchema, isObjectType } from 'graphql';
import type { SupergraphFacts } from './supergraph-facts.ts';

type Keys = readonly (readonly string[])[];

/**
 * The keys by which a subgraph resolves entities of a type; those of its interfaces where the subgraph does not know the
 * type but may know one of these as an object. Each type is looked up once.
 */
export function keysIn(
  subgraph: string,
  { supergraphSchema, facts }: { readonly supergraphSchema: GraphQLSchema; readonly facts: SupergraphFacts },
): (typename: string) => Keys {
  const found = new Map<string, Keys>();
  return (typename) => {
    const known = found.get(typename);
    if (known) return known;
    const own = facts.keysOf(subgraph, typename);
    const type = supergraphSchema.getType(typename);
    const interfaces = isObjectType(type) ? type.getInterfaces() : [];
    const keys = own.length > 0 ? own : interfaces.flatMap(({ name }) => facts.keysOf(subgraph, name));
    // Names come from answers of subgraphs: only those of the schema are kept.
    if (type) found.set(typename, keys);
    return keys;
  };
}
