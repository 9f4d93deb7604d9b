import { encodeStreamCursor, parseStreamCursor } from '@playgraph/events/stream-cursor';
import { parseId } from '@playgraph/kernel/ids';
import { z } from 'zod';
import type { SocialDeps } from './deps.ts';
import type { Conversation, Message } from './domain.ts';
import { socialErrors } from './errors.ts';

export const MESSAGE_RECEIVED = 'social.message_received';

/** The data of `social.message_received`, on the stream of the player whom the message reached. */
export type MessageReceived = z.output<typeof messageReceived>;
const messageReceived = z.object({ conversationId: z.string(), messageId: z.string(), seq: z.int() });

export type MessageEvent = {
  readonly cursor: string;
  readonly sequence: number;
  readonly occurredAt: Date;
  readonly message: Message;
  readonly conversation: Conversation;
};

export type FollowMessages = {
  readonly userId: string;
  readonly conversationId?: string | null | undefined;
  readonly after?: string | null | undefined;
  readonly signal: AbortSignal;
};

/** The stream of everything that reached a player. Lies in the player's bucket. */
export function inboxOf(userId: string): string {
  return `inbox:${userId}`;
}

/** The cursor of the newest message that reached a player: what comes after it is still to come. */
export async function readMessageCursor({ store }: SocialDeps, userId: string): Promise<string> {
  const inbox = inboxOf(userId);
  return encodeStreamCursor(inbox, await store.findStreamHead(inbox));
}

/**
 * Every message that reaches a player, from `after` on, in order, none twice and none missing. What was said in a
 * conversation that the player has left is passed over.
 * @throws DomainError BAD_USER_INPUT or NOT_FOUND before the first event.
 */
export async function followMessages(deps: SocialDeps, request: FollowMessages): Promise<AsyncGenerator<MessageEvent>> {
  const { userId, signal } = request;
  const conversationId =
    request.conversationId == null ? null : parseId('conversation', request.conversationId, 'conversationId');
  const stream = inboxOf(userId);
  const afterSeq = parseStreamCursor(stream, request.after);
  if (conversationId !== null && !(await findReadable(deps, userId, conversationId)))
    throw socialErrors.noSuchConversation();
  const events = deps.events.follow({ stream, afterSeq, db: deps.store.dbOf(userId), signal });
  return readEvents();

  async function* readEvents(): AsyncGenerator<MessageEvent> {
    for await (const event of events) {
      const received = messageReceived.parse(event.data);
      if (conversationId !== null && received.conversationId !== conversationId) continue;
      const [conversation, message] = await Promise.all([
        findReadable(deps, userId, received.conversationId),
        findMessage(deps, received),
      ]);
      if (!conversation || !message) continue;
      yield {
        cursor: encodeStreamCursor(stream, event.seq),
        sequence: event.seq,
        occurredAt: message.sentAt,
        message,
        conversation,
      };
    }
  }
}

async function findReadable(deps: SocialDeps, userId: string, id: string): Promise<Conversation | null> {
  const [found] = await deps.store.findConversations([id]);
  return found?.memberIds.includes(userId) ? found : null;
}

async function findMessage(deps: SocialDeps, { conversationId, seq }: MessageReceived): Promise<Message | null> {
  const [found] = await deps.store.findMessages([{ conversationId, fromSeq: seq, toSeq: seq }]);
  return found ?? null;
}
