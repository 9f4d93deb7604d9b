import { createSeededRandom } from '@playgraph/kernel/random';
import { meterStoreQueries } from '@playgraph/sharding/query-meter';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openWorld, type World } from './world.ts';

type GamePage = {
  games: {
    nodes: { slug: string }[];
    edges: { cursor: string }[];
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
    totalCount: number;
  };
};

const PAGE = `query Page($filter: GameFilter, $sort: GameSort! = RELEVANCE, $first: Int, $after: String, $last: Int, $before: String) {
  games(filter: $filter, sort: $sort, first: $first, after: $after, last: $last, before: $before) {
    nodes { slug } edges { cursor } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

async function page(variables: object) {
  const { data, errors } = await world.ask<GamePage>(PAGE, null, variables);
  expect(errors).toBeUndefined();
  return data.games;
}

async function slugs(variables: object): Promise<string[]> {
  return (await page(variables)).nodes.map((game) => game.slug);
}

test('games are filtered by any of the genres, all of the features, and size', async () => {
  await world.import([
    { slug: 'a-chess', genres: ['board', 'board-chess'], features: ['interface::3d'], sizeBytes: 100 },
    { slug: 'b-cards', genres: ['card'], features: ['interface::3d', 'network::client'], sizeBytes: 200 },
    { slug: 'c-race', genres: ['sport-racing'], features: [], sizeBytes: 300 },
  ]);
  expect(await slugs({})).toEqual(['a-chess', 'b-cards', 'c-race']);
  expect(await slugs({ filter: { genres: ['card', 'BOARD-CHESS', 'unknown'] } })).toEqual(['a-chess', 'b-cards']);
  expect(await slugs({ filter: { features: ['THREE_D'] } })).toEqual(['a-chess', 'b-cards']);
  expect(await slugs({ filter: { features: ['THREE_D', 'ONLINE'] } })).toEqual(['b-cards']);
  expect(await slugs({ filter: { maxSizeBytes: 200 } })).toEqual(['a-chess', 'b-cards']);
  expect(await slugs({ filter: { genres: ['card'], maxSizeBytes: 199 } })).toEqual([]);
  expect(await slugs({ filter: { genres: [], features: null, query: '  ' } })).toHaveLength(3);
  expect((await page({ filter: { features: ['THREE_D'] }, first: 1 })).totalCount).toBe(2);
});

test('every order goes by its column and then by id, the other way round when read from the end', async () => {
  await world.import([
    { slug: 'zebra', sizeBytes: 5_000_000_000 },
    { slug: 'apple', sizeBytes: 1 },
  ]);
  world.clock.advance(1_000);
  await world.import([{ slug: 'mango', sizeBytes: 2 }]);
  expect(await slugs({ sort: 'TITLE_ASC' })).toEqual(['apple', 'mango', 'zebra']);
  expect(await slugs({ sort: 'TITLE_DESC' })).toEqual(['zebra', 'mango', 'apple']);
  expect(await slugs({ sort: 'SIZE_ASC' })).toEqual(['apple', 'mango', 'zebra']);
  expect(await slugs({ sort: 'SIZE_DESC' })).toEqual(['zebra', 'mango', 'apple']);
  expect((await slugs({ sort: 'NEWEST' }))[0]).toBe('mango');
  expect((await slugs({ sort: 'OLDEST' }))[2]).toBe('mango');
  const last = await page({ sort: 'TITLE_ASC', last: 2 });
  expect(last.nodes.map((game) => game.slug)).toEqual(['mango', 'zebra']);
  expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  expect(await slugs({ sort: 'TITLE_ASC', last: 2, before: last.pageInfo.startCursor })).toEqual(['apple']);
});

const SORTS = ['RELEVANCE', 'TITLE_ASC', 'TITLE_DESC', 'NEWEST', 'OLDEST', 'SIZE_ASC', 'SIZE_DESC'];
const WORDS = ['tetris', 'chess', 'space', 'racing', 'puzzle', 'dungeon'];

test.each([
  ...SORTS.map((sort) => ({ sort, query: null })),
  { sort: 'RELEVANCE', query: 'tetris puzle' },
  { sort: 'TITLE_ASC', query: 'space chess' },
  { sort: 'SIZE_DESC', query: 'dungeon' },
])('pages by $sort of "$query" neither skip nor repeat a game while others are published', async ({ sort, query }) => {
  const random = createSeededRandom(`pages ${sort} ${query}`);
  let made = 0;
  const publish = async (count: number) => {
    world.clock.advance(random.int(3));
    const pick = () => WORDS[random.int(WORDS.length)] ?? '';
    const lines = Array.from({ length: count }, () => {
      const slug = `${pick()}-${pick()}-${made++}`;
      return { slug, tagline: `A ${pick()} of ${pick()}`, sizeBytes: random.int(20), description: pick() };
    });
    await world.import(lines);
  };
  await publish(60);
  const filter = { query, maxSizeBytes: 15 };
  const atStart = new Set<string>();
  for (const direction of ['forward', 'backward'] as const) {
    atStart.clear();
    for (const slug of await slugs({ filter, sort, first: 100 })) atStart.add(slug);
    const read: string[] = [];
    let cursor: string | null = null;
    for (let more = true; more; ) {
      const size = 1 + random.int(9);
      const args: object = direction === 'forward' ? { first: size, after: cursor } : { last: size, before: cursor };
      const { nodes, pageInfo } = await page({ filter, sort, ...args });
      const found = nodes.map((game) => game.slug);
      read.push(...(direction === 'forward' ? found : found.reverse()));
      cursor = direction === 'forward' ? pageInfo.endCursor : pageInfo.startCursor;
      more = direction === 'forward' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage;
      if (read.length < 40) await publish(random.int(4));
    }
    expect(new Set(read).size).toBe(read.length);
    expect([...atStart].filter((slug) => !read.includes(slug))).toEqual([]);
    const inOrder = (await slugs({ filter, sort, first: 100 })).filter((slug) => read.includes(slug));
    // By relevance a fresh search may rank by fresher weights; within one listing the order stands.
    if (query === null || sort !== 'RELEVANCE') {
      const stillFound = read.filter((slug) => inOrder.includes(slug));
      expect(direction === 'forward' ? stillFound : stillFound.reverse()).toEqual(inOrder);
    }
  }
});

test('bad pages, cursors and filters are refused by name', async () => {
  await world.import([{ slug: 'apple' }, { slug: 'mango' }]);
  const { pageInfo } = await page({ sort: 'TITLE_ASC', first: 1 });
  const found = await page({ filter: { query: 'game apple' }, first: 1 });
  const refusals: [object, string][] = [
    [{ first: 101 }, 'first'],
    [{ first: -1 }, 'first'],
    [{ first: 1, last: 1 }, 'last'],
    [{ after: 'nonsense' }, 'after'],
    [{ sort: 'NEWEST', after: pageInfo.endCursor }, 'after'],
    [{ sort: 'TITLE_DESC', after: pageInfo.endCursor }, 'after'],
    [{ filter: { query: 'apple' }, sort: 'TITLE_ASC', after: pageInfo.endCursor }, 'after'],
    [{ filter: { query: 'apple' }, after: found.pageInfo.endCursor }, 'after'],
    [{ sort: 'SIZE_ASC', last: 1, before: encode(['SIZE_ASC', 1.5, 'game']) }, 'before'],
    [{ sort: 'NEWEST', first: 1, after: encode(['NEWEST', 9e15, 'game']) }, 'after'],
    [{ filter: { query: 'x'.repeat(101) } }, 'filter.query'],
    [{ filter: { maxSizeBytes: 0.5 } }, 'filter.maxSizeBytes'],
    [{ filter: { maxSizeBytes: -1 } }, 'filter.maxSizeBytes'],
    [{ filter: { genres: Array.from({ length: 21 }, (_, i) => `genre-${i}`) } }, 'filter.genres'],
  ];
  for (const [variables, field] of refusals) {
    const { errors } = await world.ask(PAGE, null, variables);
    expect(errors?.[0]?.extensions, JSON.stringify(variables)).toMatchObject({ code: 'BAD_USER_INPUT', field });
  }
});

test('a page of 50 games with genres and ownership costs at most one store query a shard and kind', async () => {
  const player = world.player();
  const all = Array.from({ length: 50 }, (_, i) => ({ slug: `game-${i}`, genres: [`genre-${i % 7}`, 'puzzle'] }));
  await world.import(all);
  await world.pay(player, ['game-1', 'game-7']);
  const query = '{ games(first: 50) { nodes { slug title isOwned genres { slug name } } } }';
  type Data = { games: { nodes: { slug: string; isOwned: boolean; genres: { name: string }[] }[] } };
  const cold = await meterStoreQueries(() => world.ask<Data>(query, player));
  const { nodes } = cold.result.data.games;
  expect(nodes).toHaveLength(50);
  expect(nodes.filter((game) => game.isOwned).map((game) => game.slug)).toEqual(['game-1', 'game-7']);
  expect(nodes.every((game) => game.genres.length === 2)).toBe(true);
  // Games and genres lie on two shards, the viewer's library on one.
  expect(cold.queries).toBe(5);
  const warm = await meterStoreQueries(() => world.ask<Data>(query, player));
  expect(warm.queries).toBe(3);
});

function encode(keyset: unknown[]): string {
  return Buffer.from(JSON.stringify(keyset)).toString('base64url');
}
