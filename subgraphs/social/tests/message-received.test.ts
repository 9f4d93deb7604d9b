import { encodeStreamCursor } from '@playgraph/events/stream-cursor';
import { expect, test } from 'vitest';
import { inboxOf } from '../src/follow-messages.ts';
import {
  befriend,
  FIRST_SHARD,
  FOLLOW,
  fieldOf,
  LAST_SHARD,
  openConversation,
  openWorld,
  type Player,
  type Received,
  receive,
  say,
  type World,
} from './world.ts';

async function trio(world: World): Promise<{ ann: Player; ben: Player; cy: Player; group: string; direct: string }> {
  const [ann, ben, cy] = [await world.player(FIRST_SHARD), await world.player(LAST_SHARD), await world.player()];
  await befriend(ann, ben);
  await befriend(ann, cy);
  const group = (await openConversation(ann, [ben, cy])).conversation.id;
  const direct = (await openConversation(ann, [ben])).conversation.id;
  return { ann, ben, cy, group, direct };
}

test('a message reaches every member live, its author too, and nobody else', async () => {
  const world = await openWorld();
  const { ann, ben, cy, group, direct } = await trio(world);
  const following = [ann, ben, cy].map((player) => player.subscribe<{ messageReceived: Received }>(FOLLOW));
  const next = following.map((events) => events.next());
  await say(ben, group, 'hello');
  for (const answer of await Promise.all(next)) {
    expect(answer.value?.data.messageReceived).toMatchObject({
      message: { body: 'hello', sequence: 1, author: { id: ben.id } },
      conversation: { id: group, lastMessage: { sequence: 1 } },
    });
  }
  await say(ben, direct, 'between us');
  await say(ann, group, 'again');
  expect((await following[2]?.next())?.value?.data.messageReceived.message.body).toBe('again');
  for (const events of following) await events.return();
});

test('concurrent senders: every reader gets every message once, in one order a conversation, and can resume anywhere', async () => {
  const world = await openWorld();
  const { ann, ben, cy, group, direct } = await trio(world);
  const COUNT = 20;
  const all = receive(ben, COUNT * 4, { after: '' });
  const sending = [
    [ann, group],
    [ben, group],
    [cy, group],
    [ann, direct],
  ] as const;
  await Promise.all(
    sending.map(async ([author, conversationId]) => {
      for (let i = 0; i < COUNT; i++) await say(author, conversationId, `${author.id} ${i}`);
    }),
  );
  const received = await all;
  expect(received.map((event) => event.sequence)).toEqual(Array.from({ length: COUNT * 4 }, (_, i) => i + 1));
  for (const [id, count] of [
    [group, COUNT * 3],
    [direct, COUNT],
  ] as const) {
    const seqs = received.filter((event) => event.conversation.id === id).map((event) => event.message.sequence);
    expect(seqs).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  }
  for (const at of [0, 17, 60, 78]) {
    const rest = await receive(ben, COUNT * 4 - at - 1, { after: received[at]?.cursor ?? '' });
    expect(rest.map((event) => event.message.id)).toEqual(received.slice(at + 1).map((event) => event.message.id));
  }
  // Whose message came first, and so how many of the direct ones are left, is a race.
  const expected = received.slice(1).filter((event) => event.conversation.id === direct);
  const filtered = await receive(ben, expected.length, { after: received[0]?.cursor ?? '', conversationId: direct });
  expect(filtered.map((event) => event.message.id)).toEqual(expected.map((event) => event.message.id));
});

test('a message whose delivery a crash cut off is delivered once after the restart', async () => {
  const world = await openWorld();
  const { ann, ben, direct } = await trio(world);
  await say(ann, direct, 'before');
  await world.drained();
  await world.cutEvents();
  await say(ann, direct, 'lost?');
  await world.stop();
  await world.start();
  await world.drained();
  await say(ann, direct, 'after');
  const received = await receive(ben, 3, { after: '' });
  expect(received.map((event) => event.message.body)).toEqual(['before', 'lost?', 'after']);
  expect(received.map((event) => event.sequence)).toEqual([1, 2, 3]);
});

test('an event that is delivered again delivers no message again', async () => {
  const world = await openWorld();
  const { ann, ben, direct } = await trio(world);
  await say(ann, direct, 'once');
  await world.drained();
  const before = await world.snapshot();
  await world.shards.scatter((db) => db.outboxEvent.updateMany({ data: { publishedAt: null } }));
  await world.stop();
  await world.start();
  await world.drained();
  expect(await world.snapshot()).toBe(before);
  expect(await receive(ben, 1, { after: '' })).toHaveLength(1);
});

test('whoever reads first and listens then misses nothing: the cursor says where the reading stood', async () => {
  const world = await openWorld();
  const { ann, ben, direct } = await trio(world);
  const empty = await fieldOf<string>(ben, ben, 'messageCursor');
  await say(ann, direct, 'one');
  await world.drained();
  const cursor = await fieldOf<string>(ben, ben, 'messageCursor');
  await say(ann, direct, 'two');
  await world.drained();
  expect((await receive(ben, 2, { after: empty })).map((event) => event.message.body)).toEqual(['one', 'two']);
  expect((await receive(ben, 1, { after: cursor })).map((event) => event.message.body)).toEqual(['two']);
  expect(await fieldOf(ann, ben, 'messageCursor')).toBeNull();
});

test('somebody else cannot listen in, and a foreign or forged cursor is refused', async () => {
  const world = await openWorld();
  const { ann, cy, direct } = await trio(world);
  await say(ann, direct, 'secret');
  await world.drained();
  const refusal = async (player: Player, variables: object) => {
    const answer = await player.subscribe(FOLLOW, variables).next();
    return answer.value?.errors?.[0]?.extensions;
  };
  expect(await refusal(cy, { conversationId: direct })).toEqual({ code: 'NOT_FOUND' });
  expect(await refusal(world.stranger, {})).toEqual({ code: 'UNAUTHENTICATED' });
  expect(await refusal(cy, { conversationId: 'x' })).toEqual({ code: 'BAD_USER_INPUT', field: 'conversationId' });
  const bad = { code: 'BAD_USER_INPUT', field: 'after' };
  expect(await refusal(cy, { after: encodeStreamCursor(inboxOf(ann.id), 0) })).toEqual(bad);
  expect(await refusal(cy, { after: encodeStreamCursor(inboxOf(cy.id), 1e12) })).toEqual(bad);
  expect(await refusal(cy, { after: 'x' })).toEqual(bad);
});
