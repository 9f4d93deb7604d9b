import { MultiMap } from '@apollo/federation-internals';

/** The planner's view of one fetch while it weighs plans; only how it walks and merges them is of interest here. */
type Group = {
  addParent(parent: { readonly group: Group }): void;
  children(): readonly Group[];
  isDescendantOf(other: Group): boolean;
  mergeInWithAllDependencies(other: Group): void;
};

/** How often the planner may go from a fetch to those that follow it, in one operation; large ones need some 100,000. */
const STEPS_MAX = 5_000_000;

/** The planner goes in circles, or has far more to weigh than any operation is worth. */
export class EndlessPlanError extends Error {
  constructor() {
    super('The planner found fetches that wait for each other.');
  }
}

/**
 * Plans without going in circles. Of fetches that ask the same subgraph in the same way the planner makes one, also where
 * one waits for the other by way of a third: then it follows the circle for ever while a list grows, which ends the
 * process. Such fetches stay two here, one that is made of two of which one followed the other does not follow itself, and
 * should there be a circle all the same, it is left. `plan` must be synchronous:
 * only for its time is the planner another. Its fetches are met where it sorts them by subgraph, since their class is its
 * own. @throws EndlessPlanError
 */
export function withBoundedPlanning<Result>(plan: () => Result): Result {
  const { add } = MultiMap.prototype;
  let restore: (() => void) | undefined;
  MultiMap.prototype.add = function addGroup(key: unknown, value: unknown) {
    if (!restore && isGroup(value)) restore = bound(Object.getPrototypeOf(value) as Group);
    return add.call(this, key, value);
  };
  try {
    return plan();
  } finally {
    MultiMap.prototype.add = add;
    restore?.();
  }
}

/** Gives what undoes it. */
function bound(groups: Group): () => void {
  const { addParent, children, mergeInWithAllDependencies } = groups;
  let steps = 0;
  groups.children = function countedChildren() {
    steps++;
    if (steps > STEPS_MAX) throw new EndlessPlanError();
    return children.call(this);
  };
  groups.mergeInWithAllDependencies = function mergeUnlessWaiting(other) {
    if (!this.isDescendantOf(other)) mergeInWithAllDependencies.call(this, other);
  };
  groups.addParent = function addOther(parent) {
    if (parent.group !== this) addParent.call(this, parent);
  };
  return () => Object.assign(groups, { addParent, children, mergeInWithAllDependencies });
}

function isGroup(value: unknown): value is Group {
  return typeof value === 'object' && value !== null && 'mergeInWithAllDependencies' in value && 'children' in value;
}
