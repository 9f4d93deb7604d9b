import { createTicketSigner } from '@playgraph/auth/ticket';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SCORE_MAX } from '../src/domain.ts';
import { ask, type BoardData, openWorld, submit, TICKET_SECRET, TICKET_TTL_MS, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld('submit-score');
});
afterAll(() => world.close());

/** Everything that the shards hold, event bookkeeping included. */
async function everything() {
  await world.subgraph.drained();
  return world.shards.scatter(async (db) => [
    await db.leaderboard.findMany(),
    await db.score.findMany(),
    await db.playerBoard.findMany(),
    await db.outboxEvent.findMany({ select: { id: true } }),
    await db.streamHead.findMany(),
    await db.idempotencyRecord.findMany(),
  ]);
}

async function expectUnchanged(work: () => Promise<void>) {
  const before = await everything();
  await work();
  expect(await everything()).toEqual(before);
}

test('a first score takes its place and is a personal best', async () => {
  const game = await world.game();
  const player = world.player();
  const { data } = await submit(world, { player, game, score: 300 });
  expect(data.submitScore).toEqual({
    __typename: 'SubmitScoreSuccess',
    isPersonalBest: true,
    previousRank: null,
    entry: { rank: 1, score: 300, achievedAt: '2026-11-21T08:00:00.000Z', player: { id: player.id } },
  });
});

test('a better score moves the player up and says where they came from', async () => {
  const game = await world.game();
  const [ann, bob] = [world.player(), world.player()];
  await submit(world, { player: ann, game, score: 300 });
  const second = await submit(world, { player: bob, game, score: 200 });
  expect(second.data.submitScore.entry.rank).toBe(2);
  const third = await submit(world, { player: bob, game, score: 301 });
  expect(third.data.submitScore).toMatchObject({
    isPersonalBest: true,
    previousRank: 2,
    entry: { rank: 1, score: 301 },
  });
});

test('a score that is not better succeeds and changes nothing', async () => {
  const game = await world.game();
  const player = world.player();
  await submit(world, { player, game, score: 300 });
  await expectUnchanged(async () => {
    for (const score of [300, 299, 0]) {
      const { data } = await submit(world, { player, game, score });
      expect(data.submitScore).toMatchObject({
        isPersonalBest: false,
        previousRank: 1,
        entry: { rank: 1, score: 300 },
      });
    }
  });
});

test('a ticket that is forged, foreign or expired is refused and nothing changes', async () => {
  const [game, other] = [await world.game(), await world.game()];
  const [player, thief] = [world.player(), world.player()];
  const own = world.session(player, game);
  const elsewhere = createTicketSigner({
    secret: 'another secret, as long as the first',
    purpose: 'play-session',
    clock: world.clock,
  });
  const download = createTicketSigner({ secret: TICKET_SECRET, purpose: 'download', clock: world.clock });
  const claims = { playSessionId: own.playSessionId, userId: player.id, gameId: game.id };
  const expired = world.tickets.sign(claims, 0);
  const bad = [
    { scoreTicket: '' },
    { scoreTicket: `${own.scoreTicket}x` },
    { scoreTicket: elsewhere.sign(claims, 60_000) },
    { scoreTicket: download.sign(claims, 60_000) },
    { scoreTicket: expired },
    { scoreTicket: world.session(player, game).scoreTicket },
    world.session(player, other),
    world.session(thief, game),
  ];
  await expectUnchanged(async () => {
    for (const proof of bad) {
      const { data } = await submit(world, { player, game, score: 9, ...own, ...proof });
      expect(data.submitScore).toMatchObject({ __typename: 'InvalidPlaySession', code: 'INVALID_PLAY_SESSION' });
    }
    const keyed = await submit(world, {
      player,
      game,
      score: 9,
      ...own,
      scoreTicket: expired,
      idempotencyKey: 'k'.repeat(20),
    });
    expect(keyed.data.submitScore.code).toBe('INVALID_PLAY_SESSION');
  });
  expect((await submit(world, { player, game, score: 9, ...own })).data.submitScore.isPersonalBest).toBe(true);
});

test('a score counts until its ticket ends, and what comes later is told so', async () => {
  const game = await world.game();
  const player = world.player();
  const own = world.session(player, game);
  world.clock.advance(TICKET_TTL_MS - 1);
  expect((await submit(world, { player, game, score: 9, ...own })).data.submitScore.isPersonalBest).toBe(true);
  world.clock.advance(1);
  await expectUnchanged(async () => {
    const { data } = await submit(world, { player, game, score: 10, ...own });
    expect(data.submitScore).toMatchObject({
      code: 'INVALID_PLAY_SESSION',
      message: 'This score came too late, or not from a play session of yours. Start the game again.',
    });
  });
});

test('malformed input and unknown boards are refused by code and field and nothing changes', async () => {
  const game = await world.game();
  const player = world.player();
  await expectUnchanged(async () => {
    const refuse = async (input: Record<string, unknown>, extensions: object) => {
      const { data, errors } = await submit(world, { player, game, score: 9, ...input });
      expect(data?.submitScore ?? null).toBeNull();
      expect(errors?.[0]?.extensions).toMatchObject(extensions);
    };
    await refuse({ score: -1 }, { code: 'BAD_USER_INPUT', field: 'input.score' });
    await refuse({ leaderboardId: game.id }, { code: 'BAD_USER_INPUT', field: 'input.leaderboardId' });
    await refuse({ playSessionId: 'play_1' }, { code: 'BAD_USER_INPUT', field: 'input.playSessionId' });
    await refuse({ leaderboardId: world.ids.make('leaderboard') }, { code: 'NOT_FOUND' });
    await refuse({ idempotencyKey: 'short' }, { code: 'BAD_USER_INPUT', field: 'input.idempotencyKey' });
    const query = 'mutation ($input: SubmitScoreInput!) { submitScore(input: $input) { __typename } }';
    const input = { leaderboardId: game.boardId, score: 1, ...world.session(player, game) };
    const anonymous = await ask(world.subgraph, null).run(query, { input });
    expect(anonymous.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });
});

test('the highest score there is counts, and the lowest', async () => {
  const game = await world.game();
  const [ann, bob] = [world.player(), world.player()];
  expect((await submit(world, { player: ann, game, score: 0 })).data.submitScore.entry.rank).toBe(1);
  const { data } = await submit(world, { player: bob, game, score: SCORE_MAX });
  expect(data.submitScore.entry).toMatchObject({ rank: 1, score: SCORE_MAX });
});

test('an idempotency key gives the first answer again, even when the ticket has expired meanwhile', async () => {
  const game = await world.game();
  const player = world.player();
  const play = { player, game, score: 50, idempotencyKey: 'first-try-of-the-day', ...world.session(player, game) };
  const first = await submit(world, play);
  await expectUnchanged(async () => {
    expect(await submit(world, play)).toEqual(first);
    world.clock.advance(120_000);
    expect(await submit(world, play)).toEqual(first);
    const other = await submit(world, { ...play, ...world.session(player, game), score: 51 });
    expect(other.errors?.[0]?.extensions.code).toBe('CONFLICT');
  });
});

test('of many submissions at once, through two processes, the best stays and every event counts', async () => {
  const game = await world.game();
  const second = await world.start(world.hot);
  const players = [world.player(), world.player(), world.player()].sort((left, right) => (left.id < right.id ? -1 : 1));
  const scores = Array.from({ length: 20 }, () => world.random.int(1000));
  const answers = await Promise.all(
    scores.flatMap((score, i) =>
      players.map((player) => submit(world, { player, game, score, on: i % 2 ? second : world.subgraph })),
    ),
  );
  expect(answers.filter(({ errors }) => errors)).toEqual([]);
  const best = Math.max(...scores);
  const query = 'query ($id: ID!) { leaderboard(id: $id) { top { nodes { rank score player { id } } } } }';
  for (const subgraph of [world.subgraph, second]) {
    const { data } = await ask(subgraph, null).run<BoardData>(query, { id: game.boardId });
    expect(data.leaderboard.top.nodes).toEqual(
      players.map(({ id }, i) => ({ rank: i + 1, score: best, player: { id } })),
    );
  }
  const events = await world.shards
    .forId(game.boardId)
    .outboxEvent.findMany({ where: { stream: game.boardId }, orderBy: { seq: 'asc' } });
  expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1));
  for (const { id } of players) {
    const own = events
      .map((event) => JSON.parse(event.data))
      .filter((data) => data.userId === id)
      .map((data) => data.score);
    expect(own).toEqual([...new Set(own)].sort((left, right) => left - right));
    expect(own.at(-1)).toBe(best);
  }
});
