import { systemClock } from '@playgraph/kernel/clock';
import { bucketOf, createIds, isId } from '@playgraph/kernel/ids';
import { createSeededRandom } from '@playgraph/kernel/random';
import { expect, test } from 'vitest';
import { boardIdOf } from '../src/board-id.ts';
import { loadConfig } from '../src/config.ts';
import { compareStandings, isImprovement, ticketFits } from '../src/domain.ts';
import { createTurns } from '../src/turns.ts';

const ids = createIds({ clock: systemClock, random: createSeededRandom('domain') });

test('the higher score ranks first, and of equal scores the smaller player id', () => {
  const standings = [
    { score: 1, playerId: 'user_A' },
    { score: 2, playerId: 'user_C' },
    { score: 2, playerId: 'user_B' },
  ];
  expect([...standings].sort(compareStandings).map((standing) => standing.playerId)).toEqual([
    'user_B',
    'user_C',
    'user_A',
  ]);
  expect(compareStandings({ score: 2, playerId: 'user_B' }, { score: 2, playerId: 'user_B' })).toBe(0);
});

test('only a higher score improves on the best', () => {
  expect([isImprovement(0, null), isImprovement(2, 1), isImprovement(1, 1), isImprovement(0, 1)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test('a ticket fits only its own session, player and game', () => {
  const claims = { playSessionId: 'play_1', userId: 'user_1', gameId: 'game_1' };
  expect(ticketFits(claims, claims)).toBe(true);
  for (const field of Object.keys(claims)) {
    expect(ticketFits({ ...claims, [field]: 'another' }, claims)).toBe(false);
    expect(ticketFits(Object.fromEntries(Object.entries(claims).filter(([name]) => name !== field)), claims)).toBe(
      false,
    );
  }
});

test('a board id follows from the game and the key, is well-formed and lies in the bucket of the game', () => {
  const games = Array.from({ length: 50 }, () => ids.make('game'));
  for (const gameId of games) {
    const id = boardIdOf(gameId, 'default');
    expect(isId('leaderboard', id)).toBe(true);
    expect(bucketOf(id)).toBe(bucketOf(gameId));
    expect(boardIdOf(gameId, 'default')).toBe(id);
  }
  const all = games.flatMap((gameId) => [boardIdOf(gameId, 'default'), boardIdOf(gameId, 'speedrun')]);
  expect(new Set(all).size).toBe(all.length);
});

test('work of one key runs one at a time and in order, other keys go on, and a full queue refuses', async () => {
  const turns = createTurns({ waitingMax: 2, refuse: () => new Error('full') });
  const seen: string[] = [];
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const first = turns.take('a', async () => {
    await gate;
    seen.push('first');
    throw new Error('broken');
  });
  const second = turns.take('a', async () => void seen.push('second'));
  await expect(turns.take('a', async () => undefined)).rejects.toThrow('full');
  await turns.take('b', async () => void seen.push('other'));
  open();
  await expect(first).rejects.toThrow('broken');
  await second;
  await turns.take('a', async () => void seen.push('third'));
  expect(seen).toEqual(['other', 'first', 'second', 'third']);
});

test('a bad configuration names every bad variable and no value', () => {
  expect(() => loadConfig({ IDENTITY_SECRET: 'short', PORT: 'x', EVENT_PEERS: '[' })).toThrow(
    /IDENTITY_SECRET[\s\S]*TICKET_SECRET/,
  );
  try {
    loadConfig({ TICKET_SECRET: 'hunter2' });
  } catch (error) {
    expect(String(error)).not.toContain('hunter2');
  }
});
