import type { DocumentNode } from 'graphql';
import { type DirectiveValues, findApplied } from './supergraph-directives.ts';

/** `@listSize` of a field, as it stands in the supergraph. */
export type ListSize = {
  /** Null when the directive names none. */
  readonly assumedSize: number | null;
  /** The arguments that say how many items are asked for. */
  readonly slicingArguments: ReadonlySet<string>;
  /** The fields of the returned object whose lists have that size; empty when the field itself is the list. */
  readonly sizedFields: ReadonlySet<string>;
  readonly requiresOneSlicingArgument: boolean;
};

/** What a supergraph says of the cost of its parts. */
export type CostDirectives = {
  /** `@cost(weight:)` by schema coordinate: of a type, a field, an argument or an input field. */
  readonly weights: ReadonlyMap<string, number>;
  /** `@listSize` by the coordinate of its field. */
  readonly listSizes: ReadonlyMap<string, ListSize>;
};

const SPEC = 'cost';

/** Reads `@cost` and `@listSize`, under whatever names the supergraph links them. */
export function readCostDirectives(supergraph: DocumentNode): CostDirectives {
  const weights = findApplied(supergraph, SPEC, 'cost').map(
    ({ coordinate, values }) => [coordinate, Number(values.weight)] as const,
  );
  const listSizes = findApplied(supergraph, SPEC, 'listSize').map(
    ({ coordinate, values }) => [coordinate, toListSize(values)] as const,
  );
  return { weights: new Map(weights.filter(([, weight]) => Number.isFinite(weight))), listSizes: new Map(listSizes) };
}

function toListSize(values: DirectiveValues): ListSize {
  // Without slicing arguments there is none to require.
  const slicingArguments = namesIn(values.slicingArguments);
  return {
    assumedSize: typeof values.assumedSize === 'number' ? values.assumedSize : null,
    slicingArguments,
    sizedFields: namesIn(values.sizedFields),
    requiresOneSlicingArgument: slicingArguments.size > 0 && values.requireOneSlicingArgument !== false,
  };
}

function namesIn(list: unknown): ReadonlySet<string> {
  return new Set(Array.isArray(list) ? list.filter((name) => typeof name === 'string') : []);
}
