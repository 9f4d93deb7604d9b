/** A member and its score. */
export type Scored = { readonly member: string; readonly score: number };

/** One sorted set: highest score first, equal scores by member ascending (UTF-16 code units). Positions count from 0. */
export type SortedRanks = {
  /** Puts members at their scores; of two entries of one member the last counts. */
  put(scores: readonly Scored[]): void;
  /** The members from position `from` on, at most `limit`. */
  slice(from: number, limit: number): readonly Scored[];
  /** The member with its position; null when it has none. */
  find(member: string): { readonly scored: Scored; readonly position: number } | null;
  size(): number;
};

/** A batch of more than one in this many members is cheaper to sort anew than to insert one by one. */
const RESORT_SHARE = 16;
/** Up to this many are inserted one by one, however small the set is. */
const INSERTS_MAX = 8;

/** A sorted array with binary search: O(log n) to find, one memory move to insert, O(n log n) for a large batch. */
export function createSortedRanks(): SortedRanks {
  const byMember = new Map<string, Scored>();
  let sorted: Scored[] = [];

  const insertOne = (scored: Scored): void => {
    const old = byMember.get(scored.member);
    if (old?.score === scored.score) return;
    if (old) sorted.splice(positionOf(sorted, old), 1);
    sorted.splice(positionOf(sorted, scored), 0, scored);
    byMember.set(scored.member, scored);
  };

  return {
    put(scores) {
      if (scores.length <= Math.max(INSERTS_MAX, byMember.size / RESORT_SHARE)) return scores.forEach(insertOne);
      for (const scored of scores) byMember.set(scored.member, scored);
      sorted = [...byMember.values()].sort(compareScored);
    },
    slice: (from, limit) => sorted.slice(from, from + limit),
    find(member) {
      const scored = byMember.get(member);
      return scored ? { scored, position: positionOf(sorted, scored) } : null;
    },
    size: () => sorted.length,
  };
}

function compareScored(left: Scored, right: Scored): number {
  if (left.score !== right.score) return right.score - left.score;
  return left.member < right.member ? -1 : left.member > right.member ? 1 : 0;
}

/** Where `scored` is, or belongs. */
function positionOf(sorted: readonly Scored[], scored: Scored): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const candidate = sorted[middle];
    if (candidate && compareScored(candidate, scored) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
