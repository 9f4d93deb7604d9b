import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.import([
    {
      slug: '0ad',
      tagline: 'Real-time strategy game of ancient warfare',
      description: '0 A.D. is a free game.',
      homepage: 'https://play0ad.com/',
      version: '0.0.26-3',
      genres: ['strategy', 'board-chess', 'odd-genre'],
      features: ['interface::3d', 'network::client', 'uitoolkit::sdl'],
      sizeBytes: 7_891_488_000,
      installedKiB: 28_591,
    },
  ]);
});
afterAll(() => world.close());

const FIELDS = `id slug title summary description homepage version features isOwned
  genres { slug name } upstream { sizeBytes installedSizeBytes sha256 } publishedAt updatedAt`;

test('a slug that no game can have finds none, whatever is in it', async () => {
  const query = 'query Find($slug: String!) { gameBySlug(slug: $slug) { id } }';
  for (const slug of ['', 'no-such-game', '0ad\u0000', '0ad\ud800']) {
    expect(await world.ask(query, null, { slug })).toEqual({ data: { gameBySlug: null } });
  }
});

test('a game page says what the catalogue says, and the same by id, by slug and by reference', async () => {
  const { data } = await world.ask<{ gameBySlug: { id: string } }>(`{ gameBySlug(slug: "0AD") { ${FIELDS} } }`);
  expect(data.gameBySlug).toEqual({
    id: expect.stringMatching(/^game_/),
    slug: '0ad',
    title: '0 A.D.',
    summary: 'Real-time strategy game of ancient warfare',
    description: '0 A.D. is a free game.',
    homepage: 'https://play0ad.com/',
    version: '0.0.26-3',
    features: ['ONLINE', 'THREE_D'],
    isOwned: null,
    genres: [
      { slug: 'board-chess', name: 'Chess' },
      { slug: 'odd-genre', name: 'Odd genre' },
      { slug: 'strategy', name: 'Strategy' },
    ],
    upstream: { sizeBytes: 7_891_488_000, installedSizeBytes: 28_591 * 1024, sha256: 'ab'.repeat(32) },
    publishedAt: '2026-11-21T08:00:00.000Z',
    updatedAt: '2026-11-21T08:00:00.000Z',
  });
  const { id } = data.gameBySlug;
  const byId = await world.ask<object>(`query Q($id: ID!) { game(id: $id) { ${FIELDS} } }`, null, { id });
  expect(byId.data).toEqual({ game: data.gameBySlug });
  const entities = `query Q($of: [_Any!]!) { _entities(representations: $of) { ... on Game { ${FIELDS} } } }`;
  const byReference = await world.ask<object>(entities, null, { of: [{ __typename: 'Game', id }] });
  expect(byReference.data).toEqual({ _entities: [data.gameBySlug] });
});

test('what does not exist is null, and what is no id of a game is refused', async () => {
  const gameId = world.ids.make('game');
  const unknown = await world.ask<object>(`{ game(id: "${gameId}") { id } gameBySlug(slug: "nothing") { id } }`);
  expect(unknown).toEqual({ data: { game: null, gameBySlug: null } });
  for (const id of [world.ids.make('user'), 'game_1', '', `${gameId}'`]) {
    const { errors } = await world.ask(`query Q($id: ID!) { game(id: $id) { id } }`, null, { id });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'id' });
  }
  const of = [
    { __typename: 'Game', id: gameId },
    { __typename: 'Game', id: 'game_1' },
    { __typename: 'Genre', id: world.ids.make('genre') },
    { __typename: 'User', id: 'user_1' },
    { __typename: 'PlaySession', id: world.ids.make('play') },
  ];
  const entities = 'query Q($of: [_Any!]!) { _entities(representations: $of) { __typename } }';
  expect(await world.ask<object>(entities, null, { of })).toEqual({
    data: { _entities: [null, null, null, null, null] },
  });
});

test('genres are listed by name, and known by reference', async () => {
  const { data } = await world.ask<{ genres: { id: string; name: string }[] }>('{ genres { id name } }');
  expect(data.genres.map((genre) => genre.name)).toEqual(['Chess', 'Odd genre', 'Strategy']);
  const of = data.genres.map(({ id }) => ({ __typename: 'Genre', id }));
  const entities = 'query Q($of: [_Any!]!) { _entities(representations: $of) { ... on Genre { id name } } }';
  expect((await world.ask<object>(entities, null, { of })).data).toEqual({ _entities: data.genres });
});

test('a game that was read before shows its new texts right after an update', async () => {
  const id = await world.gameIdOf('0ad');
  const read = async () => (await world.ask<{ game: object }>(`{ game(id: "${id}") { version } }`)).data.game;
  await world.import([{ slug: '0ad', version: '27' }]);
  expect(await read()).toEqual({ version: '27' });
  await world.import([{ slug: '0ad', version: '28' }]);
  expect(await read()).toEqual({ version: '28' });
});
