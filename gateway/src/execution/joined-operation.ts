import { type FetchOperation, joinEntityOperations } from './fetch-operation.ts';
import type { EntityFetch } from './run.ts';

/** Joined operations that are kept for each first fetch: a plan has few combinations in practice. */
const JOINED_MAX = 32;

const joinedOf = new WeakMap<EntityFetch, Map<string, FetchOperation>>();

/** Several entity fetches to one subgraph as one operation, made once for each combination. */
export function joinedOperation(fetches: readonly EntityFetch[]): FetchOperation {
  const [first] = fetches;
  if (!first) throw new TypeError('nothing to join');
  const known = joinedOf.get(first) ?? new Map<string, FetchOperation>();
  joinedOf.set(first, known);
  const key = fetches.map(({ index }) => index).join();
  const joined = known.get(key) ?? joinEntityOperations(fetches.map(toPart));
  if (known.size < JOINED_MAX) known.set(key, joined);
  return joined;
}

function toPart({ operation, selection }: EntityFetch) {
  if (!selection) throw new TypeError('a fetch of root fields does not join others');
  return { operation, selection };
}
