import { randomUUID } from 'node:crypto';
import type { Player } from './accounts.ts';
import { holds, type Reporter } from './reporter.ts';
import type { Live } from './store-client.ts';

const RECEIVED =
  'subscription R($after: String) { messageReceived(after: $after) { sequence message { body author { displayName } } conversation { id } } }';
type ReceivedData = {
  messageReceived: {
    sequence: number;
    message: { body: string; author: { displayName: string } };
    conversation: { id: string };
  };
};
type Pair = { readonly one: Player; readonly other: Player };

/** One asks, the other accepts. */
export async function becomeFriends(reporter: Reporter, { one, other }: Pair): Promise<void> {
  await reporter.step(`${one.displayName} asks ${other.displayName} to be friends, who accepts`, async () => {
    const ask =
      'mutation F($id: ID!) { requestFriendship(input: { userId: $id }) { __typename ... on FriendshipSuccess { friendship } ... on Refusal { code } } }';
    const accept =
      'mutation F($id: ID!) { acceptFriendship(input: { userId: $id }) { __typename ... on FriendshipSuccess { friendship } ... on Refusal { code } } }';
    await one.client.ask(ask, { id: other.id });
    // The request reaches the other's side by an event: try until it is there.
    const accepted = await until(async () => {
      const { acceptFriendship } = await other.client.ask<{ acceptFriendship: { friendship?: string } }>(accept, {
        id: one.id,
      });
      return acceptFriendship.friendship === 'FRIENDS' ? acceptFriendship : null;
    });
    holds(accepted !== null, 'FRIENDS', accepted);
    return [undefined, 'FRIENDS'];
  });
}

/** Messages arrive live on both sides, in order. */
export async function chat(reporter: Reporter, { one, other }: Pair): Promise<void> {
  await reporter.step(`${one.displayName} and ${other.displayName} chat`, async () => {
    const [atOne, atOther] = [await listen(one), await listen(other)];
    const create =
      'mutation C($id: ID!) { createConversation(input: { memberIds: [$id] }) { __typename ... on CreateConversationSuccess { conversation { id } } ... on Refusal { code } } }';
    const conversation = await until(async () => {
      const { createConversation } = await one.client.ask<{ createConversation: { conversation?: { id: string } } }>(
        create,
        { id: other.id },
      );
      return createConversation.conversation ?? null;
    });
    const conversationId = conversation?.id ?? '';
    await say(one, conversationId, 'Want to race?');
    await hear(reporter, other, await atOther.next());
    await say(other, conversationId, 'Always. Same track?');
    const heard = [await atOne.next(), await atOne.next()];
    for (const event of heard) await hear(reporter, one, event);
    await Promise.all([atOne.close(), atOther.close()]);
    const bodies = heard.map(({ messageReceived }) => messageReceived.message.body);
    holds(bodies.join('|') === 'Want to race?|Always. Same track?', 'both messages in order', bodies);
    return [undefined, `${bodies.length} messages, both heard by both`];
  });
}

/** Everything that is said to a player from this moment on: where the messages stand is read first, so none is missed. */
async function listen({ client }: Player): Promise<Live<ReceivedData>> {
  const { me } = await client.ask<{ me: { messageCursor: string } }>('{ me { messageCursor } }');
  return client.follow<ReceivedData>(RECEIVED, { after: me.messageCursor });
}

async function say({ client }: Player, conversationId: string, body: string): Promise<void> {
  const send =
    'mutation S($input: SendMessageInput!) { sendMessage(input: $input) { __typename ... on Refusal { code } } }';
  const input = { conversationId, body, idempotencyKey: randomUUID() };
  const { sendMessage } = await client.ask<{ sendMessage: { __typename: string } }>(send, { input });
  holds(sendMessage.__typename === 'SendMessageSuccess', 'SendMessageSuccess', sendMessage);
}

async function hear(reporter: Reporter, listener: Player, { messageReceived }: ReceivedData): Promise<void> {
  const { message, sequence } = messageReceived;
  reporter.live(`to ${listener.displayName} #${sequence}: ${message.author.displayName} says "${message.body}"`);
}

const ATTEMPTS_MAX = 50;
const ATTEMPT_PAUSE_MS = 100;

/** Tries until `attempt` gives something, a bounded number of times; null when it never did. */
async function until<Value>(attempt: () => Promise<Value | null>): Promise<Value | null> {
  for (let i = 0; i < ATTEMPTS_MAX; i++) {
    const value = await attempt();
    if (value !== null) return value;
    await new Promise((resolve) => setTimeout(resolve, ATTEMPT_PAUSE_MS));
  }
  return null;
}
