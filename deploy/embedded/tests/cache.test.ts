import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { type DomainEvent, topicOf } from '@playgraph/events/event-log';
import { createEventStore } from '@playgraph/events/event-store';
import { createLocalEventLog, type LocalEventLog } from '@playgraph/events/local-event-log';
import { importGames } from '@playgraph/game/import-games';
import { systemClock as clock } from '@playgraph/kernel/clock';
import { createIds } from '@playgraph/kernel/ids';
import { silentLogger as logger } from '@playgraph/kernel/logger';
import { systemRandom as random } from '@playgraph/kernel/random';
import { createGate, type Gate } from '@playgraph/testkit/gate';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { startEmbedded } from '../src/embedded.ts';
import { createStoreClient } from '../src/tour/store-client.ts';

/** By which the game subgraph hears of games that have changed. */
const GAME_GROUP = 'game-search';
/** As often as it takes until an answer is taught to be kept, kept, and found. */
const READS = 3;
const OFFER = { priceMinor: 500n, listPriceMinor: 500n, currency: 'EUR', stock: null } as const;

type Hold = {
  readonly type: string;
  readonly held: ReadonlySet<string>;
  readonly gate: Gate;
  /** Groups that have yet to hear of it, held ones and others, and what opens when none is left. */
  readonly left: Record<'held' | 'others', Set<string>>;
  readonly heard: Record<'held' | 'others', Gate>;
};

/** A log that can keep groups from hearing of an event, and says who has dealt with it. */
function createHoldableLog() {
  const inner = createLocalEventLog({ logger, isHeld: true });
  const topicsOf = new Map<string, readonly string[]>();
  let hold: Hold | null = null;
  const handle = async (group: string, event: DomainEvent, work: (event: DomainEvent) => Promise<void>) => {
    const current = hold?.type === event.type ? hold : null;
    const side = current?.held.has(group) ? 'held' : 'others';
    if (side === 'held') await current?.gate.opened;
    await work(event);
    current?.left[side].delete(group);
    if (current?.left[side].size === 0) current.heard[side].open();
  };
  const log: LocalEventLog = {
    ...inner,
    consume: (options) => {
      topicsOf.set(options.group, options.topics);
      return inner.consume({ ...options, handle: (event) => handle(options.group, event, options.handle) });
    },
  };
  /** From now on these groups do not hear of the first event of this type, until they are let. */
  const holdBack = (type: string, ...groups: readonly string[]) => {
    const topic = topicOf(type.split('.')[0] ?? '');
    const listening = [...topicsOf].flatMap(([group, topics]) => (topics.includes(topic) ? [group] : []));
    const left = { held: new Set(groups), others: new Set(listening.filter((group) => !groups.includes(group))) };
    expect(listening).toEqual(expect.arrayContaining([...groups]));
    const current = { type, held: new Set(groups), gate: createGate(), left };
    const heard = { held: createGate(), others: createGate() };
    hold = { ...current, heard };
    return {
      othersHaveHeard: left.others.size === 0 ? Promise.resolve() : heard.others.opened,
      release: () => {
        current.gate.open();
        return heard.held.opened;
      },
    };
  };
  return { log, holdBack };
}

/** An empty store in this process, and a way to import games as another process would. */
async function openStore() {
  const dataDir = await mkdtemp(join(tmpdir(), 'playgraph-cache-'));
  const { log, holdBack } = createHoldableLog();
  const config = loadConfig({ DATA_DIR: dataDir, PORT: '0', DEMO_WORLD: 'off' });
  const store = await startEmbedded({ config, logger, log });
  const ids = createIds({ clock, random });
  const shards = store.stores.game;
  const events = createEventStore({
    shards,
    hot: createMemoryHotStore({ clock }),
    log,
    clock,
    ids,
    logger,
    subgraph: 'game',
  });
  onTestFinished(async () => {
    await events.close();
    await store.close();
    await rm(dataDir, { recursive: true });
  });
  const importGame = async (slug: string, description: string, genre = 'puzzle') => {
    const line = JSON.stringify({
      ...{ slug, tagline: 'A game', description, version: '1.0', genres: [genre] },
      ...{ features: ['interface::graphical'], sizeBytes: 1_000, installedKiB: 10, sha256: 'ab'.repeat(32) },
    });
    const lines = async function* () {
      yield line;
    };
    await importGames({ lines: lines(), shards, events, clock, ids, launchOfferOf: () => OFFER });
  };
  return { client: createStoreClient(store.url), url: store.url, importGame, drained: events.drained, holdBack };
}

test('a game that has changed is told as it is now, though the catalogue hears of it last of all', async () => {
  const { client, importGame, drained, holdBack } = await openStore();
  await importGame('chess', 'old');
  await drained();
  const read = async () => {
    const query =
      '{ gameBySlug(slug: "chess") { description } games(first: 5) { nodes { description } } genres { slug } }';
    for (let i = 1; i < READS; i++) await client.ask(query);
    const { gameBySlug, games, genres } = await client.ask<{
      gameBySlug: { description: string };
      games: { nodes: { description: string }[] };
      genres: { slug: string }[];
    }>(query);
    return [gameBySlug.description, ...games.nodes.map(({ description }) => description), genres.length];
  };
  expect(await read()).toEqual(['old', 'old', 1]);
  const { othersHaveHeard, release } = holdBack('game.updated', GAME_GROUP);
  await importGame('chess', 'new', 'cards');
  await othersHaveHeard;
  // The catalogue shows what it knows; whoever keeps that now must hear of the change later than the catalogue.
  await read();
  await release();
  expect(await read()).toEqual(['new', 'new', 2]);
});

test('the offer and the boards of a game that is new are told as soon as they are there', async () => {
  const { client, importGame, holdBack } = await openStore();
  const { othersHaveHeard, release } = holdBack('game.published', 'order', 'leaderboard');
  await importGame('chess', 'A game.');
  await othersHaveHeard;
  const read = async () => {
    const query =
      '{ gameBySlug(slug: "chess") { offer { price { amountMinor } } leaderboards { pageInfo { endCursor } } } }';
    for (let i = 1; i < READS; i++) await client.ask(query);
    return (await client.ask<{ gameBySlug: unknown }>(query)).gameBySlug;
  };
  expect(await read()).toEqual({ offer: null, leaderboards: { pageInfo: { endCursor: null } } });
  await release();
  const boards = { pageInfo: { endCursor: expect.any(String) } };
  expect(await read()).toEqual({ offer: { price: { amountMinor: 500 } }, leaderboards: boards });
});

const REGISTER = `mutation R($input: RegisterInput!) {
  register(input: $input) { ... on RegisterSuccess { user { id } tokens { accessToken } } }
}`;
type Registered = { register: { user: { id: string }; tokens: { accessToken: string } } };
const zoe = { username: 'zoe', email: 'zoe@shop.example', password: 'correct horse battery' };

test('a player who is new is found, though it was kept that there is none', async () => {
  const { client, holdBack } = await openStore();
  const query = '{ userByUsername(username: "zoe") { displayName } }';
  for (let i = 0; i < READS; i++) expect(await client.ask(query)).toEqual({ userByUsername: null });
  const { release } = holdBack('user.registered', 'user-announcer');
  await client.ask<Registered>(REGISTER, { input: zoe });
  await release();
  expect(await client.ask(query)).toEqual({ userByUsername: { displayName: 'zoe' } });
});

test('what everybody may see is kept for a while, and what is about the caller never', async () => {
  const { client, url, importGame, drained } = await openStore();
  await importGame('chess', 'A game.');
  await drained();
  const { register } = await client.ask<Registered>(REGISTER, { input: zoe });
  const authorization = `Bearer ${register.tokens.accessToken}`;
  const policyOf = async (query: string, headers = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
    });
    expect(await response.json()).not.toHaveProperty('errors');
    return response.headers.get('cache-control');
  };
  const user = `user(id: "${register.user.id}")`;
  const ofGame = (selection: string) => `{ gameBySlug(slug: "chess") { ${selection} } }`;
  const ofBoard = (selection: string) => ofGame(`leaderboards { nodes { ${selection} } }`);
  const ages: [query: string, secondsMax: number][] = [
    [`{ ${user} { username displayName joinedAt } }`, 10],
    ['{ userByUsername(username: "zoe") { displayName } }', 10],
    [ofGame('title'), 60],
    [ofGame('offer { price { amountMinor } stockBand }'), 5],
    [ofBoard('name scoreMax'), 10],
    [ofBoard('top(first: 3) { nodes { rank player { displayName } } } entryCount eventCursor'), 2],
  ];
  for (const [query, secondsMax] of ages) {
    const [, seconds] = /^max-age=(\d+), public$/.exec((await policyOf(query, { authorization })) ?? '') ?? [];
    expect(Number(seconds), query).toBeGreaterThan(0);
    expect(Number(seconds), query).toBeLessThanOrEqual(secondsMax);
  }
  const own = [
    '{ me { username } }',
    `{ ${user} { email } }`,
    `{ ${user} { wallet { available { amountMinor } } } }`,
    `{ ${user} { orders { nodes { state } } } }`,
    `{ ${user} { friends { nodes { id } } friendship messageCursor } }`,
    `{ ${user} { ranks { nodes { rank } } } }`,
    ofGame('isOwned'),
    ofGame('friendsPlaying { nodes { id } }'),
    ofBoard('viewerEntry { rank }'),
    ofBoard('around { rank }'),
    ofBoard('friends { rank }'),
  ];
  for (const query of own) expect(await policyOf(query, { authorization }), query).toBe('no-store');
});
