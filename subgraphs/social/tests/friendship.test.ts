import { encodeCursor } from '@playgraph/kernel/page';
import { expect, test } from 'vitest';
import { FRIENDS_MAX } from '../src/domain.ts';
import { act, befriend, FIRST_SHARD, fieldOf, idsIn, LAST_SHARD, openWorld, stateOf } from './world.ts';

test('a request that is accepted makes two players friends on both sides', async () => {
  const world = await openWorld();
  const [ann, ben] = [await world.player(FIRST_SHARD), await world.player(LAST_SHARD)];
  expect(await act(ann, 'requestFriendship', ben)).toMatchObject({ friendship: 'REQUEST_SENT', user: { id: ben.id } });
  expect(await idsIn(ann, ann, 'outgoingFriendRequests')).toEqual([ben.id]);
  expect(await idsIn(ben, ben, 'incomingFriendRequests')).toEqual([ann.id]);
  expect(await act(ben, 'acceptFriendship', ann)).toMatchObject({
    friendship: 'FRIENDS',
    user: { friendship: 'FRIENDS' },
  });
  expect(await idsIn(ann, ann, 'friends')).toEqual([ben.id]);
  expect(await idsIn(ben, ben, 'friends')).toEqual([ann.id]);
  expect(await idsIn(ben, ben, 'incomingFriendRequests')).toEqual([]);
  expect(await act(ben, 'acceptFriendship', ann)).toMatchObject({ friendship: 'FRIENDS' });
});

test('whoever asks first, the pair has one friendship with one id on both shards', async () => {
  const world = await openWorld();
  const [ann, ben] = [await world.player(FIRST_SHARD), await world.player(LAST_SHARD)];
  await befriend(ben, ann);
  const rows = (await world.shards.scatter((db) => db.relation.findMany())).flat();
  expect(rows).toHaveLength(2);
  expect(new Set(rows.map((row) => row.friendshipId)).size).toBe(1);
});

test('requests that cross at the same moment become one friendship', async () => {
  const world = await openWorld();
  for (let round = 0; round < 10; round++) {
    const [ann, ben] = [await world.player(), await world.player()];
    const answers = await Promise.all([act(ann, 'requestFriendship', ben), act(ben, 'requestFriendship', ann)]);
    expect(answers.map((answer) => answer.friendship).sort()).toEqual(['FRIENDS', 'REQUEST_SENT']);
    expect(await Promise.all([stateOf(ann, ben), stateOf(ben, ann)])).toEqual(['FRIENDS', 'FRIENDS']);
  }
});

test('a hundred requests to one player at the same moment all arrive', async () => {
  const world = await openWorld();
  const star = await world.player();
  const fans = await Promise.all(Array.from({ length: 100 }, () => world.player()));
  await Promise.all(fans.map((fan) => act(fan, 'requestFriendship', star)));
  const page = await fieldOf(star, star, 'incomingFriendRequests(first: 100) { nodes { id } }');
  expect(new Set(page.nodes.map((node) => node.id))).toEqual(new Set(fans.map((fan) => fan.id)));
});

test('every refusal says why and leaves nothing changed', async () => {
  const world = await openWorld();
  const [ann, ben, cy, dan] = [await world.player(), await world.player(), await world.player(), await world.player()];
  await befriend(ann, ben);
  await act(ann, 'requestFriendship', cy);
  await act(ann, 'blockUser', dan);
  await world.drained();
  const before = await world.snapshot();
  expect(await act(ann, 'requestFriendship', ben)).toMatchObject({
    __typename: 'AlreadyFriends',
    code: 'ALREADY_FRIENDS',
  });
  expect(await act(ann, 'requestFriendship', cy)).toMatchObject({
    __typename: 'RequestPending',
    code: 'REQUEST_PENDING',
  });
  expect(await act(ann, 'requestFriendship', dan)).toMatchObject({ __typename: 'UserBlocked', code: 'USER_BLOCKED' });
  expect(await act(ann, 'acceptFriendship', cy)).toMatchObject({
    __typename: 'NoSuchRequest',
    code: 'NO_SUCH_REQUEST',
  });
  expect(await act(ann, 'declineFriendship', ben)).toMatchObject({ code: 'NO_SUCH_REQUEST' });
  expect(await act(cy, 'removeFriend', ann)).toMatchObject({ __typename: 'NotFriends', code: 'NOT_FRIENDS' });
  expect(await act(ann, 'blockUser', dan)).toMatchObject({ friendship: 'BLOCKED' });
  expect(await act(ann, 'blockUser', ann)).toMatchObject({
    __typename: 'CannotBlockYourself',
    code: 'CANNOT_BLOCK_YOURSELF',
  });
  for (const other of [ben, cy]) {
    expect(await act(ann, 'unblockUser', other)).toMatchObject({ __typename: 'NotBlocked', code: 'NOT_BLOCKED' });
  }
  expect(await act(dan, 'unblockUser', ann)).toMatchObject({ code: 'NOT_BLOCKED' });
  expect(await world.snapshot()).toBe(before);
});

test('a player with as many friends and requests as one can have makes no more, and nothing is changed', async () => {
  const world = await openWorld();
  const [ann, ben, cy] = [await world.player(), await world.player(), await world.player()];
  await act(cy, 'requestFriendship', ann);
  const since = new Date();
  const rows = Array.from({ length: FRIENDS_MAX }, () => ({
    userId: ann.id,
    otherId: world.ids.make('user'),
    friendshipId: world.ids.make('friendship'),
    side: 'FRIENDS',
    otherSide: 'FRIENDS',
    since,
    otherSince: since,
    version: 1,
  }));
  await world.shards.forId(ann.id).relation.createMany({ data: rows });
  await world.drained();
  const before = await world.snapshot();
  for (const refused of [await act(ann, 'requestFriendship', ben), await act(ann, 'acceptFriendship', cy)]) {
    expect(refused).toMatchObject({ __typename: 'FriendLimitReached', code: 'FRIEND_LIMIT_REACHED' });
  }
  expect(await world.snapshot()).toBe(before);
  expect(await act(ann, 'declineFriendship', cy)).toMatchObject({ friendship: 'NONE' });
});

test('malformed, unknown and own ids are refused with a code, and so is a caller who is not signed in', async () => {
  const world = await openWorld();
  const ann = await world.player();
  const before = await world.snapshot();
  const ask = 'mutation ($id: ID!) { requestFriendship(input: { userId: $id }) { __typename } }';
  const codeOf = async (asking: typeof ann, id: string) => (await asking.run(ask, { id })).errors?.[0]?.extensions;
  expect(await codeOf(ann, 'game_01')).toEqual({ code: 'BAD_USER_INPUT', field: 'input.userId' });
  expect(await codeOf(ann, ann.id)).toEqual({ code: 'BAD_USER_INPUT', field: 'input.userId' });
  expect(await codeOf(ann, world.ids.make('user'))).toEqual({ code: 'NOT_FOUND' });
  expect(await codeOf(world.stranger, ann.id)).toEqual({ code: 'UNAUTHENTICATED' });
  expect(await world.snapshot()).toBe(before);
});

test('a player who registers at this very moment can be asked', async () => {
  const world = await openWorld({ newPlayerWaitMs: 10_000 });
  const [ann, id] = [await world.player(), world.ids.make('user')];
  const asked = act(ann, 'requestFriendship', { id });
  await world.tell('user', 'user.registered', { userId: id });
  expect(await asked).toMatchObject({ friendship: 'REQUEST_SENT' });
});

test('declining and removing make strangers again, and a new request may follow', async () => {
  const world = await openWorld();
  const [ann, ben] = [await world.player(FIRST_SHARD), await world.player(LAST_SHARD)];
  await act(ann, 'requestFriendship', ben);
  await act(ben, 'declineFriendship', ann);
  expect([await stateOf(ann, ben), await stateOf(ben, ann)]).toEqual(['NONE', 'NONE']);
  await act(ann, 'requestFriendship', ben);
  await act(ann, 'removeFriend', ben);
  expect([await stateOf(ann, ben), await stateOf(ben, ann)]).toEqual(['NONE', 'NONE']);
  await befriend(ann, ben);
  await act(ben, 'removeFriend', ann);
  expect([await stateOf(ann, ben), await stateOf(ben, ann)]).toEqual(['NONE', 'NONE']);
  await world.drained();
  expect([await stateOf(ann, ben), await stateOf(ben, ann)]).toEqual(['NONE', 'NONE']);
});

test('a player who is blocked sees what a player sees who is not answered', async () => {
  const world = await openWorld();
  const [ann, ben, cy] = [await world.player(FIRST_SHARD), await world.player(LAST_SHARD), await world.player()];
  await act(ben, 'blockUser', ann);
  const withoutIds = (answer: object) => JSON.stringify(answer).replaceAll(ben.id, 'x').replaceAll(cy.id, 'x');
  expect(await stateOf(ann, ben)).toBe('NONE');
  for (const mutation of [
    'requestFriendship',
    'requestFriendship',
    'acceptFriendship',
    'removeFriend',
    'removeFriend',
  ]) {
    const [blocked, open] = [await act(ann, mutation, ben), await act(ann, mutation, cy)];
    expect(withoutIds(blocked), mutation).toBe(withoutIds(open));
    expect(await stateOf(ann, ben)).toBe(await stateOf(ann, cy));
  }
  await act(ann, 'requestFriendship', ben);
  expect(await idsIn(ann, ann, 'outgoingFriendRequests')).toEqual([ben.id]);
  expect(await idsIn(ben, ben, 'incomingFriendRequests')).toEqual([]);
  expect(await idsIn(ben, ben, 'blockedUsers')).toEqual([ann.id]);
  expect(await idsIn(ann, ann, 'blockedUsers')).toEqual([]);
  await act(ben, 'unblockUser', ann);
  expect([await stateOf(ann, ben), await stateOf(ben, ann)]).toEqual(['NONE', 'NONE']);
});

test('a block ends a friendship, and its lifting does not bring it back', async () => {
  const world = await openWorld();
  const [ann, ben] = [await world.player(FIRST_SHARD), await world.player(LAST_SHARD)];
  await befriend(ann, ben);
  await act(ann, 'blockUser', ben);
  expect([await stateOf(ann, ben), await stateOf(ben, ann)]).toEqual(['BLOCKED', 'NONE']);
  await act(ann, 'unblockUser', ben);
  expect([await stateOf(ann, ben), await stateOf(ben, ann)]).toEqual(['NONE', 'NONE']);
});

test('friends are shown to the player and to friends, requests and blocks to the player alone', async () => {
  const world = await openWorld();
  const [ann, ben, cy] = [await world.player(), await world.player(), await world.player()];
  await befriend(ann, ben);
  expect(await idsIn(ben, ann, 'friends')).toEqual([ben.id]);
  expect(await idsIn(cy, ann, 'friends')).toBeUndefined();
  expect(await idsIn(world.stranger, ann, 'friends')).toBeUndefined();
  for (const field of ['incomingFriendRequests', 'outgoingFriendRequests', 'blockedUsers', 'conversations']) {
    expect(await idsIn(ben, ann, field), field).toBeUndefined();
    expect(await idsIn(world.stranger, ann, field), field).toBeUndefined();
  }
  expect(await stateOf(ann, ann)).toBeNull();
  expect(await stateOf(world.stranger, ann)).toBeNull();
});

test('friends are paged the newest first, both ways, without a gap or a repeat', async () => {
  const world = await openWorld();
  const ann = await world.player();
  const others = [];
  for (let i = 0; i < 7; i++) {
    const other = await world.player();
    await befriend(ann, other);
    others.unshift(other.id);
  }
  const pageBy = async (args: string) =>
    fieldOf(
      ann,
      ann,
      `friends(${args}) { nodes { id } edges { since } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`,
    );
  const seen: string[] = [];
  for (let after = ''; ; ) {
    const page = await pageBy(`first: 3${after}`);
    seen.push(...page.nodes.map((node) => node.id));
    if (!page.pageInfo.hasNextPage) break;
    after = `, after: "${page.pageInfo.endCursor}"`;
  }
  expect(seen).toEqual(others);
  const last = await pageBy('last: 2');
  expect(last.nodes.map((node) => node.id)).toEqual(others.slice(-2));
  const before = await pageBy(`last: 2, before: "${last.pageInfo.startCursor}"`);
  expect(before.nodes.map((node) => node.id)).toEqual(others.slice(-4, -2));
  const forged = encodeCursor([1e300, 'x']);
  const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { friends(after: "${forged}") { nodes { id } } } } }`;
  const { errors } = await ann.run(query, { r: [{ __typename: 'User', id: ann.id }] });
  expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'after' });
});
