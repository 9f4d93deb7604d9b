import { bucketOf } from '@playgraph/kernel/ids';
import { START_MS } from '@playgraph/testkit/subgraph-ports';
import { expect, test } from 'vitest';
import { usernameKey } from '../src/domain.ts';
import { openWorld, PASSWORD, recordEvents } from './world.ts';

const nothing = { users: [], credentials: [], names: [], sessions: [], tokens: [], events: [] };

test('a new player is registered, signed in, and announced', async () => {
  const world = await openWorld();
  const events = await recordEvents(world);
  const result = await world.register({ displayName: ' Alice 🦊 ' });
  expect(result).toMatchObject({
    __typename: 'RegisterSuccess',
    user: { username: 'alice', displayName: 'Alice 🦊', joinedAt: new Date(START_MS).toISOString() },
  });
  const identity = await world.verifier.verify(result.tokens.accessToken);
  expect(identity).toMatchObject({ userId: result.user.id, scopes: [] });
  expect(bucketOf(identity.sessionId)).toBe(bucketOf(result.user.id));
  await world.subgraph.drained();
  expect(events).toMatchObject([
    {
      type: 'user.registered',
      stream: result.user.id,
      seq: 1,
      data: { userId: result.user.id, username: 'alice', displayName: 'Alice 🦊' },
    },
  ]);
});

test('both names of a new player are confirmed', async () => {
  const world = await openWorld();
  const { user } = await world.register();
  const { names } = await world.snapshot();
  expect(names.map(({ kind, name, userId, state }) => [kind, name, userId, state]).sort()).toEqual([
    ['email', 'alice@example.org', user.id, 'CONFIRMED'],
    ['username', 'alice', user.id, 'CONFIRMED'],
  ]);
});

test('a player without a display name is shown by the username', async () => {
  const world = await openWorld();
  expect(await world.register({ displayName: null })).toMatchObject({ user: { displayName: 'alice' } });
});

test('neither the password nor a refresh token is stored as it is', async () => {
  const world = await openWorld();
  const { tokens } = await world.register();
  const stored = JSON.stringify(await world.snapshot());
  expect(stored).not.toContain(PASSWORD);
  expect(stored).not.toContain(tokens.refreshToken);
  expect(stored).not.toContain(tokens.refreshToken.split('.')[1]);
  expect(stored).not.toContain(tokens.accessToken);
});

test.each([
  ['username', { username: 'al' }],
  ['username', { username: 'a'.repeat(25) }],
  ['username', { username: 'al ice' }],
  ['username', { username: 'al-ice' }],
  ['username', { username: 'älice' }],
  ['username', { username: 'alice\n' }],
  ['username', { username: '' }],
  ['email', { email: 'alice' }],
  ['email', { email: 'alice@example' }],
  ['email', { email: '@example.org' }],
  ['email', { email: 'a b@example.org' }],
  ['email', { email: 'a@-example.org' }],
  ['email', { email: 'a@example..org' }],
  ['email', { email: `${'a'.repeat(65)}@example.org` }],
  ['email', { email: `a@${'b'.repeat(60)}.${'c'.repeat(63)}.${'d'.repeat(63)}.${'e'.repeat(63)}.org` }],
  ['email', { email: 'alice@example.org\r\nBcc: all@example.org' }],
  ['password', { password: 'short-one' }],
  ['password', { password: 'x'.repeat(73) }],
  ['password', { password: 'ä'.repeat(37) }],
  ['password', { password: 'with a zero\0byte' }],
  ['password', { password: 'half a pair \ud83d here' }],
  ['displayName', { displayName: '' }],
  ['displayName', { displayName: '   ' }],
  ['displayName', { displayName: 'x'.repeat(41) }],
  ['displayName', { displayName: 'two\nlines' }],
  ['displayName', { displayName: 'backwards \u202e here' }],
  ['displayName', { displayName: '\u200b' }],
])('a malformed %s is refused with its field and nothing is written: %j', async (field, input) => {
  const world = await openWorld();
  await expect(world.register(input)).rejects.toMatchObject({
    errors: [{ extensions: { code: 'BAD_USER_INPUT', field: `input.${field}` } }],
  });
  expect(await world.snapshot()).toEqual(nothing);
});

test.each([
  { username: 'abc', password: 'ten bytes!' },
  { username: 'A_23456789_123456789_123', password: 'x'.repeat(72) },
  { email: `${'a'.repeat(64)}@mail.example.org`, password: 'ä'.repeat(36) },
  { email: "o'brien+games@sub.example.co", displayName: '🧑‍🚀'.normalize() },
])('what lies just inside the limits is taken: %j', async (input) => {
  const world = await openWorld();
  expect(await world.register(input)).toMatchObject({ __typename: 'RegisterSuccess' });
});

test('a username is taken in any case, and the refusal changes nothing', async () => {
  const world = await openWorld();
  await world.register();
  const before = await world.snapshot();
  expect(await world.register({ username: 'ALICE', email: 'other@example.org' })).toMatchObject({
    __typename: 'UsernameTaken',
    code: 'USERNAME_TAKEN',
    username: 'ALICE',
  });
  expect(await world.snapshot()).toEqual(before);
});

test('an email address is taken in any case, and the refusal changes nothing, the username stays free', async () => {
  const world = await openWorld();
  await world.register();
  const before = await world.snapshot();
  expect(await world.register({ username: 'bob', email: 'Alice@Example.org' })).toMatchObject({
    __typename: 'EmailTaken',
    code: 'EMAIL_TAKEN',
  });
  expect(await world.snapshot()).toEqual(before);
  expect(await world.register({ username: 'bob', email: 'bob@example.org' })).toMatchObject({
    user: { username: 'bob' },
  });
});

test('of many who register one username at the same time exactly one gets it', async () => {
  const world = await openWorld();
  const attempts = Array.from({ length: 8 }, (_, i) => world.register({ email: `alice${i}@example.org` }));
  const results = await Promise.all(attempts);
  expect(results.map(({ __typename }) => __typename).sort()).toEqual([
    'RegisterSuccess',
    ...Array<string>(7).fill('UsernameTaken'),
  ]);
  const { users, names } = await world.snapshot();
  expect(users).toHaveLength(1);
  expect(names.map(({ userId }) => userId)).toEqual([users[0]?.id, users[0]?.id]);
});

test('of many who register one email address at the same time exactly one gets it and the other usernames are free', async () => {
  const world = await openWorld();
  const results = await Promise.all(Array.from({ length: 8 }, (_, i) => world.register({ username: `alice${i}` })));
  expect(results.filter(({ __typename }) => __typename === 'RegisterSuccess')).toHaveLength(1);
  expect(results.filter(({ __typename }) => __typename === 'EmailTaken')).toHaveLength(7);
  const { users, names } = await world.snapshot();
  expect(users).toHaveLength(1);
  expect(names).toHaveLength(2);
});

test('a registration that died before its player was written blocks the name until the reservation is over', async () => {
  const world = await openWorld({ reservationMs: 120_000 });
  const gone = world.ids.make('user');
  await world.store.insertName(usernameKey('alice'), gone, new Date(START_MS + 120_000));
  expect(await world.register()).toMatchObject({ __typename: 'UsernameTaken' });
  expect((await world.ask('{ userByUsername(username: "alice") { id } }')).data).toEqual({ userByUsername: null });
  world.clock.advance(120_000);
  const { user } = await world.register();
  expect((await world.ask('{ userByUsername(username: "alice") { id } }')).data).toEqual({
    userByUsername: { id: user.id },
  });
});

test('of many who take over one dead reservation exactly one gets the name', async () => {
  const world = await openWorld();
  await world.store.insertName(usernameKey('alice'), world.ids.make('user'), new Date(START_MS - 1));
  const results = await Promise.all(
    Array.from({ length: 6 }, (_, i) => world.register({ email: `a${i}@example.org` })),
  );
  expect(results.filter(({ __typename }) => __typename === 'RegisterSuccess')).toHaveLength(1);
  expect((await world.snapshot()).users).toHaveLength(1);
});

test('a registration that died after its player was written keeps the name for good', async () => {
  const world = await openWorld();
  const { user } = await world.register();
  const key = usernameKey('alice');
  const asDied = { state: 'RESERVED', reservedUntil: new Date(START_MS) };
  await world.shards.forName(key.name).uniqueName.updateMany({ where: key, data: asDied });
  world.clock.advance(1);
  expect(await world.register({ email: 'new@example.org' })).toMatchObject({ __typename: 'UsernameTaken' });
  expect(await world.store.findNameHolder(key)).toMatchObject({ userId: user.id, state: 'CONFIRMED' });
  expect(await world.login('alice')).toMatchObject({ __typename: 'LoginSuccess' });
});

test('a registration too slow for its reservation is not made, and gives its names back', async () => {
  const world = await openWorld({ reservationMs: 1_000 });
  await expect(world.register()).rejects.toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] });
  expect(await world.snapshot()).toEqual(nothing);
});

test('more sign-ins at once than may wait are told to come back, and nothing is written for them', async () => {
  const world = await openWorld({ passwordsAtOnce: 1, passwordsWaitingMax: 1 });
  const attempts = Array.from({ length: 6 }, (_, i) =>
    world.register({ username: `alice${i}`, email: `a${i}@example.org` }),
  );
  const results = await Promise.allSettled(attempts);
  const refused = results.filter(({ status }) => status === 'rejected');
  expect(refused.length).toBeGreaterThan(0);
  for (const result of refused) {
    expect(result).toMatchObject({
      reason: { errors: [{ extensions: { code: 'UNAVAILABLE', retryAfterSeconds: 2 } }] },
    });
  }
  const { users, names } = await world.snapshot();
  expect(users).toHaveLength(results.length - refused.length);
  expect(names).toHaveLength(users.length * 2);
});
