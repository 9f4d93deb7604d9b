import type { DomainEvent } from '@playgraph/events/event-log';
import type { SocialDeps } from './deps.ts';
import { type MembersChange, writeEntries } from './store/conversations.ts';
import type { Tx } from './store.ts';

export const MEMBERS_CHANGED = 'social.members_changed';

/** The data of `social.members_changed`. */
export type MembersChanged = Omit<MembersChange, 'at'> & { readonly at: string };

/** A change of members that its transaction has written, and the event that tells of it. */
export type Membership = { readonly change: MembersChange; readonly event: DomainEvent };

/** Writes the event of a change in the transaction of the change. */
export async function recordMembers(deps: SocialDeps, tx: Tx, change: MembersChange): Promise<Membership> {
  const data: MembersChanged = { ...change, at: change.at.toISOString() };
  const event = await deps.events.append(tx, { stream: change.conversationId, type: MEMBERS_CHANGED, data });
  return { change, event };
}

/** After the commit: the members' own lists follow at once, or by the event when this process dies in between. */
export async function publishMembers(deps: SocialDeps, { change, event }: Membership): Promise<void> {
  try {
    await deps.store.transactByShard([...change.joinedIds, ...change.leftIds], async (tx, ids) => {
      await writeEntries(tx, ids, change);
      return [];
    });
  } catch (error) {
    deps.logger.warn(
      { err: error, conversationId: change.conversationId },
      'lists could not be written; the event will',
    );
  }
  deps.events.committed([event]);
}
