import type { SubgraphCall } from './calls/subgraph-call.ts';

/** What one operation asked of a subgraph. */
export type SubgraphUsage = { calls: number; storeQueries: number };

/** Counts the calls of one operation, and the store queries that subgraphs say they made for it. */
export function meterCalls(call: SubgraphCall): {
  readonly call: SubgraphCall;
  /** For `extensions`: usage by subgraph. */
  readonly usage: () => { readonly usage: Readonly<Record<string, SubgraphUsage>> };
} {
  const bySubgraph = new Map<string, SubgraphUsage>();
  return {
    async call(subgraph, request, purpose) {
      const answer = await call(subgraph, request, purpose);
      const known = bySubgraph.get(subgraph) ?? { calls: 0, storeQueries: 0 };
      known.calls += 1;
      known.storeQueries += Number(answer.read().extensions?.storeQueries ?? 0);
      bySubgraph.set(subgraph, known);
      return answer;
    },
    usage: () => ({ usage: Object.fromEntries(bySubgraph) }),
  };
}
