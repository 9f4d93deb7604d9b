import type { SocialDeps } from './deps.ts';
import type { Conversation } from './domain.ts';
import { type ConversationNotFound, refusals, socialErrors } from './errors.ts';
import { findOwnConversation } from './own-conversation.ts';
import { markRead as writeMark } from './store/conversations.ts';

export type MarkReadInput = { readonly conversationId: string; readonly sequence?: number | null | undefined };
export type MarkReadSuccess = { readonly __typename: 'MarkReadSuccess'; readonly conversation: Conversation };

/** Notes how far a member has read. */
export async function markRead(
  deps: SocialDeps,
  userId: string,
  input: MarkReadInput,
): Promise<MarkReadSuccess | ConversationNotFound> {
  const conversation = await findOwnConversation(deps, userId, input.conversationId);
  if (!conversation) return refusals.conversationNotFound();
  const seq = input.sequence ?? conversation.lastSeq;
  if (seq < 0 || seq > conversation.lastSeq) throw socialErrors.sequence();
  await deps.store.transact(userId, (tx) => writeMark(tx, { userId, conversationId: conversation.id, seq }));
  return { __typename: 'MarkReadSuccess', conversation };
}
