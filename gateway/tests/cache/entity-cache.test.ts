import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { systemClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { expect, test } from 'vitest';
import { ENTITY_BYTES_MAX } from '../../src/cache/entity-parts.ts';
import { answering, composeGraph, createClient, graph, identityOf, learn, openWorld, productLoad } from './world.ts';

const TEAPOT = { name: 'Teapot' };
const KETTLE = { name: 'Kettle' };

test('an entity that may be kept is asked for once, from the first answer on', async () => {
  const world = await openWorld();
  const load = productLoad(['1']);
  expect(await world.load(load, { fetch: answering(TEAPOT) })).toMatchObject({ entities: [TEAPOT], fetched: 1 });
  expect(await world.load(load, { fetch: answering(KETTLE) })).toMatchObject({ entities: [TEAPOT], fetched: 0 });
  expect([world.countOf('HIT'), world.countOf('MISS'), world.countOf('STORE')]).toEqual([1, 1, 1]);
});

test('only what is missing is asked for, and everything stands in its place', async () => {
  const world = await openWorld();
  await learn(world, productLoad([]));
  await world.load(productLoad(['2']), { fetch: answering(TEAPOT) });
  const mixed = await world.load(productLoad(['1', '2', '3']), {
    fetch: async ({ texts }) => ({
      entities: texts.map((text) => ({ name: `fetched ${(JSON.parse(text) as { id: string }).id}` })),
      cacheControl: 'max-age=60, public',
    }),
  });
  expect(mixed).toMatchObject({ entities: [{ name: 'fetched 1' }, TEAPOT, { name: 'fetched 3' }], fetched: 2 });
});

test('that there is no such entity is kept as well', async () => {
  const world = await openWorld();
  await learn(world, productLoad([]));
  await world.load(productLoad(['1']), { fetch: answering(null) });
  expect(await world.load(productLoad(['1']), { fetch: answering(TEAPOT) })).toMatchObject({
    entities: [null],
    fetched: 0,
  });
});

test('what answers do not allow to be kept is looked up no more, until one allows it', async () => {
  const world = await openWorld();
  const session = world.cache.openSession(createClient());
  expect(session.read(productLoad(['1']))).not.toBeNull();
  for (const cacheControl of [null, 'no-store']) {
    await world.load(productLoad(['1']), { fetch: answering(TEAPOT, cacheControl) });
    expect(session.read(productLoad(['1']))).toBeNull();
  }
  await world.load(productLoad(['1']), { fetch: answering(TEAPOT) });
  expect(session.read(productLoad(['1']))).not.toBeNull();
});

test('an entity is kept as long as the subgraph says, and never longer than the gateway allows', async () => {
  const world = await openWorld({ ttlSecondsMax: 100 });
  for (const cacheControl of ['max-age=60, public', 'max-age=100000, public']) {
    const load = productLoad(['1'], { variablesText: cacheControl });
    await learn(world, load, cacheControl);
    await world.load(load, { fetch: answering(TEAPOT, cacheControl) });
    world.clock.advance(59_999);
    expect(await world.load(load, { fetch: answering(KETTLE, 'no-store') })).toMatchObject({ fetched: 0 });
    world.clock.advance(40_001);
    expect(await world.load(load, { fetch: answering(KETTLE, 'no-store') })).toMatchObject({ fetched: 1 });
  }
});

test('what is asked differently is kept apart: selection, variables, subgraph, language', async () => {
  const world = await openWorld();
  const load = productLoad(['1']);
  const german = createClient({ headers: { 'accept-language': 'de', traceparent: '00-a' } });
  const others = [
    { asked: { ...load, selectionText: '{ ... on Product { price } }' } },
    { asked: { ...load, variablesText: '"language":"de"' } },
    { asked: { ...load, subgraph: 'reviews' } },
    { asked: load, client: german },
  ];
  for (const { asked } of others) await learn(world, asked);
  await world.load(load, { fetch: answering(TEAPOT) });
  for (const { asked, client } of others) {
    expect(await world.load(asked, { fetch: answering(KETTLE), ...(client && { client }) })).toMatchObject({
      fetched: 1,
    });
  }
  const later = createClient({ headers: { 'accept-language': 'de', traceparent: '00-b' } });
  expect(await world.load(load, { fetch: answering(TEAPOT), client: later })).toMatchObject({ entities: [KETTLE] });
});

test('a public entity is for everyone, whoever asked for it first', async () => {
  const world = await openWorld();
  await learn(world, productLoad([]));
  const ann = createClient({ identity: identityOf('ann'), headers: { authorization: 'Bearer ann' } });
  await world.load(productLoad(['1']), { fetch: answering(TEAPOT), client: ann });
  expect(await world.load(productLoad(['1']), { fetch: answering(KETTLE) })).toMatchObject({ entities: [TEAPOT] });
});

test.each([['max-age=60, private'], ['max-age=60']])('what came with "%s" never crosses identities', async (header) => {
  const world = await openWorld();
  const load = productLoad(['1']);
  await learn(world, load, header);
  const clients = [
    createClient({ identity: identityOf('ann') }),
    createClient({ identity: { ...identityOf('ann'), scopes: ['admin'] } }),
    createClient({ identity: identityOf('bob') }),
    createClient({ headers: { authorization: 'Bearer carol' } }),
    createClient({ headers: { cookie: 'session=dave' } }),
  ];
  for (const [i, client] of clients.entries()) {
    const first = await world.load(load, { fetch: answering({ name: `for ${i}` }, header), client });
    expect(first).toMatchObject({ entities: [{ name: `for ${i}` }], fetched: 1 });
  }
  for (const [i, client] of clients.entries()) {
    const again = await world.load(load, { fetch: answering(KETTLE, header), client });
    expect(again).toMatchObject({ entities: [{ name: `for ${i}` }], fetched: 0 });
  }
});

test('what is private is not kept for somebody who is not known', async () => {
  const world = await openWorld();
  await learn(world, productLoad([]), 'max-age=60, private');
  const before = world.countOf('STORE');
  await world.load(productLoad(['1']), { fetch: answering(TEAPOT, 'max-age=60, private') });
  expect(world.countOf('STORE')).toBe(before);
  expect(await world.load(productLoad(['1']), { fetch: answering(KETTLE) })).toMatchObject({ entities: [KETTLE] });
});

test('a client that wants an answer of its own is given nothing kept, and leaves nothing behind', async () => {
  const world = await openWorld();
  await learn(world, productLoad([]));
  await world.load(productLoad(['1']), { fetch: answering(TEAPOT) });
  const alone = createClient({ allowsSharing: false });
  const fetched = await world.load(productLoad(['1', '2']), { fetch: answering(KETTLE), client: alone });
  expect(fetched).toMatchObject({ entities: [KETTLE, KETTLE], fetched: 2 });
  expect(fetched.session.policy()).toEqual({ maxAgeSeconds: 60, scope: 'PUBLIC' });
  expect(await world.load(productLoad(['1', '2']), { fetch: answering(TEAPOT) })).toMatchObject({ fetched: 1 });
});

test('the policy of an answer counts what came out of the cache with the time that is left', async () => {
  const world = await openWorld();
  await learn(world, productLoad([]));
  await world.load(productLoad(['1']), { fetch: answering(TEAPOT) });
  world.clock.advance(20_500);
  const { session } = await world.load(productLoad(['1']), { fetch: answering(KETTLE) });
  expect(session.policy()).toEqual({ maxAgeSeconds: 39, scope: 'PUBLIC' });
  session.note('max-age=10, private');
  expect(session.policy()).toEqual({ maxAgeSeconds: 10, scope: 'PRIVATE' });
  session.note(null);
  expect([session.policy(), session.hasHits()]).toEqual([null, true]);
});

test('an entity that is too large, or names no key of its type, is fetched each time', async () => {
  const world = await openWorld();
  const huge = productLoad(['1']);
  const keyless = { ...huge, texts: ['{"__typename":"Product","weight":1}', '{"__typename":"Nothing","id":"1"}'] };
  await learn(world, huge);
  for (const asked of [huge, keyless]) {
    await world.load(asked, { fetch: answering({ name: 'é'.repeat(ENTITY_BYTES_MAX / 2) }) });
    const again = await world.load(asked, { fetch: answering(TEAPOT, 'max-age=60, public') });
    expect(again.fetched).toBe(asked.texts.length);
  }
});

test('a selection that the supergraph does not know is never kept: no invalidation would reach it', async () => {
  const world = await openWorld();
  const load = productLoad(['1'], { selectionText: '{ ... on Product { unheardOf { name } } }' });
  await learn(world, load);
  expect(world.cache.openSession(createClient()).read(load)).toBeNull();
});

test('a store that fails costs fetches, one line in the log and no error', async () => {
  const logged: string[] = [];
  const hot = createMemoryHotStore({ clock: systemClock });
  const broken = {
    ...hot,
    mget: () => Promise.reject(new Error('gone')),
    mset: () => Promise.reject(new Error('gone')),
  };
  const logger = { ...silentLogger, warn: (_fields: object, message: string) => void logged.push(message) };
  const world = await openWorld({ store: broken, logger });
  await learn(world, productLoad([]));
  for (let i = 0; i < 3; i++) {
    expect(await world.load(productLoad(['1']), { fetch: answering(TEAPOT) })).toMatchObject({ entities: [TEAPOT] });
    await world.cache.settled();
    world.clock.advance(1_000);
  }
  expect([logged.length, world.countOf('ERROR')]).toEqual([1, 3]);
});

test('a store that does not answer is not waited for, and is left alone for a while', async () => {
  const hot = createMemoryHotStore({ clock: systemClock });
  let reads = 0;
  const mget = () => {
    reads += 1;
    return new Promise<never>(() => undefined);
  };
  const world = await openWorld({ store: { ...hot, mget }, readMsMax: 5 });
  await learn(world, productLoad([]));
  for (let i = 0; i < 3; i++) {
    expect(await world.load(productLoad(['1']), { fetch: answering(TEAPOT) })).toMatchObject({ entities: [TEAPOT] });
  }
  expect(reads).toBe(1);
  world.clock.advance(1_000);
  await world.load(productLoad(['1']), { fetch: answering(TEAPOT) });
  expect(reads).toBe(2);
});

test('what others have written into the store is as good as nothing', async () => {
  const world = await openWorld();
  await learn(world, productLoad([]));
  const written: string[] = [];
  const { mset } = world.hot;
  world.hot.mset = (entries, ttlMs) => {
    written.push(...entries.map(([key]) => key));
    return mset(entries, ttlMs);
  };
  await world.load(productLoad(['1']), { fetch: answering(TEAPOT) });
  const [key = ''] = written;
  const [stamp] = ((await world.hot.mget([key]))[0] ?? '').split('|');
  for (const text of [
    '',
    'x',
    `${stamp}|`,
    `${stamp}|p99999999|`,
    `${stamp}|p99999999|[1]`,
    `${stamp}|p99999999|{"na`,
  ]) {
    await mset([[key, text]], 60_000);
    expect(await world.load(productLoad(['1']), { fetch: answering(KETTLE, 'max-age=1, private') })).toMatchObject({
      entities: [KETTLE],
    });
    await learn(world, productLoad([]));
  }
});

test('on a newer graph what means the same is still there, and what means something else is not', async () => {
  const world = await openWorld();
  const names = productLoad(['1']);
  const prices = productLoad(['1'], { selectionText: '{ ... on Product { price } }' });
  const newer = composeGraph({
    products:
      'type Query { p: Product } type Product @key(fields: "id") { id: ID! name(language: String): String! price: Float! }',
  });
  for (const load of [names, prices]) {
    await learn(world, load);
    await world.load(load, { fetch: answering(TEAPOT) });
  }
  world.cache.useGraph(newer);
  for (const load of [names, prices]) await learn(world, load);
  expect(await world.load(names, { fetch: answering(KETTLE) })).toMatchObject({ fetched: 0 });
  expect(await world.load(prices, { fetch: answering(KETTLE) })).toMatchObject({ fetched: 1 });
  world.cache.useGraph(graph);
});

test('two loads that are looked up at the same time are both kept', async () => {
  const world = await openWorld();
  const loads = [productLoad(['1']), productLoad(['1'], { selectionText: '{ ... on Product { weight } }' })];
  for (const load of loads) world.cache.openSession(createClient()).write(load, () => [], 'max-age=60, public');
  await Promise.all(loads.map((load) => world.load(load, { fetch: answering(TEAPOT) })));
  const again = await Promise.all(loads.map((load) => world.load(load, { fetch: answering(KETTLE) })));
  expect(again.map(({ fetched }) => fetched)).toEqual([0, 0]);
});
