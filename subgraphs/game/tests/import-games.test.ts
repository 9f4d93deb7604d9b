import { createReadStream } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LINE_LENGTH_MAX } from '../src/catalogue-line.ts';
import { type BadLine, type ImportProgress, importGames } from '../src/import-games.ts';
import { readLines } from '../src/read-lines.ts';
import { openStore } from '../src/store.ts';
import { lineOf, linesOf, openWorld, type World } from './world.ts';

const CATALOGUE = new URL('../data/games.jsonl', import.meta.url);
const silentEvents = { append: () => Promise.reject(new Error('no event expected')), committed: () => undefined };

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

async function importCatalogue() {
  const lines: string[] = [];
  for await (const line of readLines(createReadStream(CATALOGUE))) lines.push(line);
  return world.import(lines);
}

test('the whole demo catalogue is imported without a bad line, and a second time changes nothing', async () => {
  const first = await importCatalogue();
  expect(first).toMatchObject({ published: 492, updated: 0, unchanged: 0, skipped: 0, badLines: [] });
  const before = await world.everything();
  world.clock.advance(60_000);
  const second = await importCatalogue();
  expect(second).toMatchObject({ published: 0, updated: 0, unchanged: 492, skipped: 0 });
  expect(await world.everything()).toEqual(before);
  const shardSizes = before.map((shard) => shard.games.length);
  expect(Math.min(...shardSizes)).toBeGreaterThan(150);
  expect(before.flatMap((shard) => shard.slugs).every((slug) => slug.confirmedAt !== null)).toBe(true);
});

test('a published game is told with the offer that it launches with', async () => {
  const offer = { priceMinor: 1_499n, listPriceMinor: 1_999n, currency: 'EUR' as const, stock: 5 };
  await world.import([{ slug: 'tomb' }, { slug: 'maze' }], (slug) => (slug === 'tomb' ? offer : null));
  const gameId = await world.gameIdOf('tomb');
  const told = await world.eventsOf('game.published');
  const launchOffer = { priceMinor: '1499', listPriceMinor: '1999', currency: 'EUR', stock: 5 };
  expect(told.find((event) => event.stream === gameId)).toEqual({
    stream: gameId,
    seq: 1,
    data: { gameId, slug: 'tomb', title: 'Tomb', launchOffer },
  });
  expect(told.find((event) => event.stream !== gameId)?.data.launchOffer).toBeNull();
});

test('importing a changed line updates the game, tells it, and leaves the others alone', async () => {
  await world.import([{ slug: 'tomb', genres: ['puzzle', 'arcade'] }, { slug: 'maze' }]);
  const query = '{ gameBySlug(slug: "tomb") { id summary genres { slug } features publishedAt updatedAt } }';
  const { data: before } = await world.ask<{ gameBySlug: { id: string; publishedAt: string } }>(query);
  world.clock.advance(1_000);
  const changed = { slug: 'tomb', tagline: 'Now with mummies', genres: ['rpg'], features: ['interface::3d'] };
  expect(await world.import([changed, { slug: 'maze' }])).toMatchObject({ published: 0, updated: 1, unchanged: 1 });
  const { data: after } = await world.ask<object>(query);
  expect(after).toEqual({
    gameBySlug: {
      id: before.gameBySlug.id,
      summary: 'Now with mummies',
      genres: [{ slug: 'rpg' }],
      features: ['THREE_D'],
      publishedAt: before.gameBySlug.publishedAt,
      updatedAt: '2026-11-21T08:00:01.000Z',
    },
  });
  const told = await world.eventsOf('game.updated');
  const data = { gameId: before.gameBySlug.id, slug: 'tomb', title: 'Tomb' };
  expect(told).toEqual([{ stream: before.gameBySlug.id, seq: 2, data }]);
  const arcade = await world.ask<{ games: object }>('{ games(filter: { genres: ["arcade"] }) { nodes { slug } } }');
  expect(arcade.data.games).toEqual({ nodes: [] });
});

test('bad lines are reported by number and reason and skipped, and the good ones come in', async () => {
  const bad: BadLine[] = [];
  const progress: ImportProgress[] = [];
  const report = await importGames({
    lines: linesOf([
      { slug: 'first' },
      '{ "slug": "half',
      '',
      lineOf({ slug: 'Not A Slug' }),
      lineOf({ slug: 'no-version', version: undefined }),
      lineOf({ slug: 'long', description: 'x'.repeat(LINE_LENGTH_MAX) }),
      { slug: 'first', tagline: 'the same again' },
      'null',
      lineOf({ slug: 'negative', sizeBytes: -1 }),
      lineOf({ slug: 'script', homepage: 'javascript:alert(1)' }),
      { slug: 'last' },
    ]),
    shards: world.shards,
    events: { append: async (_tx, draft) => ({ ...draft, id: 'event', seq: 1, at: '' }), committed: () => undefined },
    clock: world.clock,
    ids: world.ids,
    launchOfferOf: () => null,
    onBadLine: (badLine) => bad.push(badLine),
    onProgress: (step) => progress.push(step),
  });
  expect(report).toMatchObject({ lines: 11, published: 2, updated: 0, unchanged: 0, skipped: 8 });
  expect(report.badLines.map(({ line }) => line)).toEqual([2, 4, 5, 6, 7, 8, 9, 10]);
  expect(report.badLines.map(({ reason }) => reason.split(/[ :]/)[0])).toEqual([
    'not',
    'slug',
    'version',
    'longer',
    'slug',
    'line',
    'sizeBytes',
    'homepage',
  ]);
  expect(bad).toEqual(report.badLines);
  expect(progress.at(-1)).toMatchObject({ lines: 11, published: 2, skipped: 8 });
  const { data } = await world.ask<object>('{ games { nodes { slug } } }');
  expect(data).toEqual({ games: { nodes: [{ slug: 'first' }, { slug: 'last' }] } });
});

test('a line whose text could not be given back as it was is a bad line, whichever text it is', async () => {
  for (const bad of ['\0', '\uD800']) {
    for (const field of ['tagline', 'description', 'version', 'homepage']) {
      const text = field === 'homepage' ? `https://example.org/${bad}` : `text ${bad} text`;
      const report = await world.import([{ slug: 'tomb', [field]: text }]);
      expect(report, field).toMatchObject({ published: 0, skipped: 1, badLines: [{ line: 1 }] });
      expect(report.badLines[0]?.reason).toBe(`${field}: must be without zero characters and halves of characters`);
    }
  }
});

test('an import that a crash broke off between reserving a slug and writing its game is taken up under the same id', async () => {
  const gameId = world.ids.make('game');
  const reservation = { slug: 'tomb', gameId, reservedAt: world.clock.now() };
  await world.shards.forName('tomb').gameSlug.create({ data: reservation });
  const { data: before } = await world.ask<object>('{ gameBySlug(slug: "tomb") { id } }');
  expect(before).toEqual({ gameBySlug: null });
  expect(await world.import([{ slug: 'tomb' }])).toMatchObject({ published: 1 });
  expect(await world.gameIdOf('tomb')).toBe(gameId);
  const row = await world.shards.forName('tomb').gameSlug.findUnique({ where: { slug: 'tomb' } });
  expect(row?.confirmedAt).not.toBeNull();
});

test('two imports of the same file at the same time publish each game once', async () => {
  const lines = Array.from({ length: 120 }, (_, i) => ({ slug: `game-${i}` }));
  const others = await openStore(world.urls);
  const common = { clock: world.clock, ids: world.ids, launchOfferOf: () => null };
  const append = async (_tx: object, draft: { stream: string; type: string; data: unknown }) => ({
    ...draft,
    id: 'event',
    seq: 1,
    at: '',
  });
  const events = { append: append as never, committed: () => undefined };
  const reports = await Promise.all([
    importGames({ ...common, lines: linesOf(lines), shards: world.shards, events }),
    importGames({ ...common, lines: linesOf(lines), shards: others, events }),
  ]);
  await others.close();
  expect(reports.map(({ published, unchanged }) => published + unchanged)).toEqual([120, 120]);
  expect(reports.reduce((total, { published }) => total + published, 0)).toBe(120);
  const shards = await world.everything();
  expect(shards.flatMap((shard) => shard.games)).toHaveLength(120);
  expect(shards.flatMap((shard) => shard.slugs)).toHaveLength(120);
});

test('an empty file imports nothing', async () => {
  const empty = { lines: linesOf([]), shards: world.shards, events: silentEvents };
  const report = await importGames({ ...empty, clock: world.clock, ids: world.ids, launchOfferOf: () => null });
  expect(report).toEqual({ lines: 0, published: 0, updated: 0, unchanged: 0, skipped: 0, badLines: [] });
});

test('lines are found however the file is cut, and a line without end does not fill the memory', async () => {
  const text = '\uFEFF{"a":"é"}\r\n\nlast';
  const bytes = Buffer.from(text);
  for (let size = 1; size <= bytes.length; size++) {
    const chunks = async function* () {
      for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
    };
    expect(await collect(readLines(chunks()))).toEqual(['{"a":"é"}', '', 'last']);
  }
  const endless = async function* () {
    for (let i = 0; i < 100; i++) yield 'x'.repeat(10_000);
  };
  expect((await collect(readLines(endless()))).map((line) => line.length)).toEqual([LINE_LENGTH_MAX + 1]);
});

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}
