import type { RankedMember, Ranks } from './hot-store.ts';
import { createSortedRanks, type Scored, type SortedRanks } from './sorted-ranks.ts';

/** How many ranked members all sets of a memory hot store hold together. */
export const RANKED_MEMBERS_MAX = 2_000_000;

/**
 * Sorted sets in this process. Past `membersMax` members in all, whole sets are forgotten, the one written longest ago
 * first and the one being written never: a set is complete or absent, so its owner knows when to rebuild it.
 */
export function createMemoryRanks(deps: { membersMax: number }): Ranks & { clear(): void } {
  const sets = new Map<string, SortedRanks>();
  let memberCount = 0;

  const forget = (key: string): void => {
    memberCount -= sets.get(key)?.size() ?? 0;
    sets.delete(key);
  };

  return {
    async setScores(key, scores) {
      if (scores.length === 0) return;
      for (const { score } of scores) {
        if (!Number.isSafeInteger(score)) throw new RangeError('a score must be an integer within +-2^53-1');
      }
      const set = sets.get(key) ?? createSortedRanks();
      const sizeBefore = set.size();
      set.put(scores.map(({ member, score }) => ({ member, score: score === 0 ? 0 : score })));
      memberCount += set.size() - sizeBefore;
      sets.delete(key);
      sets.set(key, set);
      for (const oldest of sets.keys()) {
        if (memberCount <= deps.membersMax || oldest === key) break;
        forget(oldest);
      }
    },
    async rangeByRank(key, fromRank, limit) {
      if (!Number.isInteger(fromRank) || fromRank < 1 || !Number.isInteger(limit) || limit < 0) {
        throw new RangeError('ranks count from 1 and a limit from 0');
      }
      const from = fromRank - 1;
      return (sets.get(key)?.slice(from, limit) ?? []).map((scored, i) => ranked(scored, from + i));
    },
    async rankOf(key, members) {
      const set = sets.get(key);
      return members.map((member) => {
        const found = set?.find(member);
        return found ? ranked(found.scored, found.position) : null;
      });
    },
    countMembers: async (key) => sets.get(key)?.size() ?? 0,
    deleteRanks: async (key) => forget(key),
    clear() {
      sets.clear();
      memberCount = 0;
    },
  };
}

function ranked({ member, score }: Scored, position: number): RankedMember {
  return { member, score, rank: position + 1 };
}
