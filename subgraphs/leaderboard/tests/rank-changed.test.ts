import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, type BoardData, openWorld, submit, type World } from './world.ts';

const RANK_CHANGED = `subscription ($id: ID!, $after: String) {
  rankChanged(leaderboardId: $id, after: $after) {
    cursor sequence occurredAt previousRank
    leaderboard { id entryCount viewerEntry { rank } }
    entry { rank score achievedAt player { id } }
  }
}`;

type RankChanged = { readonly rankChanged: { readonly cursor: string; readonly sequence: number } };

let world: World;
beforeAll(async () => {
  world = await openWorld('rank-changed');
});
afterAll(() => world.close());

test('every improvement arrives in order, with what a new reader of the same cursor would see', async () => {
  const game = await world.game();
  const [ann, bob] = [world.player(), world.player()];
  await submit(world, { player: ann, game, score: 10 });
  await submit(world, { player: bob, game, score: 5 });
  const all = ask(world.subgraph, bob).subscribe<RankChanged>(RANK_CHANGED, { id: game.boardId, after: null });
  const first = all.next();
  // Live only: what happened before is not told again. The next submission is waited for by both.
  await submit(world, { player: bob, game, score: 4 });
  await submit(world, { player: bob, game, score: 20 });
  const { value } = await first;
  expect(value?.data.rankChanged).toMatchObject({
    sequence: 3,
    occurredAt: '2026-11-21T08:00:00.000Z',
    previousRank: 2,
    leaderboard: { id: game.boardId, entryCount: 2, viewerEntry: { rank: 1 } },
    entry: { rank: 1, score: 20, achievedAt: '2026-11-21T08:00:00.000Z', player: { id: bob.id } },
  });
  await submit(world, { player: ann, game, score: 30 });
  const next = await all.next();
  expect(next.value?.data.rankChanged).toMatchObject({
    sequence: 4,
    previousRank: 2,
    leaderboard: { viewerEntry: { rank: 2 } },
    entry: { player: { id: ann.id }, rank: 1 },
  });
  await all.return();

  const resumed = ask(world.subgraph, null).subscribe<RankChanged>(RANK_CHANGED, {
    id: game.boardId,
    after: value?.data.rankChanged.cursor,
  });
  expect((await resumed.next()).value?.data.rankChanged.sequence).toBe(4);
  await resumed.return();
});

test('the cursor of a board starts a stream right behind what the board shows', async () => {
  const game = await world.game();
  const ann = world.player();
  const board = () =>
    ask(world.subgraph, null).run<BoardData>('query ($id: ID!) { leaderboard(id: $id) { eventCursor } }', {
      id: game.boardId,
    });
  const before = (await board()).data.leaderboard.eventCursor;
  await submit(world, { player: ann, game, score: 1 });
  const between = (await board()).data.leaderboard.eventCursor;
  await submit(world, { player: ann, game, score: 2 });
  for (const [after, sequence] of [
    [before, 1],
    [between, 2],
  ] as const) {
    const events = ask(world.subgraph, null).subscribe<RankChanged>(RANK_CHANGED, { id: game.boardId, after });
    expect((await events.next()).value?.data.rankChanged.sequence).toBe(sequence);
    await events.return();
  }
});

test('a stream that cannot be is refused at once', async () => {
  const game = await world.game();
  const refuse = async (variables: object, extensions: object) => {
    const events = ask(world.subgraph, null).subscribe<RankChanged>(RANK_CHANGED, { ...variables });
    expect((await events.next()).value?.errors?.[0]?.extensions).toMatchObject(extensions);
    expect((await events.next()).done).toBe(true);
  };
  await refuse({ id: world.ids.make('leaderboard') }, { code: 'NOT_FOUND' });
  await refuse({ id: 'x' }, { code: 'BAD_USER_INPUT', field: 'leaderboardId' });
  await refuse({ id: game.boardId, after: 'nonsense' }, { code: 'BAD_USER_INPUT', field: 'after' });
});
