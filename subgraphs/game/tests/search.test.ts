import { createReadStream } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { appendEvent } from '@playgraph/events/append-event';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importGames } from '../src/import-games.ts';
import { readLines } from '../src/read-lines.ts';
import { typosBetween } from '../src/search-terms.ts';
import { openStore } from '../src/store.ts';
import { linesOf, openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ searchRefreshMs: 20 });
  const lines: string[] = [];
  for await (const line of readLines(createReadStream(new URL('../data/games.jsonl', import.meta.url))))
    lines.push(line);
  await world.import(lines);
});
afterAll(() => world.close());

async function find(query: string, rest = ''): Promise<string[]> {
  const document = `query Find($query: String!) { games(filter: { query: $query ${rest} }, first: 10) { nodes { slug } } }`;
  const { data } = await world.ask<{ games: { nodes: { slug: string }[] } }>(document, null, { query });
  return data.games.nodes.map((game) => game.slug);
}

test.each([
  ['supertuxkart', 'supertuxkart'],
  ['Super Tux Kart', 'supertuxkart'],
  ['SUPERTUXCART', 'supertuxkart'],
  ['open ttd', 'openttd'],
  ['0 A.D.', '0ad'],
  ['3d chess', '3dchess'],
  ['frozen buble', 'frozen-bubble'],
  ['forzen bubble', 'frozen-bubble'],
  ['sudokku', 'sudoku'],
  ['pakman', 'pacman'],
  ['hedgewrs', 'hedgewars'],
  ['beneath a steel', 'beneath-a-steel-sky'],
  ['warzone 2100', 'warzone2100'],
  ['pingu', 'pingus'],
  ['chocolate doom', 'chocolate-doom'],
  ['tetirs for terminals', 'tint'],
])('"%s" finds %s first', async (query, slug) => {
  expect((await find(query))[0]).toBe(slug);
});

test('a search can be narrowed by genre, and finds genres by name', async () => {
  const racing = await find('racing');
  expect(racing).toContain('supertuxkart');
  expect(await find('game', 'genres: ["sport-racing"]')).toContain('torcs');
  expect((await find('chess', 'features: [THREE_D]')).slice(0, 2).sort()).toEqual(['brutalchess', 'dreamchess']);
});

test('a search that nothing fits is empty, and never fails', async () => {
  expect(await find('qqqqqqqq')).toEqual([]);
  expect(await find('!!! ???')).toEqual([]);
  expect(await find('"\'; DROP TABLE game; --')).not.toContain(undefined);
  expect(await find('the')).not.toEqual([]);
});

test('the same search gives the same order every time', async () => {
  expect(await find('tetris clone')).toEqual(await find('tetris clone'));
});

test('games can be found as soon as their events have been handled, and under their new texts after an update', async () => {
  await world.import([{ slug: 'quasar-quest', tagline: 'Sail among pulsars' }]);
  expect(await find('quasar')).toEqual(['quasar-quest']);
  await world.import([{ slug: 'quasar-quest', tagline: 'Sail among magnetars' }]);
  expect(await find('pulsars')).toEqual([]);
  expect(await find('magnetar')).toEqual(['quasar-quest']);
});

test('a game that another process imports without telling is found within a look for changes', async () => {
  const { clock, ids } = world;
  const elsewhere = await openStore(world.urls);
  const events = {
    append: (tx: Parameters<typeof appendEvent>[0], draft: { stream: string; type: string; data: unknown }) =>
      appendEvent(tx, draft, { clock, ids }),
    committed: () => undefined,
  };
  const lines = linesOf([{ slug: 'wormhole-golf' }]);
  await importGames({ lines, shards: elsewhere, events: events as never, clock, ids, launchOfferOf: () => null });
  await elsewhere.close();
  while ((await find('wormhole')).length === 0) await setImmediate();
  expect(await find('wormhole')).toEqual(['wormhole-golf']);
});

test('typos are counted as a reader would', () => {
  expect(typosBetween('tetris', 'tetris')).toBe(0);
  expect(typosBetween('tetirs', 'tetris')).toBe(1);
  expect(typosBetween('tetrs', 'tetris')).toBe(1);
  expect(typosBetween('tetrris', 'tetris')).toBe(1);
  expect(typosBetween('tedris', 'tetris')).toBe(1);
  expect(typosBetween('', 'abc')).toBe(3);
  expect(typosBetween('kitten', 'sitting')).toBe(3);
});
