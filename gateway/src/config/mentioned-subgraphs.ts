import type { NameOf } from './describe-issues.ts';
import { didYouMean, findNearMiss } from './near-miss.ts';
import type { Settings } from './schema.ts';
import { SUBGRAPH_URL_PREFIX, subgraphInVariable } from './variable-names.ts';

/** A subgraph that a setting speaks of. */
export type MentionedSubgraph = {
  /** Its name; in a variable, its name in capitals. */
  readonly name: string;
  /** Where it stands: `--subgraph orders`, `SUBGRAPH_URL_ORDERS`, `subgraphs.orders`. */
  readonly writtenAs: string;
  readonly isVariable: boolean;
};

/** Every subgraph that has settings of its own. `urls` is what variables say, by names in capitals. */
export function listMentioned(
  { subgraphs }: Settings,
  { urls, nameOf }: { readonly urls: ReadonlyMap<string, string>; readonly nameOf: NameOf },
): readonly MentionedSubgraph[] {
  const named = Object.keys(subgraphs).filter((name) => name !== 'all');
  return [
    ...named.map((name) => ({ name, writtenAs: nameOf(['subgraphs', name]), isVariable: false })),
    ...[...urls.keys()].map((name) => ({ name, writtenAs: `${SUBGRAPH_URL_PREFIX}${name}`, isVariable: true })),
  ];
}

/** One sentence for each mention of a subgraph that the supergraph has not: the setting has no effect. */
export function describeUnknownSubgraphs(
  mentioned: readonly MentionedSubgraph[],
  subgraphs: Iterable<string>,
): readonly string[] {
  const names = [...subgraphs];
  const inVariables = new Map(names.map((name) => [subgraphInVariable(name), name]));
  return mentioned.flatMap(({ name, writtenAs, isVariable }) => {
    if (isVariable ? inVariables.has(name) : names.includes(name)) return [];
    if (!isVariable) return [`${writtenAs}: the supergraph has no subgraph ${name}${didYouMean(name, names)}`];
    const near = findNearMiss(name, inVariables.keys());
    const hint = near === null ? '' : `; did you mean ${SUBGRAPH_URL_PREFIX}${near}?`;
    return [`${writtenAs}: the supergraph has no subgraph of this name${hint}`];
  });
}
