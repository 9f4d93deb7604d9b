import type { HotStore, RankedMember } from '@playgraph/cache/hot-store';
import { groupBy } from '@playgraph/kernel/collections';
import { compareStandings, type Entry, type ScoreRow, SEQ_BEFORE_ALL, type Standing } from './domain.ts';
import { leaderboardErrors } from './errors.ts';

/** How many scores one read takes over into the hot store. */
const CATCH_UP_ROWS = 2000;
/** Ends a catch-up that keeps being outrun; CATCH_UP_ROWS times this is far above any board. */
const CATCH_UP_ROUNDS_MAX = 10_000;
/** After this a board is read from the database anew, whatever may have gone wrong with its copy. */
const RANKS_TTL_MS = 6 * 60 * 60 * 1000;
/** Halvings that find a place among 2^32 players. */
const PROBES_MAX = 32;

export type Ranks = {
  /** Makes the boards' rankings readable: those that the hot store does not have come from the database, together. */
  ensure(leaderboardIds: readonly string[]): Promise<void>;
  /** Takes over what was committed since the last time. Call it after every commit. */
  refresh(leaderboardIds: readonly string[]): Promise<void>;
  /** Entries from a rank (1 is the best) on. The board is ensured. */
  range(leaderboardId: string, fromRank: number, limit: number): Promise<Entry[]>;
  /** The places of players in their order; null for who has no score. The board is ensured. */
  places(leaderboardId: string, playerIds: readonly string[]): Promise<(Entry | null)[]>;
  /** The rank that a standing has or would take. The board is ensured. */
  rankFor(leaderboardId: string, standing: Standing): Promise<number>;
  count(leaderboardId: string): Promise<number>;
};

type Deps = {
  readonly hot: HotStore;
  /** Of each board its next scores past a sequence number, ascending within the board; at most `limit` a shard. */
  readonly findScoresAfter: (applied: ReadonlyMap<string, number>, limit: number) => Promise<ScoreRow[]>;
};

/** How far a board's copy is: the last sequence number in it, and how many players it had then (players never leave). */
type Mark = { readonly seq: number; readonly count: number };
const NOT_COPIED: Mark = { seq: SEQ_BEFORE_ALL, count: 0 };

/**
 * Rankings in the hot store as copies of the database. Each board has a mark; a copy without one, or smaller than its
 * mark says, was lost or evicted, and taking over "everything after the beginning" is its rebuild.
 *
 * The race that matters: a slow writer puts an old score over a newer one. So whoever wrote reads once more and stops
 * only when nothing newer is there: the last writer of any score has seen the last commit. No lock is needed, within
 * a process or between several.
 */
export function createRanks(deps: Deps): Ranks {
  const { hot } = deps;
  const rebuilding = new Map<string, Promise<void>>();
  return {
    async ensure(leaderboardIds) {
      const marks = await readMarks(hot, leaderboardIds);
      const missing = leaderboardIds.filter((id) => marks.get(id) === NOT_COPIED);
      const fresh = missing.filter((id) => !rebuilding.has(id));
      const joined = missing.flatMap((id) => rebuilding.get(id) ?? []);
      if (fresh.length > 0) joined.push(rebuild(fresh));
      await Promise.all(joined);
    },
    refresh: (leaderboardIds) => catchUp(deps, leaderboardIds),
    async range(leaderboardId, fromRank, limit) {
      const members = await hot.rangeByRank(ranksKey(leaderboardId), fromRank, limit);
      return members.map((member) => toEntry(leaderboardId, member));
    },
    async places(leaderboardId, playerIds) {
      const members = await hot.rankOf(ranksKey(leaderboardId), playerIds);
      return members.map((member) => member && toEntry(leaderboardId, member));
    },
    rankFor: (leaderboardId, standing) => findRank(hot, ranksKey(leaderboardId), standing),
    count: (leaderboardId) => hot.countMembers(ranksKey(leaderboardId)),
  };

  /** One rebuild a board at a time in this process; several processes at once do the same work, and no harm. */
  function rebuild(leaderboardIds: readonly string[]): Promise<void> {
    const work = catchUp(deps, leaderboardIds).finally(() => {
      for (const id of leaderboardIds) rebuilding.delete(id);
    });
    for (const id of leaderboardIds) rebuilding.set(id, work);
    return work;
  }
}

async function catchUp(deps: Deps, leaderboardIds: readonly string[]): Promise<void> {
  const copies = await readMarks(deps.hot, leaderboardIds);
  const isWhole = await takeOver(deps, copies);
  if (!isWhole) for (const id of leaderboardIds) await takeOverAlone(deps, copies, id);
  const entries = [...copies].map(([id, mark]) => [markKey(id), `${mark.seq} ${mark.count}`] as const);
  await deps.hot.mset(entries, RANKS_TTL_MS);
}

/** The marks that hold; NOT_COPIED for a copy that is missing or has shrunk. */
async function readMarks(hot: HotStore, leaderboardIds: readonly string[]): Promise<Map<string, Mark>> {
  const [texts, counts] = await Promise.all([
    hot.mget(leaderboardIds.map(markKey)),
    Promise.all(leaderboardIds.map((id) => hot.countMembers(ranksKey(id)))),
  ]);
  const marks = texts.map((text, i) => {
    const [seq, count] = (text ?? '').split(' ').map(Number);
    const isHeld = seq !== undefined && count !== undefined && (counts[i] ?? 0) >= count;
    return isHeld ? { seq, count } : NOT_COPIED;
  });
  return new Map(leaderboardIds.map((id, i) => [id, marks[i] ?? NOT_COPIED]));
}

/** Boards together, one read a shard and round. False when they are too large for that. */
async function takeOver(deps: Deps, copies: Map<string, Mark>): Promise<boolean> {
  for (let round = 0; round < CATCH_UP_ROUNDS_MAX; round++) {
    const applied = new Map([...copies].map(([id, mark]) => [id, mark.seq]));
    const rows = await deps.findScoresAfter(applied, CATCH_UP_ROWS);
    if (rows.length === 0) return true;
    await putScores(deps.hot, rows, copies);
    // Read together, large boards would be sorted anew each round; one board alone is read along its index.
    if (rows.length >= CATCH_UP_ROWS && copies.size > 1) return false;
  }
  throw leaderboardErrors.boardBusy();
}

async function takeOverAlone(deps: Deps, copies: Map<string, Mark>, leaderboardId: string): Promise<void> {
  const one = new Map([[leaderboardId, copies.get(leaderboardId) ?? NOT_COPIED]]);
  await takeOver(deps, one);
  for (const [id, mark] of one) copies.set(id, mark);
}

async function putScores(hot: HotStore, rows: readonly ScoreRow[], copies: Map<string, Mark>): Promise<void> {
  const boards = groupBy(rows, (row) => row.leaderboardId);
  const put = async ([id, ofBoard]: [string, ScoreRow[]]): Promise<void> => {
    const scores = ofBoard.map((row) => ({ member: row.playerId, score: row.score }));
    await hot.setScores(ranksKey(id), scores);
    const before = copies.get(id) ?? NOT_COPIED;
    const count = await hot.countMembers(ranksKey(id));
    // The larger count stays: a copy that was evicted while it was written does not hold what its mark says.
    copies.set(id, { seq: ofBoard.at(-1)?.seq ?? before.seq, count: Math.max(before.count, count) });
  };
  await Promise.all([...boards].map(put));
}

/** By halving: the hot store reads by rank, and ranks are ordered by standing. */
async function findRank(hot: HotStore, key: string, standing: Standing): Promise<number> {
  let low = 1;
  let high = (await hot.countMembers(key)) + 1;
  for (let probe = 0; probe < PROBES_MAX && low < high; probe++) {
    const middle = Math.floor((low + high) / 2);
    const [member] = await hot.rangeByRank(key, middle, 1);
    const isBefore = member && compareStandings({ score: member.score, playerId: member.member }, standing) < 0;
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  return low;
}

function toEntry(leaderboardId: string, member: RankedMember): Entry {
  return { leaderboardId, playerId: member.member, rank: member.rank, score: member.score };
}

function ranksKey(leaderboardId: string): string {
  return `leaderboard:ranks:${leaderboardId}`;
}

function markKey(leaderboardId: string): string {
  return `leaderboard:ranks-applied:${leaderboardId}`;
}
