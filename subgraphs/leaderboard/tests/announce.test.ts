import type { EntityChange } from '@playgraph/cache/entity-changes';
import { expect, test } from 'vitest';
import { ask, type BoardData, openWorld, submit } from './world.ts';

const TOP = 'query ($id: ID!) { leaderboard(id: $id) { top(first: 5) { nodes { score } } } }';

test('when a board is told to have changed, whoever asks at once is shown the new score', async () => {
  const told: { readonly changes: readonly EntityChange[]; readonly scores: readonly number[] }[] = [];
  let boardId: string | null = null;
  const world = await openWorld('announce', async (changes) => {
    if (boardId === null) return;
    const { data } = await ask(world.subgraph, null).run<BoardData>(TOP, { id: boardId });
    told.push({ changes, scores: data.leaderboard.top.nodes.map(({ score }) => score) });
  });
  const game = await world.game();
  boardId = game.boardId;
  const board = { typename: 'Leaderboard', key: { id: game.boardId } };
  await submit(world, { player: world.player(), game, score: 300 });
  await world.subgraph.drained();
  expect(told).toEqual([{ changes: [board], scores: [300] }]);
  await world.close();
});
