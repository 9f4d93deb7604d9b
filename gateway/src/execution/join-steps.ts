import type { FetchNode, PlanNode } from '@apollo/query-planner';

/** How long a load waits at most for others that could travel with it. */
export const JOIN_WAIT_MS_MAX = 10;

/**
 * Holds loads back while something is on its way whose answer leads to another load for the same subgraph, so that both
 * become one request. It costs a fast branch of the plan up to JOIN_WAIT_MS_MAX a step and saves requests: each time where
 * nothing is foreseen; where the requests of this run are those that the next ones send ahead, only this once.
 */
export type StepJoining = {
  /** A request leaves that leads to loads for `next`. */
  begin(next: ReadonlySet<string>): void;
  /** Its answer has arrived. */
  end(next: ReadonlySet<string>): void;
  /** Whether a load for `subgraph` should wait. */
  holds(subgraph: string): boolean;
  /** Calls `flush` when everything that this turn leads to is known. */
  schedule(flush: () => void): void;
};

export function createStepJoining(): StepJoining {
  const expected = new Map<string, number>();
  let isScheduled = false;
  let isOverdue = false;
  let isHolding = false;
  let waiting: NodeJS.Timeout | undefined;
  let lastFlush: (() => void) | null = null;
  const change = (next: ReadonlySet<string>, by: number): void => {
    for (const subgraph of next) expected.set(subgraph, (expected.get(subgraph) ?? 0) + by);
  };
  const run = (): void => {
    isScheduled = false;
    isHolding = false;
    lastFlush?.();
    isOverdue = false;
    // While a load is held its time runs on, whatever else arrives.
    if (isHolding) return;
    clearTimeout(waiting);
    waiting = undefined;
  };
  const schedule: StepJoining['schedule'] = (flush) => {
    lastFlush = flush;
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(run);
  };
  return {
    begin: (next) => change(next, 1),
    end(next) {
      change(next, -1);
      if (lastFlush) schedule(lastFlush);
    },
    holds(subgraph) {
      if (isOverdue || (expected.get(subgraph) ?? 0) === 0) return false;
      isHolding = true;
      waiting ??= setTimeout(() => {
        waiting = undefined;
        isOverdue = true;
        if (lastFlush) schedule(lastFlush);
      }, JOIN_WAIT_MS_MAX);
      return true;
    },
    schedule,
  };
}

/** For each fetch of a plan the subgraphs that are asked as soon as its answer is there. */
export function findNextSubgraphs(plan: PlanNode | undefined): ReadonlyMap<FetchNode, ReadonlySet<string>> {
  const found = new Map<FetchNode, ReadonlySet<string>>();
  const visit = (node: PlanNode | undefined, after: ReadonlySet<string>): void => {
    if (!node) return;
    switch (node.kind) {
      case 'Sequence':
        node.nodes.forEach((step, i) => {
          visit(step, i + 1 < node.nodes.length ? firstSubgraphs(node.nodes[i + 1]) : after);
        });
        return;
      case 'Parallel':
        for (const step of node.nodes) visit(step, after);
        return;
      case 'Flatten':
        visit(node.node, after);
        return;
      case 'Condition':
        visit(node.ifClause, after);
        visit(node.elseClause, after);
        return;
      case 'Defer':
        visit(node.primary.node, after);
        for (const deferred of node.deferred) visit(deferred.node, NONE);
        return;
      case 'Fetch':
        found.set(node, after);
    }
  };
  visit(plan, NONE);
  return found;
}

const NONE: ReadonlySet<string> = new Set();

function firstSubgraphs(node: PlanNode | undefined): ReadonlySet<string> {
  switch (node?.kind) {
    case 'Sequence':
      return firstSubgraphs(node.nodes[0]);
    case 'Parallel':
      return new Set(node.nodes.flatMap((step) => [...firstSubgraphs(step)]));
    case 'Flatten':
      return firstSubgraphs(node.node);
    case 'Condition':
      return new Set([...firstSubgraphs(node.ifClause), ...firstSubgraphs(node.elseClause)]);
    case 'Defer':
      return firstSubgraphs(node.primary.node);
    case 'Fetch':
      return new Set([node.serviceName]);
    default:
      return NONE;
  }
}
