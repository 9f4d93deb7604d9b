import { createTicketSigner } from '@playgraph/auth/ticket';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openWorld, type Player, TICKET_SECRET, type World } from './world.ts';

let world: World;
let player: Player;
let gameId: string;
beforeEach(async () => {
  world = await openWorld();
  player = world.player();
  await world.import([{ slug: 'tomb' }]);
  gameId = await world.gameIdOf('tomb');
});
afterEach(() => world.close());

type Session = { id: string; scoreTicket: string | null; startedAt: string; endedAt: string | null };
const START = `mutation Start($gameId: ID!) { startPlaySession(input: { gameId: $gameId }) {
  __typename ... on PlaySession { id startedAt endedAt scoreTicket game { slug } player { id } }
  ... on Refusal { code message } ... on NotOwned { game { slug } }
} }`;
const END = `mutation End($id: ID!) { endPlaySession(input: { playSessionId: $id }) {
  ... on PlaySession { id endedAt scoreTicket } ... on Refusal { __typename code }
} }`;
const SESSIONS = `query Q($of: [_Any!]!) { _entities(representations: $of) { ... on User {
  playSessions(first: 10) { nodes { id endedAt game { slug } } }
} } }`;

const start = (viewer: Player | null, id = gameId) =>
  world.ask<{ startPlaySession: Session }>(START, viewer, { gameId: id });
const end = (viewer: Player | null, id: string) => world.ask<{ endPlaySession: Session }>(END, viewer, { id });
const sessions = (viewer: Player | null) =>
  world.ask<{ _entities: { playSessions: { nodes: Session[] } | null }[] }>(SESSIONS, viewer, {
    of: [{ __typename: 'User', id: player.id }],
  });

test('an owner starts a session whose ticket proves to the leaderboards who plays what', async () => {
  await world.pay(player, ['tomb']);
  const { data, errors } = await start(player);
  expect(errors).toBeUndefined();
  const session = data.startPlaySession;
  expect(session).toMatchObject({
    __typename: 'PlaySession',
    startedAt: '2026-11-21T08:00:00.000Z',
    endedAt: null,
    game: { slug: 'tomb' },
    player: { id: player.id },
  });
  const signer = createTicketSigner({ secret: TICKET_SECRET, purpose: 'play-session', clock: world.clock });
  const claims = { playSessionId: session.id, userId: player.id, gameId };
  expect(signer.verify(session.scoreTicket ?? '')).toEqual(claims);
  world.clock.advance(12 * 60 * 60_000);
  expect(() => signer.verify(session.scoreTicket ?? '')).toThrow();
});

test('who does not own a game cannot play it, and nothing is changed', async () => {
  await world.pay(world.player(), ['tomb']);
  const before = await world.everything();
  const refusal = {
    __typename: 'NotOwned',
    code: 'NOT_OWNED',
    message: 'You do not own Tomb.',
    game: { slug: 'tomb' },
  };
  expect((await start(player)).data).toEqual({ startPlaySession: refusal });
  const codeOf = async (answer: ReturnType<typeof start>) => (await answer).errors?.[0]?.extensions.code;
  expect(await codeOf(start(null))).toBe('UNAUTHENTICATED');
  expect(await codeOf(start(player, world.ids.make('game')))).toBe('NOT_FOUND');
  expect(await codeOf(start(player, world.ids.make('user')))).toBe('BAD_USER_INPUT');
  expect(await world.everything()).toEqual(before);
});

test('a session ends once, whatever is called later, and then gives no tickets', async () => {
  await world.pay(player, ['tomb']);
  const { id } = (await start(player)).data.startPlaySession;
  world.clock.advance(60_000);
  const ended = { id, endedAt: '2026-11-21T08:01:00.000Z', scoreTicket: null };
  expect((await end(player, id)).data).toEqual({ endPlaySession: ended });
  world.clock.advance(60_000);
  expect((await end(player, id)).data).toEqual({ endPlaySession: ended });
});

test('a ticket that was read before the session ended counts until its own end', async () => {
  await world.pay(player, ['tomb']);
  const { id, scoreTicket } = (await start(player)).data.startPlaySession;
  const signer = createTicketSigner({ secret: TICKET_SECRET, purpose: 'play-session', clock: world.clock });
  await end(player, id);
  world.clock.advance(12 * 60 * 60_000 - 1);
  expect(signer.verify(scoreTicket ?? '')).toMatchObject({ playSessionId: id });
  world.clock.advance(1);
  expect(() => signer.verify(scoreTicket ?? '')).toThrow();
});

test('nobody can end or see the session of another player', async () => {
  await world.pay(player, ['tomb']);
  const { id } = (await start(player)).data.startPlaySession;
  const stranger = world.player();
  const before = await world.everything();
  const codeOf = async (answer: ReturnType<typeof end>) => (await answer).errors?.[0]?.extensions.code;
  const notFound = { endPlaySession: { __typename: 'PlaySessionNotFound', code: 'PLAY_SESSION_NOT_FOUND' } };
  expect((await end(stranger, id)).data).toEqual(notFound);
  expect(await codeOf(end(null, id))).toBe('UNAUTHENTICATED');
  expect((await end(player, world.ids.make('play'))).data).toEqual(notFound);
  expect(await codeOf(end(player, gameId))).toBe('BAD_USER_INPUT');
  expect(await world.everything()).toEqual(before);
  const entities = 'query Q($of: [_Any!]!) { _entities(representations: $of) { ... on PlaySession { id } } }';
  const of = [{ __typename: 'PlaySession', id }];
  expect((await world.ask<object>(entities, stranger, { of })).data).toEqual({ _entities: [null] });
  expect((await world.ask<object>(entities, null, { of })).data).toEqual({ _entities: [null] });
  expect((await world.ask<object>(entities, player, { of })).data).toEqual({ _entities: [{ id }] });
  expect((await sessions(stranger)).data._entities).toEqual([{ playSessions: null }]);
  expect((await sessions(null)).data._entities).toEqual([{ playSessions: null }]);
});

test('a player sees their sessions, the latest first', async () => {
  await world.pay(player, ['tomb']);
  const first = (await start(player)).data.startPlaySession.id;
  world.clock.advance(1_000);
  const second = (await start(player)).data.startPlaySession.id;
  await end(player, first);
  expect((await sessions(player)).data._entities[0]?.playSessions?.nodes).toEqual([
    { id: second, endedAt: null, game: { slug: 'tomb' } },
    { id: first, endedAt: '2026-11-21T08:00:01.000Z', game: { slug: 'tomb' } },
  ]);
});
