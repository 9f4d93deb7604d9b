import type { GraphQLFormattedError, SelectionSetNode } from 'graphql';

/** An error as a subgraph stated it, and where it belongs. */
export type SubgraphProblem = {
  readonly subgraph: string;
  readonly error: GraphQLFormattedError;
  /** Plan keys and list indexes from the root; undefined when the whole fetch failed. */
  readonly path: readonly (string | number)[] | undefined;
  /** The root fields that were asked for together, as plan keys. */
  readonly rootKeys: readonly string[];
  /** All that was asked for together; null where that is told otherwise. */
  readonly selectionSet: SelectionSetNode | null;
};

/** The path of an error; undefined where a subgraph says something there that is none. */
export function pathOf({ path }: GraphQLFormattedError): SubgraphProblem['path'] {
  return Array.isArray(path) ? path : undefined;
}
