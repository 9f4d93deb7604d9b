import { type Connection, type PageArgs, toConnection } from '@playgraph/kernel/page';
import { parseTimePage, timeKeyset } from '@playgraph/kernel/time-page';
import type { Entitlement } from './domain.ts';
import type { Store } from './store.ts';

/** A page of a player's library; `countAll` says how many games the player owns. */
export type LibraryPage = Connection<Entitlement> & { readonly countAll: () => Promise<number> };

/** What a player owns, the latest first. @throws DomainError BAD_USER_INPUT for a bad page. */
export async function listLibrary(
  userId: string,
  args: PageArgs,
  { store }: { readonly store: Pick<Store, 'listEntitlements' | 'countEntitlements'> },
): Promise<LibraryPage> {
  const page = parseTimePage(args);
  const entries = await store.listEntitlements(userId, page);
  const connection = toConnection(entries, page, ({ grantedAt: at, id }) => timeKeyset({ at, id }));
  return { ...connection, countAll: () => store.countEntitlements(userId) };
}
