import type { SocialDeps } from './deps.ts';
import { type NotAGroup, refusals, socialErrors } from './errors.ts';
import { type Membership, publishMembers, recordMembers } from './members-change.ts';
import { getOwnConversation } from './own-conversation.ts';
import { deleteMember, lockMembers, raiseMembersVersion } from './store/conversations.ts';
import type { Tx } from './store.ts';

export type LeaveConversationSuccess = {
  readonly __typename: 'LeaveConversationSuccess';
  readonly conversationId: string;
};

/** Takes a member out of a group. An empty group stays in the store, where nobody can read it. */
export async function leaveConversation(
  deps: SocialDeps,
  userId: string,
  conversationId: string,
): Promise<LeaveConversationSuccess | NotAGroup> {
  const conversation = await getOwnConversation(deps, userId, conversationId);
  if (conversation.kind === 'DIRECT') return refusals.notAGroup();
  const membership = await deps.store.transact(conversationId, (tx) => leave(deps, tx, { conversationId, userId }));
  await publishMembers(deps, membership);
  return { __typename: 'LeaveConversationSuccess', conversationId };
}

async function leave(
  deps: SocialDeps,
  tx: Tx,
  { conversationId, userId }: { readonly conversationId: string; readonly userId: string },
): Promise<Membership> {
  const locked = await lockMembers(tx, conversationId);
  if (!locked || !(await deleteMember(tx, conversationId, userId))) throw socialErrors.noSuchConversation();
  await raiseMembersVersion(tx, conversationId);
  return recordMembers(deps, tx, {
    conversationId,
    membersVersion: locked.membersVersion + 1,
    joinedIds: [],
    leftIds: [userId],
    lastSeq: locked.lastSeq,
    at: deps.clock.now(),
  });
}
