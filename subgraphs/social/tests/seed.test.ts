import { systemClock as clock } from '@playgraph/kernel/clock';
import { createDemoWorld } from '@playgraph/testkit/demo-world-generator';
import { expect, test } from 'vitest';
import { seedSocial } from '../src/seed.ts';
import { act, fieldOf, idsIn, openConversation, openWorld, say, type World } from './world.ts';

function demoOf(world: World, playerCount: number) {
  const games = Array.from({ length: 20 }, (_, i) => ({
    id: world.ids.make('game'),
    slug: `game-${i}`,
    priceMinor: 1999n,
  }));
  return createDemoWorld({ seed: 'social', games, playerCount, orderCount: playerCount * 3, now: clock.now() });
}

test('the demo world is there as if it had been played', async () => {
  const world = await openWorld();
  const demo = demoOf(world, 40);
  await seedSocial(world.shards, demo, { clock });
  const [friendship] = demo.friendships;
  const talk = demo.conversations.find((one) => one.title === null && one.memberIds.length === 2);
  if (!friendship || !talk) throw new Error('the demo world has no friends or no conversation');
  const { requesterId, addresseeId } = friendship;
  const [requester, addressee] = [world.as(requesterId), world.as(addresseeId)];
  expect(await idsIn(requester, addressee, 'friends(first: 100)')).toContain(requesterId);
  expect(await idsIn(addressee, requester, 'friends(first: 100)')).toContain(addresseeId);

  const [memberId = '', otherId = ''] = talk.memberIds;
  const member = world.as(memberId);
  const page = await fieldOf(
    member,
    member,
    'conversations(first: 100) { nodes { id unreadCount lastMessage { body } } }',
  );
  const last = talk.messages.at(-1);
  expect(page.nodes).toContainEqual({ id: talk.id, unreadCount: 0, lastMessage: last ? { body: last.body } : null });
  const reopened = await openConversation(member, [world.as(otherId)]);
  expect(reopened.conversation.id).toBe(talk.id);
  expect((await say(member, talk.id, 'and on')).message.sequence).toBe(talk.messages.length + 1);

  const order = demo.orders.find((one) => one.state === 'FULFILLED');
  const owned = (await world.shards.scatter((db) => db.ownedGame.findMany())).flat();
  expect(owned).toContainEqual({ userId: order?.buyerId, gameId: order?.lines[0]?.gameId });
});

test('seeding again, or a larger world over it, adds only what is missing and keeps what players changed', async () => {
  const world = await openWorld();
  const demo = demoOf(world, 30);
  await seedSocial(world.shards, { ...demo, friendships: demo.friendships.slice(0, 10) }, { clock });
  const [friendship] = demo.friendships;
  const group = demo.conversations.find((one) => one.title !== null || one.memberIds.length > 2);
  await seedSocial(world.shards, demo, { clock });
  if (!friendship) throw new Error('the demo world has no friends');
  await act(world.as(friendship.requesterId), 'removeFriend', { id: friendship.addresseeId });
  if (group) {
    const leave = 'mutation ($id: ID!) { leaveConversation(input: { conversationId: $id }) { __typename } }';
    await world.as(group.memberIds[0] ?? '').get(leave, { id: group.id });
  }
  await world.drained();
  const before = await world.snapshot();
  await seedSocial(world.shards, demo, { clock });
  expect(await world.snapshot()).toBe(before);
});
