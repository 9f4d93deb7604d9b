import { createRequire } from 'node:module';

/** One way to get at the objects for which a selection is made; the planner keeps several. */
type Way = object;
/** A field or fragment of the operation, as the planner has it. */
type Element = object;
type Advance = (schema: unknown, way: Way, element: Element, overrides: unknown) => Way[] | undefined;

/** Ways that are weighed against each other, the most direct one first, and what was found of the elements below them. */
type Choice = Map<Element, { readonly below: Choice; hasResults: boolean }>;

const planner = createRequire(createRequire(import.meta.url).resolve('@apollo/query-planner'));
const paths = planner('@apollo/query-graphs/dist/graphPath.js') as { advanceSimultaneousPathsWithOperation: Advance };

/**
 * Plans with an eye on types that not every subgraph knows. A fragment on a member of a union (or interface) is dropped by
 * the planner as soon as any way to the object leads through a subgraph whose union lacks that member, also where the
 * subgraph that will be asked has it: the client would get the object without the fields that it selected. With this a
 * way without results counts only when no more direct one has any. `plan` must be synchronous: only for its time is the
 * planner's step another. Others' planners see nothing of it.
 */
export function withPartialTypes<Result>(plan: () => Result): Result {
  const advance = paths.advanceSimultaneousPathsWithOperation;
  paths.advanceSimultaneousPathsWithOperation = createAdvance(advance);
  try {
    return plan();
  } finally {
    paths.advanceSimultaneousPathsWithOperation = advance;
  }
}

/** The planner's step, from one way for one element; no result at all (undefined) leaves the choice to the other ways. */
function createAdvance(advance: Advance): Advance {
  const choices = new WeakMap<Way, Choice>();
  return (schema, way, element, overrides) => {
    const choice = choices.get(way) ?? new Map();
    choices.set(way, choice);
    const known = choice.get(element) ?? { below: new Map(), hasResults: false };
    choice.set(element, known);
    const found = advance(schema, way, element, overrides);
    if (found?.length === 0 && known.hasResults) return undefined;
    known.hasResults ||= found !== undefined && found.length > 0;
    for (const next of found ?? []) choices.set(next, known.below);
    return found;
  };
}
