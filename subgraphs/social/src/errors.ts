import { badUserInput, DomainError, notFound, type Refused } from '@playgraph/kernel/errors';
import { BODY_CHARS_MAX, FRIENDS_MAX, MEMBERS_MAX, TITLE_CHARS_MAX } from './domain.ts';

const MS_PER_SECOND = 1000;

/** What the caller got wrong, or what is not there for the caller: `extensions.code`. */
export const socialErrors = {
  yourself: () => badUserInput('This needs another player than yourself.', 'input.userId'),
  memberCount: () => badUserInput(`Name 1 to ${MEMBERS_MAX - 1} other players.`, 'input.memberIds'),
  title: () => badUserInput(`A title has 1 to ${TITLE_CHARS_MAX} characters.`, 'input.title'),
  body: () => badUserInput(`A message has 1 to ${BODY_CHARS_MAX} characters.`, 'input.body'),
  unstorable: (field: string) => badUserInput('Text without zero characters and halves of characters.', field),
  sequence: () => badUserInput('There is no such message in this conversation.', 'input.sequence'),
  notACursor: (field: string) => badUserInput('Not a cursor of this list.', field),
  noSuchUser: () => notFound('player'),
  noSuchConversation: () => notFound('conversation'),
  tooManyMessages: (retryAfterMs: number) =>
    new DomainError('RATE_LIMITED', 'You are writing too fast. Wait a moment.', {
      retryAfterSeconds: Math.max(Math.ceil(retryAfterMs / MS_PER_SECOND), 1),
    }),
};

export type AlreadyFriends = Refused<'AlreadyFriends', 'ALREADY_FRIENDS'> & UserRef;
export type RequestPending = Refused<'RequestPending', 'REQUEST_PENDING'> & UserRef;
export type UserBlocked = Refused<'UserBlocked', 'USER_BLOCKED'> & UserRef;
export type CannotBlockYourself = Refused<'CannotBlockYourself', 'CANNOT_BLOCK_YOURSELF'>;
export type NotBlocked = Refused<'NotBlocked', 'NOT_BLOCKED'> & UserRef;
export type NoSuchRequest = Refused<'NoSuchRequest', 'NO_SUCH_REQUEST'>;
export type FriendLimitReached = Refused<'FriendLimitReached', 'FRIEND_LIMIT_REACHED'> & { readonly limit: number };
export type NotFriends = Refused<'NotFriends', 'NOT_FRIENDS'> & { readonly userIds: readonly string[] };
export type ConversationNotFound = Refused<'ConversationNotFound', 'CONVERSATION_NOT_FOUND'>;
export type NotAGroup = Refused<'NotAGroup', 'NOT_A_GROUP'>;
export type ConversationFull = Refused<'ConversationFull', 'CONVERSATION_FULL'> & { readonly limit: number };

/** Every expected "no", as the schema's unions have it. */
export const refusals = {
  alreadyFriends: (userId: string): AlreadyFriends => ({
    __typename: 'AlreadyFriends',
    code: 'ALREADY_FRIENDS',
    message: 'You are friends already.',
    user: { id: userId },
  }),
  requestPending: (userId: string): RequestPending => ({
    __typename: 'RequestPending',
    code: 'REQUEST_PENDING',
    message: 'You have asked before. Your request waits for an answer.',
    user: { id: userId },
  }),
  userBlocked: (userId: string): UserBlocked => ({
    __typename: 'UserBlocked',
    code: 'USER_BLOCKED',
    message: 'You block this player. Lift the block first.',
    user: { id: userId },
  }),
  cannotBlockYourself: (): CannotBlockYourself => ({
    __typename: 'CannotBlockYourself',
    code: 'CANNOT_BLOCK_YOURSELF',
    message: 'You cannot block yourself.',
  }),
  notBlocked: (userId: string): NotBlocked => ({
    __typename: 'NotBlocked',
    code: 'NOT_BLOCKED',
    message: 'You do not block this player.',
    user: { id: userId },
  }),
  noSuchRequest: (): NoSuchRequest => ({
    __typename: 'NoSuchRequest',
    code: 'NO_SUCH_REQUEST',
    message: 'There is no request from this player any more.',
  }),
  friendLimitReached: (): FriendLimitReached => ({
    __typename: 'FriendLimitReached',
    code: 'FRIEND_LIMIT_REACHED',
    message: `You have ${FRIENDS_MAX} friends and open requests. Remove some first.`,
    limit: FRIENDS_MAX,
  }),
  notFriends: (userIds: readonly string[]): NotFriends => ({
    __typename: 'NotFriends',
    code: 'NOT_FRIENDS',
    message: 'This works with friends only.',
    userIds,
  }),
  conversationNotFound: (): ConversationNotFound => ({
    __typename: 'ConversationNotFound',
    code: 'CONVERSATION_NOT_FOUND',
    message: 'You are not a member of such a conversation.',
  }),
  notAGroup: (): NotAGroup => ({
    __typename: 'NotAGroup',
    code: 'NOT_A_GROUP',
    message: 'This conversation is between two. Open a group to talk with more.',
  }),
  conversationFull: (): ConversationFull => ({
    __typename: 'ConversationFull',
    code: 'CONVERSATION_FULL',
    message: `A group has at most ${MEMBERS_MAX} members.`,
    limit: MEMBERS_MAX,
  }),
};

type UserRef = { readonly user: { readonly id: string } };
