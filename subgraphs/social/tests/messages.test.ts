import { freshKey } from '@playgraph/testkit/idempotency-keys';
import { expect, test } from 'vitest';
import {
  act,
  errorOf,
  friends,
  openConversation,
  openWorld,
  PAGE,
  type Page,
  type Player,
  readConversation,
  SEND,
  say,
} from './world.ts';

type Messages = { readonly conversation: { readonly messages: Page<{ sequence: number }> } };
type Marked = { readonly markRead: { readonly conversation: { readonly unreadCount: number } } };

test('a message that is sent again with its key is sent once', async () => {
  const world = await openWorld();
  const [ann, ben] = await friends(world, 1);
  if (!ben) throw new Error('no friend');
  const { id } = (await openConversation(ann, [ben])).conversation;
  const key = freshKey();
  const answers = await Promise.all([say(ann, id, ' hi ', key), say(ann, id, 'hi', key), say(ann, id, 'hi', key)]);
  expect(answers[0].message).toMatchObject({ body: 'hi', sequence: 1, author: { id: ann.id }, conversation: { id } });
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[2]).toEqual(answers[0]);
  const input = { conversationId: id, body: 'other', idempotencyKey: key };
  expect(await errorOf(ann, SEND, { input })).toMatchObject({ code: 'CONFLICT' });
  expect((await say(ben, id, 'hi', key)).message.sequence).toBe(2);
});

test('in a direct conversation only friends can write, and a block looks like an ended friendship', async () => {
  const world = await openWorld();
  const [ann, ben, cy] = await friends(world, 2);
  if (!ben || !cy) throw new Error('no friend');
  const [withBen, withCy] = [await openConversation(ann, [ben]), await openConversation(ann, [cy])];
  await act(ben, 'blockUser', ann);
  await act(cy, 'removeFriend', ann);
  await world.drained();
  const before = await world.snapshot();
  const refused = await say(ann, withBen.conversation.id, 'hi');
  expect(refused).toEqual({ __typename: 'NotFriends', code: 'NOT_FRIENDS' });
  expect(await say(ann, withCy.conversation.id, 'hi')).toEqual(refused);
  expect(await say(ben, withBen.conversation.id, 'hi')).toEqual(refused);
  expect(await world.snapshot()).toBe(before);
});

test('a player who writes too fast is told when to go on', async () => {
  const world = await openWorld({ messageBurst: 3, messagesPerSecond: 0.1 });
  const [ann, ben] = await friends(world, 1);
  if (!ben) throw new Error('no friend');
  const { id } = (await openConversation(ann, [ben])).conversation;
  for (let i = 0; i < 3; i++) await say(ann, id, 'hi');
  await world.drained();
  const before = await world.snapshot();
  const input = { conversationId: id, body: 'hi', idempotencyKey: freshKey() };
  const error = await errorOf(ann, SEND, { input });
  expect(error).toMatchObject({ code: 'RATE_LIMITED' });
  expect(Number(error?.retryAfterSeconds)).toBeGreaterThan(0);
  expect(await world.snapshot()).toBe(before);
  expect((await say(ben, id, 'hi')).message.sequence).toBe(4);
});

test('messages are paged from the newest back and from the oldest on, while more arrive', async () => {
  const world = await openWorld();
  const [ann, ben] = await friends(world, 1);
  if (!ben) throw new Error('no friend');
  const { id } = (await openConversation(ann, [ben])).conversation;
  for (let i = 1; i <= 7; i++) await say(ann, id, `${i}`);
  const pageOf = async (variables: object) =>
    (await ben.get<Messages>(PAGE, { id, ...variables })).conversation.messages;
  const seqs = (page: Page<{ sequence: number }>) => page.nodes.map((node) => node.sequence);
  const first = await pageOf({ first: 3 });
  await say(ben, id, 'meanwhile');
  const second = await pageOf({ first: 3, after: first.pageInfo.endCursor });
  const third = await pageOf({ first: 3, after: second.pageInfo.endCursor });
  expect([first, second, third].map(seqs)).toEqual([[7, 6, 5], [4, 3, 2], [1]]);
  expect([first, second, third].map((page) => page.pageInfo.hasNextPage)).toEqual([true, true, false]);
  const oldest = await pageOf({ last: 3 });
  const newer = await pageOf({ last: 3, before: oldest.pageInfo.startCursor });
  expect([oldest, newer].map(seqs)).toEqual([
    [3, 2, 1],
    [6, 5, 4],
  ]);
  expect(newer.pageInfo.hasPreviousPage).toBe(true);
  expect(seqs(await pageOf({ first: 0 }))).toEqual([]);
});

test('what others wrote is unread until it is marked, and marking never goes back', async () => {
  const world = await openWorld();
  const [ann, ben] = await friends(world, 1);
  if (!ben) throw new Error('no friend');
  const { id } = (await openConversation(ann, [ben])).conversation;
  for (const body of ['1', '2', '3']) await say(ann, id, body);
  await world.drained();
  const unread = async (player: Player) => (await readConversation(player, id))?.unreadCount;
  expect([await unread(ann), await unread(ben)]).toEqual([0, 3]);
  const document = `mutation ($input: MarkReadInput!) { markRead(input: $input) {
    ... on MarkReadSuccess { conversation { unreadCount } } } }`;
  const mark = async (sequence?: number) =>
    (await ben.get<Marked>(document, { input: { conversationId: id, sequence } })).markRead.conversation.unreadCount;
  expect([await mark(2), await mark(1), await mark()]).toEqual([1, 1, 0]);
  expect(await errorOf(ben, document, { input: { conversationId: id, sequence: 4 } })).toMatchObject({
    code: 'BAD_USER_INPUT',
    field: 'input.sequence',
  });
});
