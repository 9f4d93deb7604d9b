import { type Connection, type PageArgs, parsePage, toConnection } from '@playgraph/kernel/page';
import type { PlaySession } from './domain.ts';
import type { Store } from './store.ts';
import { parseTimeKeyset } from './time-keyset.ts';

/** A player's sessions, the latest first. @throws DomainError BAD_USER_INPUT for a bad page. */
export async function listPlaySessions(
  userId: string,
  args: PageArgs,
  { store }: { readonly store: Pick<Store, 'listPlaySessions'> },
): Promise<Connection<PlaySession>> {
  const page = parseTimeKeyset(parsePage(args, ['number', 'string']));
  const sessions = await store.listPlaySessions(userId, page);
  return toConnection(sessions, page, (session) => [session.startedAt.getTime(), session.id]);
}
