import { type Connection, type PageArgs, toConnection } from '@playgraph/kernel/page';
import { parseTimePage, timeKeyset } from '@playgraph/kernel/time-page';
import type { PlaySession } from './domain.ts';
import type { Store } from './store.ts';

/** A player's sessions, the latest first. @throws DomainError BAD_USER_INPUT for a bad page. */
export async function listPlaySessions(
  userId: string,
  args: PageArgs,
  { store }: { readonly store: Pick<Store, 'listPlaySessions'> },
): Promise<Connection<PlaySession>> {
  const page = parseTimePage(args);
  const sessions = await store.listPlaySessions(userId, page);
  return toConnection(sessions, page, ({ startedAt: at, id }) => timeKeyset({ at, id }));
}
