import { parseId } from '@playgraph/kernel/ids';
import type { SocialDeps } from './deps.ts';
import { type Conversation, MEMBERS_MAX } from './domain.ts';
import { socialErrors } from './errors.ts';

/**
 * The conversation that `input.conversationId` names.
 * @throws DomainError NOT_FOUND when there is none, or the player is not a member: the two look alike.
 */
export async function getOwnConversation(
  deps: Pick<SocialDeps, 'store'>,
  userId: string,
  conversationId: string,
): Promise<Conversation> {
  const found = await findOwnConversation(deps, userId, conversationId);
  if (!found) throw socialErrors.noSuchConversation();
  return found;
}

/** The same, or null. */
export async function findOwnConversation(
  deps: Pick<SocialDeps, 'store'>,
  userId: string,
  conversationId: string,
): Promise<Conversation | null> {
  const [found] = await deps.store.findConversations([parseId('conversation', conversationId, 'input.conversationId')]);
  return found?.memberIds.includes(userId) ? found : null;
}

/** The players whom `input.memberIds` names, each once, the caller left out. @throws DomainError BAD_USER_INPUT. */
export function parseOthers(userId: string, memberIds: readonly string[]): string[] {
  if (memberIds.length > MEMBERS_MAX) throw socialErrors.memberCount();
  const ids = new Set(memberIds.map((id, index) => parseId('user', id, `input.memberIds.${index}`)));
  ids.delete(userId);
  if (ids.size === 0 || ids.size >= MEMBERS_MAX) throw socialErrors.memberCount();
  return [...ids];
}

/** Those of `otherIds` who are not friends of the player. */
export async function findStrangers(
  deps: Pick<SocialDeps, 'store'>,
  userId: string,
  otherIds: readonly string[],
): Promise<string[]> {
  const relations = await deps.store.findRelations(userId, otherIds);
  const friends = new Set(relations.flatMap(({ side, otherId }) => (side === 'FRIENDS' ? [otherId] : [])));
  return otherIds.filter((id) => !friends.has(id));
}
