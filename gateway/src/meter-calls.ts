import type { ForeseenCall, SubgraphCall } from './calls/subgraph-call.ts';

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
    async call(subgraph, ...request) {
      const answer = await call(subgraph, ...request);
      const known = bySubgraph.get(subgraph) ?? { calls: 0, storeQueries: 0 };
      known.calls += 1;
      known.storeQueries += Number(answer.read().extensions?.storeQueries ?? 0);
      bySubgraph.set(subgraph, known);
      return answer;
    },
    usage: () => ({ usage: Object.fromEntries(bySubgraph) }),
  };
}

/** What a plan took: the fetches that it has, and the requests that this answer needed, whoever sent them. */
export type PlanCounts = { readonly fetches: number; readonly calls: number };

/** Counts the requests that one execution needs. It changes nothing of what is sent, foreseen or shared. */
export function countCalls(
  { call, foreseen }: { readonly call: SubgraphCall; readonly foreseen: readonly ForeseenCall[] },
  fetches: number,
): {
  readonly call: SubgraphCall;
  readonly foreseen: readonly ForeseenCall[];
  /** For `extensions`: the counts so far. */
  readonly plan: () => { readonly plan: PlanCounts };
} {
  let calls = 0;
  return {
    call(...request) {
      calls += 1;
      return call(...request);
    },
    foreseen: foreseen.map((one) =>
      countClaim(one, () => {
        calls += 1;
      }),
    ),
    plan: () => ({ plan: { fetches, calls } }),
  };
}

/** The same request; it counts when it is claimed first. */
function countClaim(foreseen: ForeseenCall, count: () => void): ForeseenCall {
  let isClaimed = false;
  return {
    purpose: foreseen.purpose,
    claim() {
      if (!isClaimed) count();
      isClaimed = true;
      return foreseen.claim();
    },
  };
}
