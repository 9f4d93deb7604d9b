import { expect, test } from 'vitest';
import { createPasswordHasher } from '../src/password-hasher.ts';
import { clientOf, openWorld, PASSWORD } from './world.ts';

test.each(['alice', 'ALICE', 'alice@example.org', 'Alice@EXAMPLE.org'])(
  'a player signs in by username or email address in any case: %s',
  async (name) => {
    const world = await openWorld();
    const { user } = await world.register();
    const result = await world.login(name);
    expect(result).toMatchObject({ __typename: 'LoginSuccess', user: { id: user.id } });
    expect(await world.verifier.verify(result.tokens.accessToken)).toMatchObject({ userId: user.id });
  },
);

test('each sign-in is a session of its own', async () => {
  const world = await openWorld();
  const tokens = [
    (await world.register()).tokens,
    (await world.login('alice')).tokens,
    (await world.login('alice')).tokens,
  ];
  const identities = await Promise.all(tokens.map(({ accessToken }) => world.verifier.verify(accessToken)));
  expect(new Set(identities.map(({ sessionId }) => sessionId)).size).toBe(3);
});

test('a wrong password, an unknown name and an unknown address get the very same answer, and nothing is written', async () => {
  const world = await openWorld();
  await world.register();
  const before = await world.snapshot();
  const answers = [
    await world.login('alice', 'wrong horse battery'),
    await world.login('nobody_here', PASSWORD),
    await world.login('nobody@example.org', PASSWORD),
    await world.login("' OR 1=1 --", PASSWORD),
    await world.login('alice', `${PASSWORD} `),
  ];
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]).toMatchObject({ __typename: 'InvalidCredentials', code: 'INVALID_CREDENTIALS' });
  expect(await world.snapshot()).toEqual(before);
});

test('an unknown player costs the work of a known one', async () => {
  const hasher = createPasswordHasher({ passwordCost: 10, passwordsAtOnce: 1, passwordsWaitingMax: 10 });
  const hash = await hasher.hash(PASSWORD);
  const time = async (of: string | null) => {
    const startedMs = performance.now();
    expect(await hasher.verify('wrong horse battery', of)).toBe(false);
    return performance.now() - startedMs;
  };
  const best = async (of: string | null) => Math.min(await time(of), await time(of), await time(of));
  const [known, unknown] = [await best(hash), await best(null)];
  expect(unknown).toBeGreaterThan(known / 2);
  expect(unknown).toBeLessThan(known * 2);
});

test('the digest that stands in for nobody fits no password', async () => {
  const hasher = createPasswordHasher({ passwordCost: 4, passwordsAtOnce: 1, passwordsWaitingMax: 10 });
  for (const password of ['', '.', PASSWORD]) expect(await hasher.verify(password, null)).toBe(false);
});

test.each([
  ['usernameOrEmail', '', PASSWORD],
  ['usernameOrEmail', 'x'.repeat(255), PASSWORD],
  ['password', 'alice', ''],
  ['password', 'alice', 'x'.repeat(73)],
])('what could be no sign-in is refused with its field: %s', async (field, name, password) => {
  const world = await openWorld();
  await world.register();
  await expect(world.login(name, password)).rejects.toMatchObject({
    errors: [{ extensions: { code: 'BAD_USER_INPUT', field: `input.${field}` } }],
  });
});

test('a password that goes on behind the 72 bytes that bcrypt reads is refused', async () => {
  const world = await openWorld();
  const password = 'x'.repeat(72);
  await world.register({ password });
  expect(await world.login('alice', password)).toMatchObject({ __typename: 'LoginSuccess' });
  await expect(world.login('alice', `${password}y`)).rejects.toThrow();
});

test('too many attempts with one name are refused unseen for a while, known or not, and other names are not', async () => {
  const world = await openWorld({ loginAttemptsMax: 3, loginAttemptsPerMinute: 2 });
  await world.register();
  await world.register({ username: 'bob', email: 'bob@example.org' });
  for (const name of ['alice', 'nobody']) {
    for (let i = 0; i < 3; i++)
      expect(await world.login(name, 'wrong horse battery')).toMatchObject({ code: 'INVALID_CREDENTIALS' });
    const before = await world.snapshot();
    expect(await world.login(name)).toMatchObject({ __typename: 'TooManyAttempts', retryAfterSeconds: 30 });
    expect(await world.login(name.toUpperCase())).toMatchObject({ __typename: 'TooManyAttempts' });
    expect(await world.snapshot()).toEqual(before);
  }
  expect(await world.login('bob')).toMatchObject({ __typename: 'LoginSuccess' });
  world.clock.advance(30_000);
  expect(await world.login('alice')).toMatchObject({ __typename: 'LoginSuccess' });
});

test('a sign-in after the cost was raised renews the hash, and the password stays', async () => {
  const world = await openWorld();
  await world.register();
  const costlier = await world.open({ passwordCost: 5 });
  expect(await clientOf(costlier).login('alice')).toMatchObject({ __typename: 'LoginSuccess' });
  await costlier.close();
  expect((await world.snapshot()).credentials[0]?.passwordHash).toMatch(/^\$2b\$05\$/);
  expect(await world.login('alice')).toMatchObject({ __typename: 'LoginSuccess' });
});
