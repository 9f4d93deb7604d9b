import { encodeCursor } from '@playgraph/kernel/page';
import { freshKey } from '@playgraph/testkit/idempotency-keys';
import { expect, test } from 'vitest';
import { MEMBERS_MAX } from '../src/domain.ts';
import {
  act,
  errorOf,
  fieldOf,
  friends,
  idsIn,
  openConversation,
  openWorld,
  PAGE,
  type Player,
  READ,
  readConversation,
  SEND,
  say,
} from './world.ts';

const add = async (player: Player, conversationId: string, others: readonly { id: string }[]) => {
  const document = `mutation ($input: AddMembersInput!) { addMembers(input: $input) {
    __typename ... on AddMembersSuccess { conversation { members { id } } } ... on Refusal { code }
  } }`;
  const input = { conversationId, memberIds: others.map(({ id }) => id) };
  type Added = { readonly code?: string; readonly conversation: { readonly members: readonly { id: string }[] } };
  return (await player.get<{ addMembers: Added }>(document, { input })).addMembers;
};
const leave = async (player: Player, conversationId: string) => {
  const document = 'mutation ($input: LeaveConversationInput!) { leaveConversation(input: $input) { __typename } }';
  return (await player.get<{ leaveConversation: { __typename: string } }>(document, { input: { conversationId } }))
    .leaveConversation.__typename;
};

test('two friends who open their direct conversation at the same moment get the same one', async () => {
  const world = await openWorld();
  const [ann, ben] = await friends(world, 1);
  if (!ben) throw new Error('no friend');
  const opened = await Promise.all([
    openConversation(ann, [ben]),
    openConversation(ben, [ann]),
    openConversation(ann, [ben, ann, ben]),
  ]);
  expect(new Set(opened.map((one) => one.conversation.id)).size).toBe(1);
  expect(opened[0].conversation).toMatchObject({ kind: 'DIRECT', title: null, lastMessage: null, unreadCount: 0 });
  expect(await idsIn(ann, ann, 'conversations')).toHaveLength(1);
  expect(await idsIn(ben, ben, 'conversations')).toHaveLength(1);
});

test('a group with a title is a new one each time, unless a key says that it is a retry', async () => {
  const world = await openWorld();
  const [ann, ben] = await friends(world, 1);
  if (!ben) throw new Error('no friend');
  const first = await openConversation(ann, [ben], '  Raid  ');
  expect(first.conversation).toMatchObject({ kind: 'GROUP', title: 'Raid' });
  expect((await openConversation(ann, [ben], 'Raid')).conversation.id).not.toBe(first.conversation.id);
  const document = `mutation ($input: CreateConversationInput!) { createConversation(input: $input) {
    ... on CreateConversationSuccess { conversation { id } } } }`;
  const input = { memberIds: [ben.id], title: 'Raid', idempotencyKey: freshKey() };
  const [one, two] = [await ann.get(document, { input }), await ann.get(document, { input })];
  expect(two).toEqual(one);
  expect(await errorOf(ann, document, { input: { ...input, title: 'Other' } })).toMatchObject({ code: 'CONFLICT' });
});

test('nobody is drawn into a conversation by somebody who is not a friend', async () => {
  const world = await openWorld();
  const [ann, ben] = await friends(world, 1);
  const [cy, dan] = [await world.player(), await world.player()];
  if (!ben) throw new Error('no friend');
  await act(dan, 'blockUser', ann);
  const group = (await openConversation(ann, [ben], 'Raid')).conversation.id;
  await world.drained();
  const before = await world.snapshot();
  for (const others of [[cy], [dan], [cy, dan]]) {
    const refused = await openConversation(ann, others);
    expect(refused).toEqual({ __typename: 'NotFriends', code: 'NOT_FRIENDS', userIds: others.map(({ id }) => id) });
  }
  expect(await openConversation(ann, [ben, cy])).toMatchObject({ code: 'NOT_FRIENDS', userIds: [cy.id] });
  expect(await add(ann, group, [cy])).toMatchObject({ code: 'NOT_FRIENDS' });
  expect(await add(ann, group, [dan])).toMatchObject({ code: 'NOT_FRIENDS' });
  expect(await world.snapshot()).toBe(before);
});

test('bad input is refused with a code and a field, and changes nothing', async () => {
  const world = await openWorld();
  const [ann, ben] = await friends(world, 1);
  if (!ben) throw new Error('no friend');
  const { id } = (await openConversation(ann, [ben])).conversation;
  await world.drained();
  const before = await world.snapshot();
  const create = 'mutation ($input: CreateConversationInput!) { createConversation(input: $input) { __typename } }';
  const bad = (field: string) => ({ code: 'BAD_USER_INPUT', field });
  const many = Array.from({ length: MEMBERS_MAX }, () => world.ids.make('user'));
  expect(await errorOf(ann, create, { input: { memberIds: [] } })).toEqual(bad('input.memberIds'));
  expect(await errorOf(ann, create, { input: { memberIds: [ann.id] } })).toEqual(bad('input.memberIds'));
  expect(await errorOf(ann, create, { input: { memberIds: many } })).toEqual(bad('input.memberIds'));
  expect(await errorOf(ann, create, { input: { memberIds: ['x'] } })).toEqual(bad('input.memberIds.0'));
  expect(await errorOf(ann, create, { input: { memberIds: [ben.id], title: ' ' } })).toEqual(bad('input.title'));
  const message = { conversationId: id, body: 'hi', idempotencyKey: freshKey() };
  expect(await errorOf(ann, SEND, { input: { ...message, body: ' \n ' } })).toEqual(bad('input.body'));
  expect(await errorOf(ann, SEND, { input: { ...message, body: 'x'.repeat(4001) } })).toEqual(bad('input.body'));
  expect(await errorOf(ann, SEND, { input: { ...message, idempotencyKey: 'short' } })).toEqual(
    bad('input.idempotencyKey'),
  );
  expect(await errorOf(ann, SEND, { input: { ...message, conversationId: ann.id } })).toEqual(
    bad('input.conversationId'),
  );
  expect(await errorOf(ann, READ, { id: 'x' })).toEqual(bad('id'));
  expect(await errorOf(ann, PAGE, { id, first: 101 })).toEqual(bad('first'));
  const forged = encodeCursor([1e12]);
  expect(await errorOf(ann, PAGE, { id, after: forged })).toEqual(bad('after'));
  expect(await world.snapshot()).toBe(before);
});

test('text that could not be given back as it was is bad input by its field, and nothing is stored', async () => {
  const world = await openWorld();
  const [ann, ben] = await friends(world, 1);
  if (!ben) throw new Error('no friend');
  const { id } = (await openConversation(ann, [ben])).conversation;
  await world.drained();
  const before = await world.snapshot();
  const create = 'mutation ($input: CreateConversationInput!) { createConversation(input: $input) { __typename } }';
  for (const text of ['a\0b', '\uD800', 'a \uDC00 b']) {
    const message = { conversationId: id, body: text, idempotencyKey: freshKey() };
    const group = { memberIds: [ben.id], title: text };
    expect(await errorOf(ann, SEND, { input: message })).toEqual({ code: 'BAD_USER_INPUT', field: 'input.body' });
    expect(await errorOf(ann, create, { input: group })).toEqual({ code: 'BAD_USER_INPUT', field: 'input.title' });
  }
  expect(await world.snapshot()).toBe(before);
  expect(await say(ann, id, 'a 👋\nb')).toMatchObject({ message: { body: 'a 👋\nb' } });
});

test('only members can see, write to, mark, extend and leave a conversation', async () => {
  const world = await openWorld();
  const [ann, ben] = await friends(world, 1);
  const eve = await world.player();
  if (!ben) throw new Error('no friend');
  const { id } = (await openConversation(ann, [ben], 'Raid')).conversation;
  await say(ann, id, 'hello');
  await world.drained();
  const before = await world.snapshot();
  const entity = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Conversation { title } } }';
  const r = [{ __typename: 'Conversation', id }];
  expect(await ann.get(entity, { r })).toEqual({ _entities: [{ title: 'Raid' }] });
  for (const outsider of [eve, world.stranger]) {
    expect(await outsider.get(READ, { id })).toEqual({ conversation: null });
    expect(await outsider.get(entity, { r })).toEqual({ _entities: [null] });
  }
  expect(await ann.get(READ, { id: world.ids.make('conversation') })).toEqual({ conversation: null });
  const inputs = {
    sendMessage: { conversationId: id, body: 'hi', idempotencyKey: freshKey() },
    addMembers: { conversationId: id, memberIds: [ann.id] },
    leaveConversation: { conversationId: id },
  };
  for (const [name, input] of Object.entries(inputs)) {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input!`;
    const document = `mutation ($input: ${type}) { ${name}(input: $input) { __typename } }`;
    expect(await errorOf(eve, document, { input }), name).toEqual({ code: 'NOT_FOUND' });
    expect(await errorOf(world.stranger, document, { input }), name).toEqual({ code: 'UNAUTHENTICATED' });
  }
  const mark = 'mutation ($input: MarkReadInput!) { markRead(input: $input) { __typename ... on Refusal { code } } }';
  const refused = { markRead: { __typename: 'ConversationNotFound', code: 'CONVERSATION_NOT_FOUND' } };
  for (const conversationId of [id, world.ids.make('conversation')]) {
    expect(await eve.get(mark, { input: { conversationId } })).toEqual(refused);
  }
  const unsigned = await errorOf(world.stranger, mark, { input: { conversationId: id } });
  expect(unsigned).toEqual({ code: 'UNAUTHENTICATED' });
  expect(await world.snapshot()).toBe(before);
});

test('members join and leave a group, which never has more than its limit', async () => {
  const world = await openWorld();
  const [ann, ben, cy, dan] = await friends(world, 3);
  if (!ben || !cy || !dan) throw new Error('no friend');
  const { id } = (await openConversation(ann, [ben, cy])).conversation;
  await say(ann, id, 'before');
  expect((await add(ann, id, [dan, ben])).conversation.members).toHaveLength(4);
  expect((await add(ann, id, [dan])).conversation.members).toHaveLength(4);
  expect((await readConversation(dan, id))?.unreadCount).toBe(0);
  expect(await leave(cy, id)).toBe('LeaveConversationSuccess');
  expect(await cy.get(READ, { id })).toEqual({ conversation: null });
  expect(await idsIn(cy, cy, 'conversations')).toEqual([]);
  await say(ann, id, 'after');
  await world.drained();
  expect(await idsIn(cy, cy, 'conversations')).toEqual([]);
  expect((await readConversation(dan, id))?.unreadCount).toBe(1);
  await add(ann, id, [cy]);
  expect(await idsIn(cy, cy, 'conversations')).toEqual([id]);
  const direct = (await openConversation(ann, [ben])).conversation.id;
  expect(await add(ann, direct, [cy])).toEqual({ __typename: 'NotAGroup', code: 'NOT_A_GROUP' });
  expect(await leave(ann, direct)).toBe('NotAGroup');
});

test('members who are added at the same moment never fill a group over its limit', async () => {
  const world = await openWorld();
  const [ann, ...others] = await friends(world, 54);
  const { id } = (await openConversation(ann, others.slice(0, 46), 'Full')).conversation;
  const pairs = [0, 1, 2, 3].map((i) => others.slice(46 + i * 2, 48 + i * 2));
  const answers = await Promise.all(pairs.map((pair) => add(ann, id, pair)));
  const refused = answers.filter((answer) => answer.code === 'CONVERSATION_FULL');
  expect(refused).toHaveLength(3);
  expect((await readConversation(ann, id))?.members).toHaveLength(49);
});

test('the conversation with the newest message comes first', async () => {
  const world = await openWorld();
  const [ann, ben, cy] = await friends(world, 2);
  if (!ben || !cy) throw new Error('no friend');
  const [one, two] = [await openConversation(ann, [ben]), await openConversation(ann, [cy])];
  await say(ben, one.conversation.id, 'up');
  await world.drained();
  const page = await fieldOf(
    ann,
    ann,
    'conversations(first: 1) { nodes { id lastMessage { body } } pageInfo { hasNextPage endCursor } }',
  );
  expect(page.nodes).toEqual([{ id: one.conversation.id, lastMessage: { body: 'up' } }]);
  expect(page.pageInfo.hasNextPage).toBe(true);
  expect(await idsIn(ann, ann, `conversations(first: 1, after: "${page.pageInfo.endCursor}")`)).toEqual([
    two.conversation.id,
  ]);
});
