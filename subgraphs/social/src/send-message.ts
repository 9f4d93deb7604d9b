import type { DomainEvent } from '@playgraph/events/event-log';
import { claimIdempotencyKey } from '@playgraph/events/idempotency';
import { isStorableText } from '@playgraph/kernel/text';
import type { SocialDeps } from './deps.ts';
import { BODY_CHARS_MAX, type Conversation, type Message } from './domain.ts';
import { type NotFriends, refusals, socialErrors } from './errors.ts';
import { findStrangers, getOwnConversation } from './own-conversation.ts';
import { findMemberIds, insertMessage } from './store/conversations.ts';
import type { Tx } from './store.ts';

export const MESSAGE_SENT = 'social.message_sent';

/** The data of `social.message_sent`: all that the members' inboxes need. */
export type MessageSent = {
  readonly conversationId: string;
  readonly messageId: string;
  readonly senderId: string;
  readonly memberIds: readonly string[];
  readonly seq: number;
  readonly sentAt: string;
};

export type SendMessageInput = {
  readonly conversationId: string;
  readonly body: string;
  readonly idempotencyKey: string;
};
export type SendMessageSuccess = { readonly __typename: 'SendMessageSuccess'; readonly sentMessage: Message };

type Draft = {
  readonly conversationId: string;
  readonly senderId: string;
  readonly body: string;
  readonly key: string;
  /** Who must be a friend for this message and is not. */
  readonly strangers: readonly string[];
};
type Sent =
  | { readonly replay: number }
  | { readonly refusal: NotFriends }
  | { readonly message: Message; readonly event: DomainEvent };

/** Writes a message; its way to the members is `social.message_sent`'s business. */
export async function sendMessage(
  deps: SocialDeps,
  senderId: string,
  input: SendMessageInput,
): Promise<SendMessageSuccess | NotFriends> {
  const body = input.body.trim();
  if (body.length === 0 || body.length > BODY_CHARS_MAX) throw socialErrors.body();
  if (!isStorableText(body)) throw socialErrors.unstorable('input.body');
  const conversation = await getOwnConversation(deps, senderId, input.conversationId);
  await takeToken(deps, senderId);
  const strangers =
    conversation.kind === 'DIRECT' ? await findStrangers(deps, senderId, others(conversation, senderId)) : [];
  const conversationId = conversation.id;
  const draft = { conversationId, senderId, body, key: input.idempotencyKey, strangers };
  const sent = await deps.store.transact(conversationId, (tx) => write(deps, tx, draft));
  if ('refusal' in sent) return sent.refusal;
  if ('replay' in sent) return succeeded(await getMessage(deps, conversationId, sent.replay));
  deps.events.committed([sent.event]);
  return succeeded(sent.message);
}

async function takeToken({ hot, settings }: SocialDeps, senderId: string): Promise<void> {
  const taken = await hot.takeTokens({
    key: `social:send-message:${senderId}`,
    capacity: settings.messageBurst,
    refillPerSecond: settings.messagesPerSecond,
    cost: 1,
  });
  if (!taken.isAllowed) throw socialErrors.tooManyMessages(taken.retryAfterMs);
}

async function write(deps: SocialDeps, tx: Tx, draft: Draft): Promise<Sent> {
  const { conversationId, senderId, body, key, strangers } = draft;
  const claim = await claimIdempotencyKey(
    tx,
    { owner: senderId, operation: 'sendMessage', key, input: { conversationId, body } },
    deps.clock,
  );
  if (claim.replay !== null) return { replay: Number(claim.replay) };
  if (strangers.length > 0) return { refusal: refusals.notFriends(strangers) };
  const id = deps.ids.make('message');
  const message = await insertMessage(tx, { id, conversationId, senderId, body, sentAt: deps.clock.now() });
  // Read after the insert has locked the conversation: who joins or leaves at this moment does so before or after.
  const memberIds = await findMemberIds(tx, conversationId);
  if (!memberIds.includes(senderId)) throw socialErrors.noSuchConversation();
  await claim.save(String(message.seq));
  const { seq } = message;
  const data: MessageSent = {
    conversationId,
    messageId: id,
    senderId,
    memberIds,
    seq,
    sentAt: message.sentAt.toISOString(),
  };
  const event = await deps.events.append(tx, { stream: conversationId, type: MESSAGE_SENT, data });
  return { message, event };
}

async function getMessage({ store }: SocialDeps, conversationId: string, seq: number): Promise<Message> {
  const [message] = await store.findMessages([{ conversationId, fromSeq: seq, toSeq: seq }]);
  if (!message) throw new Error(`message ${seq} of ${conversationId} is named by its key but missing`);
  return message;
}

function others({ memberIds }: Conversation, userId: string): string[] {
  return memberIds.filter((id) => id !== userId);
}

function succeeded(message: Message): SendMessageSuccess {
  return { __typename: 'SendMessageSuccess', sentMessage: message };
}
