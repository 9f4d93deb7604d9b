import { requireIdentity } from '@playgraph/auth/identity';
import { isId, parseId } from '@playgraph/kernel/ids';
import { addMembers } from './add-members.ts';
import {
  acceptFriendship,
  blockUser,
  declineFriendship,
  removeFriend,
  requestFriendship,
  unblockUser,
} from './change-friendship.ts';
import { type Context, forgetLoaded } from './context.ts';
import { createConversation } from './create-conversation.ts';
import type { SocialDeps } from './deps.ts';
import type { Side } from './domain/friendship.ts';
import { type Conversation, unreadOf } from './domain.ts';
import { followMessages, type MessageEvent, readMessageCursor } from './follow-messages.ts';
import type { Resolvers } from './generated/resolvers.ts';
import { leaveConversation } from './leave-conversation.ts';
import { listConversations, listMessages } from './list-conversations.ts';
import { listFriends, listFriendsPlaying, listRelated } from './list-related.ts';
import { markRead } from './mark-read.ts';
import { sendMessage } from './send-message.ts';

const STRANGER: Side = 'NONE';

export const resolvers: Resolvers = {
  Query: {
    conversation: (_root, { id }, { loaders }) => loaders.conversation.load(parseId('conversation', id, 'id')),
  },
  Mutation: {
    requestFriendship: change((deps, actorId, { userId }) => requestFriendship(deps, { actorId, userId })),
    acceptFriendship: change((deps, actorId, { userId }) => acceptFriendship(deps, { actorId, userId })),
    declineFriendship: change((deps, actorId, { userId }) => declineFriendship(deps, { actorId, userId })),
    removeFriend: change((deps, actorId, { userId }) => removeFriend(deps, { actorId, userId })),
    blockUser: change((deps, actorId, { userId }) => blockUser(deps, { actorId, userId })),
    unblockUser: change((deps, actorId, { userId }) => unblockUser(deps, { actorId, userId })),
    createConversation: change(createConversation),
    addMembers: change(addMembers),
    leaveConversation: change((deps, userId, { conversationId }) => leaveConversation(deps, userId, conversationId)),
    sendMessage: change(sendMessage),
    markRead: change(markRead),
  },
  Subscription: {
    messageReceived: {
      subscribe: async (_root, args, { deps, identity, signal }) => {
        const { userId } = requireIdentity(identity);
        return followMessages(deps, { ...args, userId, signal });
      },
      // One context serves the whole subscription: each event reads afresh.
      resolve: (event: MessageEvent, _args: object, context: Context) => {
        forgetLoaded(context);
        context.loaders.conversation.prime(event.conversation.id, event.conversation);
        return event;
      },
    },
  },
  User: {
    __resolveReference: ({ id }) => (isId('user', id) ? { id } : null),
    friends: ({ id }, args, context) => listFriends(context, id, args),
    friendship: async ({ id }, _args, { viewerId, loaders }) =>
      viewerId === null || viewerId === id ? null : ((await loaders.relation.load(id))?.side ?? STRANGER),
    incomingFriendRequests: ({ id }, args, context) => listOwn(context, { userId: id, side: 'REQUEST_RECEIVED' }, args),
    outgoingFriendRequests: ({ id }, args, context) => listOwn(context, { userId: id, side: 'REQUEST_SENT' }, args),
    blockedUsers: ({ id }, args, context) => listOwn(context, { userId: id, side: 'BLOCKED' }, args),
    conversations: ({ id }, args, { viewerId, loaders, deps }) =>
      viewerId === id ? listConversations({ store: deps.store, loaders }, id, args) : null,
    messageCursor: ({ id }, _args, { viewerId, deps }) => (viewerId === id ? readMessageCursor(deps, id) : null),
  },
  Game: {
    __resolveReference: ({ id }) => (isId('game', id) ? { id } : null),
    friendsPlaying: ({ id }, args, context) => listFriendsPlaying(context, id, args),
  },
  RelatedUserConnection: {
    nodes: ({ nodes }) => nodes.map(({ userId }) => ({ id: userId })),
  },
  RelatedUserEdge: {
    node: ({ node }) => ({ id: node.userId }),
    since: ({ node }) => node.since,
  },
  Conversation: {
    __resolveReference: ({ id }, { loaders }) => (isId('conversation', id) ? loaders.conversation.load(id) : null),
    members: ({ memberIds }) => memberIds.map((id) => ({ id })),
    lastMessage: async ({ id, lastSeq }, _args, { loaders }) => {
      const [message] = await loaders.messages.load({
        conversationId: id,
        fromSeq: Math.max(lastSeq, 1),
        toSeq: lastSeq,
      });
      return message ?? null;
    },
    messages: (conversation, args, { loaders }) => listMessages(loaders, conversation, args),
    unreadCount: async ({ id }, _args, { loaders }) => {
      const entry = await loaders.entry.load(id);
      return entry ? unreadOf(entry) : 0;
    },
  },
  Message: {
    conversation: ({ conversationId }, _args, { loaders }) =>
      getConversation(loaders.conversation.load(conversationId)),
    author: ({ senderId }) => ({ id: senderId }),
    sequence: ({ seq }) => seq,
  },
  Refusal: { __resolveType: ({ __typename }) => __typename },
};

/** A mutation of the signed-in player; what was read before it counts no more. */
function change<Input, Result>(run: (deps: SocialDeps, userId: string, input: Input) => Promise<Result>) {
  return async (_root: unknown, { input }: { readonly input: Input }, context: Context): Promise<Result> => {
    const { userId } = requireIdentity(context.identity);
    try {
      return await run(context.deps, userId, input);
    } finally {
      forgetLoaded(context);
    }
  };
}

function listOwn(
  { viewerId, deps }: Context,
  list: { readonly userId: string; readonly side: Side },
  args: Parameters<typeof listRelated>[2],
) {
  return viewerId === list.userId ? listRelated(deps.store, list, args) : null;
}

/** Whoever holds a message could read its conversation a moment ago. */
async function getConversation(found: Promise<Conversation | null>): Promise<Conversation> {
  const conversation = await found;
  if (!conversation) throw new Error('a message names a conversation that the viewer cannot read');
  return conversation;
}
