import { type PageArgs, toConnection } from '@playgraph/kernel/page';
import { parseTimePage, type TimePage, timeKeyset } from '@playgraph/kernel/time-page';
import type { Relation, Side } from './domain/friendship.ts';
import type { RelatedUser, RelatedUserPage } from './domain.ts';
import type { Loaders } from './loaders.ts';
import { pageInMemory, placeOfRelation } from './page-in-memory.ts';
import type { Store } from './store.ts';

type Viewer = { readonly viewerId: string | null; readonly loaders: Loaders };

/** A player's friends: for the player and for the player's friends; null for anybody else, as if there were none to know. */
export async function listFriends(viewer: Viewer, userId: string, args: PageArgs): Promise<RelatedUserPage | null> {
  const page = parseTimePage(args);
  const { viewerId, loaders } = viewer;
  if (viewerId === null) return null;
  if (viewerId !== userId && (await loaders.relation.load(userId))?.side !== 'FRIENDS') return null;
  return toPage(await loaders.friendPage.load({ userId, page }), page);
}

/** A player's requests or blocks. The caller has checked that it is the player who asks. */
export async function listRelated(
  store: Store,
  list: { readonly userId: string; readonly side: Side },
  args: PageArgs,
): Promise<RelatedUserPage> {
  const page = parseTimePage(args);
  return toPage(await store.findRelationPage(list, page), page);
}

/** The viewer's friends who have a game; null when nobody is signed in. */
export async function listFriendsPlaying(
  viewer: Viewer,
  gameId: string,
  args: Pick<PageArgs, 'first' | 'after'>,
): Promise<RelatedUserPage | null> {
  const page = parseTimePage(args);
  if (viewer.viewerId === null) return null;
  const [friends, ownerIds] = await Promise.all([viewer.loaders.viewerFriends(), viewer.loaders.ownerIds.load(gameId)]);
  const playing = friends.filter((friend) => ownerIds.has(friend.otherId));
  return toPage(pageInMemory(playing, page, placeOfRelation), page);
}

function toPage(rows: readonly Relation[], page: TimePage): RelatedUserPage {
  const users = rows.map((row): RelatedUser => ({ userId: row.otherId, since: row.since }));
  return toConnection(users, page, ({ userId, since }) => timeKeyset({ at: since, id: userId }));
}
