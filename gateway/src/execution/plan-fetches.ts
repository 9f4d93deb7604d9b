import type { FetchNode, PlanNode, SubscriptionNode } from '@apollo/query-planner';

/** Every fetch of a plan, those under conditions and in deferred parts among them. */
export function fetchesOf(node: PlanNode | SubscriptionNode | undefined): readonly FetchNode[] {
  if (!node) return [];
  switch (node.kind) {
    case 'Fetch':
      return [node];
    case 'Flatten':
      return fetchesOf(node.node);
    case 'Condition':
      return [...fetchesOf(node.ifClause), ...fetchesOf(node.elseClause)];
    case 'Defer':
      return [...fetchesOf(node.primary.node), ...node.deferred.flatMap((part) => fetchesOf(part.node))];
    case 'Subscription':
      return [node.primary, ...fetchesOf(node.rest)];
    default:
      return node.nodes.flatMap(fetchesOf);
  }
}
