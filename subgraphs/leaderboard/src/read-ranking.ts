import {
  type Connection,
  type Keyset,
  type PageArgs,
  type PageRequest,
  parsePage,
  toConnection,
} from '@playgraph/kernel/page';
import { AROUND_RADIUS_MAX, compareStandings, type Entry, FRIEND_ENTRIES_MAX } from './domain.ts';
import { leaderboardErrors } from './errors.ts';
import type { Loaders } from './loaders.ts';
import type { Ranks } from './ranks.ts';

type Deps = { readonly ranks: Ranks; readonly loaders: Loaders };

/** A page of a board's ranking. A cursor is a standing (score, player), so it holds its place while others come and go. */
export async function readTop(deps: Deps, leaderboardId: string, args: PageArgs): Promise<Connection<Entry>> {
  const page = parsePage(args, ['number', 'string']);
  await deps.loaders.ready.load(leaderboardId);
  const rows = page.direction === 'forward' ? readDown(deps, leaderboardId, page) : readUp(deps, leaderboardId, page);
  return toConnection(await rows, page, (entry) => [entry.score, entry.playerId]);
}

/** The entries around a player, best first; none when the player has no score. */
export async function readAround(
  deps: Deps,
  leaderboardId: string,
  around: { userId: string; radius: number },
): Promise<Entry[]> {
  const { userId, radius } = around;
  if (radius < 0 || radius > AROUND_RADIUS_MAX) throw leaderboardErrors.radiusOutOfRange();
  const middle = await deps.loaders.place.load({ leaderboardId, playerId: userId });
  if (!middle) return [];
  const from = Math.max(1, middle.rank - radius);
  return deps.ranks.range(leaderboardId, from, middle.rank - from + 1 + radius);
}

/** The places of a player's friends on a board, best first. */
export async function readFriends(
  deps: Deps,
  leaderboardId: string,
  viewer: { userId: string; first: number },
): Promise<Entry[]> {
  if (viewer.first < 0 || viewer.first > FRIEND_ENTRIES_MAX) throw leaderboardErrors.friendsOutOfRange();
  const [friendIds] = await Promise.all([
    deps.loaders.friendIds.load(viewer.userId),
    deps.loaders.ready.load(leaderboardId),
  ]);
  const places = await deps.ranks.places(leaderboardId, friendIds);
  const entries = places.filter((entry) => entry !== null);
  return entries.sort((left, right) => left.rank - right.rank).slice(0, viewer.first);
}

async function readDown({ ranks }: Deps, leaderboardId: string, page: PageRequest): Promise<Entry[]> {
  const standing = toStanding(page.keyset);
  if (!standing) return ranks.range(leaderboardId, 1, page.limit + 1);
  const rank = await ranks.rankFor(leaderboardId, standing);
  // The player whom the cursor names still stands at `rank`, or has moved away and someone behind stands there now.
  const rows = await ranks.range(leaderboardId, rank, page.limit + 2);
  return rows.filter((entry) => compareStandings(standing, entry) < 0).slice(0, page.limit + 1);
}

async function readUp({ ranks }: Deps, leaderboardId: string, page: PageRequest): Promise<Entry[]> {
  const standing = toStanding(page.keyset);
  const end = standing ? await ranks.rankFor(leaderboardId, standing) : (await ranks.count(leaderboardId)) + 1;
  const from = Math.max(1, end - page.limit - 1);
  if (end <= from) return [];
  const rows = await ranks.range(leaderboardId, from, end - from);
  return rows.reverse();
}

function toStanding(keyset: Keyset | null): { score: number; playerId: string } | null {
  return keyset && { score: Number(keyset[0]), playerId: String(keyset[1]) };
}
