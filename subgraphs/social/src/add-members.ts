import type { SocialDeps } from './deps.ts';
import { type Conversation, MEMBERS_MAX } from './domain.ts';
import { type ConversationFull, type NotAGroup, type NotFriends, refusals, socialErrors } from './errors.ts';
import { publishMembers, recordMembers } from './members-change.ts';
import { findStrangers, getOwnConversation, parseOthers } from './own-conversation.ts';
import { findMemberIds, insertMembers, lockMembers, raiseMembersVersion } from './store/conversations.ts';
import type { Tx } from './store.ts';

export type AddMembersInput = { readonly conversationId: string; readonly memberIds: readonly string[] };
export type AddMembersSuccess = { readonly __typename: 'AddMembersSuccess'; readonly conversation: Conversation };

type Joining = { readonly id: string; readonly userId: string; readonly otherIds: readonly string[] };

/** Takes friends of a member into a group. Who is in it already needs not be a friend, and stays as they are. */
export async function addMembers(
  deps: SocialDeps,
  userId: string,
  input: AddMembersInput,
): Promise<AddMembersSuccess | NotFriends | NotAGroup | ConversationFull> {
  const otherIds = parseOthers(userId, input.memberIds);
  const conversation = await getOwnConversation(deps, userId, input.conversationId);
  if (conversation.kind === 'DIRECT') return refusals.notAGroup();
  const newIds = otherIds.filter((id) => !conversation.memberIds.includes(id));
  const strangers = await findStrangers(deps, userId, newIds);
  if (strangers.length > 0) return refusals.notFriends(strangers);

  const { id } = conversation;
  const joined = await deps.store.transact(id, (tx) => join(deps, tx, { id, userId, otherIds: newIds }));
  if ('__typename' in joined) return joined;
  if (joined.membership) await publishMembers(deps, joined.membership);
  const current = await getOwnConversation(deps, userId, id);
  return { __typename: 'AddMembersSuccess', conversation: current };
}

async function join(deps: SocialDeps, tx: Tx, { id, userId, otherIds }: Joining) {
  const locked = await lockMembers(tx, id);
  const memberIds = await findMemberIds(tx, id);
  if (!locked || !memberIds.includes(userId)) throw socialErrors.noSuchConversation();
  const joinedIds = otherIds.filter((otherId) => !memberIds.includes(otherId));
  if (memberIds.length + joinedIds.length > MEMBERS_MAX) return refusals.conversationFull();
  if (joinedIds.length === 0) return { membership: null };
  const at = deps.clock.now();
  await raiseMembersVersion(tx, id);
  await insertMembers(tx, { id }, { userIds: joinedIds, at });
  const { lastSeq } = locked;
  const change = { conversationId: id, membersVersion: locked.membersVersion + 1, joinedIds, leftIds: [], lastSeq, at };
  return { membership: await recordMembers(deps, tx, change) };
}
