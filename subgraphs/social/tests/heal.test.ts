import { appendEvent } from '@playgraph/events/append-event';
import { systemClock as clock } from '@playgraph/kernel/clock';
import { expect, test } from 'vitest';
import type { FriendshipAction } from '../src/domain/friendship.ts';
import { pairOf } from '../src/domain/friendship.ts';
import { decide } from '../src/move-friendship.ts';
import { createStore } from '../src/store.ts';
import {
  act,
  befriend,
  FIRST_SHARD,
  idsIn,
  LAST_SHARD,
  openConversation,
  openWorld,
  type Player,
  stateOf,
  type World,
} from './world.ts';

/** Does what a process does that dies right after the commit of the row that is the truth. */
async function actAndDie(world: World, actor: Player, action: FriendshipAction, other: Player): Promise<void> {
  const { lowId } = pairOf(actor.id, other.id);
  const deps = { clock, ids: world.ids, events: { append: appendTo(world) } };
  await createStore(world.shards).transact(lowId, (tx) =>
    decide(deps, tx, { actorId: actor.id, otherId: other.id, action }),
  );
}

function appendTo(world: World) {
  return (...[tx, draft]: [Parameters<typeof appendEvent>[0], { stream: string; type: string; data: unknown }]) =>
    appendEvent(tx, draft, { clock, ids: world.ids }) as never;
}

test('a crash between the two rows of a friendship heals by itself, whichever side acted', async () => {
  const world = await openWorld();
  for (const buckets of [
    [FIRST_SHARD, LAST_SHARD],
    [LAST_SHARD, FIRST_SHARD],
  ]) {
    const [ann, ben] = [await world.player(buckets[0]), await world.player(buckets[1])];
    await world.stop();
    await actAndDie(world, ann, 'request', ben);
    await world.start();
    await world.drained();
    expect([await stateOf(ann, ben), await stateOf(ben, ann)]).toEqual(['REQUEST_SENT', 'REQUEST_RECEIVED']);
    await world.stop();
    await actAndDie(world, ben, 'accept', ann);
    // Ann's id is the lower one, so hers is the truth and Ben's side is behind.
    await world.start();
    await world.drained();
    expect([await stateOf(ann, ben), await stateOf(ben, ann)]).toEqual(['FRIENDS', 'FRIENDS']);
  }
});

test('a mirror that was torn off is behind until the event brings it up, and never goes back', async () => {
  const world = await openWorld();
  const [ann, ben] = [await world.player(FIRST_SHARD), await world.player(LAST_SHARD)];
  await world.cutEvents();
  await actAndDie(world, ann, 'request', ben);
  expect([await stateOf(ann, ben), await stateOf(ben, ann)]).toEqual(['REQUEST_SENT', 'NONE']);
  // The truth decides, not what Ben sees: his own request crosses hers.
  await act(ben, 'requestFriendship', ann);
  expect([await stateOf(ann, ben), await stateOf(ben, ann)]).toEqual(['FRIENDS', 'FRIENDS']);
  await world.stop();
  await world.start();
  await world.drained();
  expect([await stateOf(ann, ben), await stateOf(ben, ann)]).toEqual(['FRIENDS', 'FRIENDS']);
});

test('lists that a crash kept from a new conversation come with its event', async () => {
  const world = await openWorld();
  const [ann, ben] = [await world.player(FIRST_SHARD), await world.player(LAST_SHARD)];
  await befriend(ann, ben);
  const { id } = (await openConversation(ann, [ben])).conversation;
  await world.drained();
  await world.shards.scatter((db) => db.conversationEntry.deleteMany());
  await world.shards.scatter((db) => db.inboxEntry.deleteMany());
  await world.shards.scatter((db) => db.outboxEvent.updateMany({ data: { publishedAt: null } }));
  await world.stop();
  await world.start();
  await world.drained();
  expect(await idsIn(ann, ann, 'conversations')).toEqual([id]);
  expect(await idsIn(ben, ben, 'conversations')).toEqual([id]);
});
