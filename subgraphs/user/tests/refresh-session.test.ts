import { DomainError } from '@playgraph/kernel/errors';
import { expect, test } from 'vitest';
import { openWorld, type World } from './world.ts';

const GRACE_MS = 30_000;
const ended = { __typename: 'SessionEnded', code: 'SESSION_ENDED' };
const open = () => openWorld({ refreshGraceMs: GRACE_MS, refreshTtlMs: 1_000_000, sessionTtlMs: 2_500_000 });
const identityOf = (world: World, accessToken: string) => world.verifier.verify(accessToken);

test('a refresh gives the next tokens of the same session', async () => {
  const world = await open();
  const { user, tokens } = await world.register();
  world.clock.advance(60_000);
  const refreshed = await world.refresh(tokens.refreshToken);
  expect(refreshed).toMatchObject({ __typename: 'RefreshSessionSuccess', user: { id: user.id } });
  expect(refreshed.tokens.refreshToken).not.toBe(tokens.refreshToken);
  const [before, after] = await Promise.all(
    [tokens, refreshed.tokens].map((held) => identityOf(world, held.accessToken)),
  );
  expect(after).toEqual(before);
  expect(Date.parse(refreshed.tokens.accessTokenExpiresAt)).toBe(Date.parse(tokens.accessTokenExpiresAt) + 60_000);
});

test('two tabs that refresh at once both stay signed in, again and again', async () => {
  const world = await open();
  let held = (await world.register()).tokens.refreshToken;
  for (let round = 0; round < 3; round++) {
    const tabs = await Promise.all(Array.from({ length: 5 }, () => world.refresh(held)));
    expect(new Set(tabs.map(({ tokens }) => tokens.refreshToken)).size).toBe(1);
    held = tabs[0]?.tokens.refreshToken ?? '';
    world.clock.advance(GRACE_MS + 1);
  }
  expect((await world.snapshot()).sessions).toMatchObject([{ endedAt: null }]);
});

test('a tab that comes late within the grace gets the newest token, however often the other one refreshed', async () => {
  const world = await open();
  const { tokens } = await world.register();
  const second = await world.refresh(tokens.refreshToken);
  world.clock.advance(GRACE_MS - 1);
  const third = await world.refresh(second.tokens.refreshToken);
  world.clock.advance(1);
  const late = await world.refresh(tokens.refreshToken);
  expect(late.tokens.refreshToken).toBe(third.tokens.refreshToken);
  world.clock.advance(GRACE_MS * 2);
  expect(await world.refresh(late.tokens.refreshToken)).toMatchObject({ __typename: 'RefreshSessionSuccess' });
});

test('a token that comes back after the grace ends the session for whoever holds it', async () => {
  const world = await open();
  const { tokens } = await world.register();
  const other = await world.login('alice');
  const { tokens: next } = await world.refresh(tokens.refreshToken);
  world.clock.advance(GRACE_MS + 1);
  expect(await world.refresh(tokens.refreshToken)).toMatchObject(ended);
  expect(await world.refresh(next.refreshToken)).toMatchObject(ended);
  const { sessionId } = await identityOf(world, next.accessToken);
  expect(await world.store.findSession(sessionId)).toMatchObject({ endReason: 'TOKEN_REUSED' });
  expect(await world.refresh(other.tokens.refreshToken)).toMatchObject({ __typename: 'RefreshSessionSuccess' });
});

test('a thief who got the shared token within the grace is found out at the next exchange', async () => {
  const world = await open();
  const { tokens } = await world.register();
  const [honest, thief] = await Promise.all([world.refresh(tokens.refreshToken), world.refresh(tokens.refreshToken)]);
  world.clock.advance(GRACE_MS + 1);
  await world.refresh(honest.tokens.refreshToken);
  world.clock.advance(GRACE_MS + 1);
  expect(await world.refresh(thief.tokens.refreshToken)).toMatchObject(ended);
});

test('a token that nobody gave out is refused and does the session no harm', async () => {
  const world = await open();
  const { tokens } = await world.register();
  const [sessionId = '', secret = ''] = tokens.refreshToken.split('.');
  const before = await world.snapshot();
  const made = [
    `${sessionId}.${'A'.repeat(43)}`,
    `${world.ids.make('session')}.${secret}`,
    sessionId,
    secret,
    '',
    '.',
    `${tokens.refreshToken}.x`,
    tokens.accessToken.slice(0, 200),
  ];
  for (const token of made) expect(await world.refresh(token)).toMatchObject(ended);
  expect(await world.snapshot()).toEqual(before);
  expect(await world.refresh(tokens.refreshToken)).toMatchObject({ __typename: 'RefreshSessionSuccess' });
});

test('a text that is far too long for a token is bad input', async () => {
  const world = await open();
  await expect(world.refresh('x'.repeat(257))).rejects.toMatchObject({
    errors: [{ extensions: { code: 'BAD_USER_INPUT', field: 'input.refreshToken' } }],
  });
});

test('a refresh token that was not used in time is over', async () => {
  const world = await open();
  const { tokens } = await world.register();
  world.clock.advance(Date.parse(tokens.refreshTokenExpiresAt) - world.clock.nowMs());
  expect(await world.refresh(tokens.refreshToken)).toMatchObject(ended);
});

test('refreshing goes on until the session itself is over, and the last token does not promise more', async () => {
  const world = await open();
  let { tokens } = await world.register();
  for (let i = 0; i < 2; i++) {
    world.clock.advance(900_000);
    tokens = (await world.refresh(tokens.refreshToken)).tokens;
  }
  expect(Date.parse(tokens.refreshTokenExpiresAt)).toBe(world.clock.nowMs() + 700_000);
  world.clock.advance(700_000);
  expect(await world.refresh(tokens.refreshToken)).toMatchObject(ended);
});

test('after a logout refreshing fails at once, and the other session goes on', async () => {
  const world = await open();
  const { tokens } = await world.register();
  const other = await world.login('alice');
  const identity = await identityOf(world, tokens.accessToken);
  expect((await world.logout(identity)).data).toEqual({ logout: { __typename: 'LogoutSuccess', endedSessions: 1 } });
  expect(await world.refresh(tokens.refreshToken)).toMatchObject(ended);
  const before = await world.snapshot();
  const alreadyOut = { logout: { __typename: 'AlreadySignedOut', code: 'ALREADY_SIGNED_OUT' } };
  expect((await world.logout(identity)).data).toEqual(alreadyOut);
  expect(await world.snapshot()).toEqual(before);
  expect(await world.refresh(other.tokens.refreshToken)).toMatchObject({ __typename: 'RefreshSessionSuccess' });
});

test('a logout everywhere from a session that is over ends the other ones, and is refused when there are none', async () => {
  const world = await open();
  const { tokens } = await world.register();
  await world.login('alice');
  const identity = await identityOf(world, tokens.accessToken);
  await world.logout(identity);
  expect((await world.logout(identity, { everywhere: true })).data).toMatchObject({ logout: { endedSessions: 1 } });
  const again = await world.logout(identity, { everywhere: true });
  expect(again.data).toEqual({ logout: { __typename: 'AlreadySignedOut', code: 'ALREADY_SIGNED_OUT' } });
});

test('a logout everywhere ends every session of that player and of nobody else', async () => {
  const world = await open();
  const { tokens } = await world.register();
  const second = await world.login('alice');
  const bob = await world.register({ username: 'bob', email: 'bob@example.org' });
  const identity = await identityOf(world, tokens.accessToken);
  expect((await world.logout(identity, { everywhere: true })).data).toMatchObject({ logout: { endedSessions: 2 } });
  expect(await world.refresh(tokens.refreshToken)).toMatchObject(ended);
  expect(await world.refresh(second.tokens.refreshToken)).toMatchObject(ended);
  expect(await world.refresh(bob.tokens.refreshToken)).toMatchObject({ __typename: 'RefreshSessionSuccess' });
});

test('nobody cannot log out', async () => {
  const world = await open();
  const { data, errors } = await world.ask('mutation { logout { __typename } }');
  expect([data, errors[0]?.extensions?.code]).toEqual([null, 'UNAUTHENTICATED']);
});

test('an access token counts for at most 15 minutes, also after a logout', async () => {
  const world = await open();
  const { tokens } = await world.register();
  const identity = await identityOf(world, tokens.accessToken);
  await world.logout(identity);
  expect(Date.parse(tokens.accessTokenExpiresAt) - world.clock.nowMs()).toBeLessThanOrEqual(15 * 60_000);
  world.clock.advance(15 * 60_000);
  await expect(identityOf(world, tokens.accessToken)).rejects.toThrow(DomainError);
  await expect(world.open({ accessTtlMs: 15 * 60_000 + 1 })).rejects.toThrow(RangeError);
});

test('sessions that are over are cleared away with their tokens, others stay', async () => {
  const world = await open();
  await world.register();
  world.clock.advance(2_000_000);
  await world.register({ username: 'bob', email: 'bob@example.org' });
  world.clock.advance(500_000);
  expect(await world.store.deleteSessionsOver(world.clock.now(), 100)).toBe(1);
  expect(await world.store.deleteSessionsOver(world.clock.now(), 100)).toBe(0);
  const { sessions, tokens } = await world.snapshot();
  expect([sessions.length, tokens.length]).toEqual([1, 1]);
  expect(tokens[0]?.sessionId).toBe(sessions[0]?.id);
});
