import { createManualClock } from '@playgraph/kernel/clock';
import { createSeededRandom } from '@playgraph/kernel/random';
import { createGate } from '@playgraph/testkit/gate';
import { expect, test } from 'vitest';
import { createEntityCache } from '../src/entity-cache.ts';
import { createMemoryHotStore } from '../src/memory-hot-store.ts';

type Game = { readonly id: string; readonly title: string; readonly priceMinor: bigint };

const TTL_MS = 1_000;

/** A database of games whose loads can be held, and caches of several processes over one hot store. */
function createWorld() {
  const clock = createManualClock(0);
  const hot = createMemoryHotStore({ clock });
  const rows = new Map<string, Game>();
  const loads: string[][] = [];
  const write = (id: string, title: string): void => void rows.set(id, { id, title, priceMinor: 1999n });
  const load = async (ids: string[]): Promise<Map<string, Game>> => {
    loads.push(ids);
    return new Map(ids.flatMap((id) => (rows.has(id) ? [[id, rows.get(id) as Game] as const] : [])));
  };
  /** A load that has read its rows and is not back yet. */
  const heldLoad = () => {
    const begun = createGate();
    const mayEnd = createGate();
    const run = async (ids: string[]) => {
      const found = await load(ids);
      begun.open();
      await mayEnd.opened;
      return found;
    };
    return { run, begun: begun.opened, end: mayEnd.open };
  };
  const process = () => createEntityCache<Game>({ hot, namespace: 'game:game', ttlMs: TTL_MS });
  return { clock, hot, rows, loads, write, load, heldLoad, process };
}

const titles = (games: Map<string, Game>) => [...games.values()].map((game) => game.title);

test('what is stored is not loaded again, by any process, and keeps its types', async () => {
  const world = createWorld();
  world.write('a', 'Asteroids');
  await world.process().readMany(['a'], world.load);
  const again = await world.process().readMany(['a', 'a'], world.load);
  expect(again).toEqual(new Map([['a', { id: 'a', title: 'Asteroids', priceMinor: 1999n }]]));
  expect(world.loads).toEqual([['a']]);
});

test('only what is missing is loaded, and what does not exist is left out and asked for again', async () => {
  const world = createWorld();
  const cache = world.process();
  world.write('a', 'Asteroids');
  await cache.readMany(['a'], world.load);
  world.write('b', 'Breakout');
  expect(titles(await cache.readMany(['b', 'nothing', 'a'], world.load))).toEqual(['Breakout', 'Asteroids']);
  await cache.readMany(['nothing'], world.load);
  expect(world.loads).toEqual([['a'], ['b', 'nothing'], ['nothing']]);
});

test('readers at the same time share one load per entity', async () => {
  const world = createWorld();
  const cache = world.process();
  for (const id of ['a', 'b', 'c']) world.write(id, id);
  const held = world.heldLoad();
  const first = cache.readMany(['a', 'b'], held.run);
  await held.begun;
  const second = cache.readMany(['b', 'c'], world.load);
  const third = cache.readMany(['a'], world.load);
  held.end();
  expect(titles(await first)).toEqual(['a', 'b']);
  expect(titles(await second)).toEqual(['b', 'c']);
  expect(titles(await third)).toEqual(['a']);
  expect(world.loads).toEqual([['a', 'b'], ['c']]);
});

test('a load that fails fails its readers, and the next reader loads anew', async () => {
  const world = createWorld();
  const cache = world.process();
  world.write('a', 'Asteroids');
  const fail = async () => {
    throw new Error('no database');
  };
  const readers = [cache.readMany(['a'], fail), cache.readMany(['a'], world.load)];
  for (const reader of readers) await expect(reader).rejects.toThrow('no database');
  expect(titles(await cache.readMany(['a'], world.load))).toEqual(['Asteroids']);
});

test('an entity is loaded again when its time to live is over', async () => {
  const world = createWorld();
  const cache = world.process();
  world.write('a', 'Asteroids');
  await cache.readMany(['a'], world.load);
  world.write('a', 'Asteroids 2');
  expect(titles(await cache.readMany(['a'], world.load))).toEqual(['Asteroids']);
  world.clock.advance(TTL_MS);
  expect(titles(await cache.readMany(['a'], world.load))).toEqual(['Asteroids 2']);
});

test('after an invalidation every process reads what is new, and stores it again', async () => {
  const world = createWorld();
  const [one, two] = [world.process(), world.process()];
  world.write('a', 'old');
  await one.readMany(['a'], world.load);
  world.write('a', 'new');
  await one.invalidate(['a']);
  expect(titles(await two.readMany(['a'], world.load))).toEqual(['new']);
  expect(titles(await one.readMany(['a'], world.load))).toEqual(['new']);
  expect(world.loads).toHaveLength(2);
});

test('a load that began before an invalidation does not bring the old value back, in any process', async () => {
  for (const isSameProcess of [true, false]) {
    const world = createWorld();
    const reader = world.process();
    const writer = isSameProcess ? reader : world.process();
    world.write('a', 'old');
    const held = world.heldLoad();
    const early = reader.readMany(['a'], held.run);
    await held.begun;
    world.write('a', 'new');
    await writer.invalidate(['a']);
    // Asked after the invalidation: must not join the load that has read the old row.
    expect(titles(await reader.readMany(['a'], world.load))).toEqual(['new']);
    held.end();
    expect(titles(await early)).toEqual(['old']);
    expect(titles(await reader.readMany(['a'], world.load))).toEqual(['new']);
    expect(titles(await world.process().readMany(['a'], world.load))).toEqual(['new']);
  }
});

test('whatever reads and writes come between each other, nobody who starts after an invalidation sees what was before', async () => {
  const random = createSeededRandom('entity cache');
  const world = createWorld();
  const processes = [world.process(), world.process()];
  const pick = () => processes[random.int(processes.length)] as (typeof processes)[number];
  let version = 0;
  for (let round = 0; round < 300; round++) {
    const holds = Array.from({ length: 3 }, () => ({ process: pick(), held: world.heldLoad() }));
    const reads = holds.map(({ process, held }) =>
      process.readMany(['a'], random.int(2) === 0 ? world.load : held.run),
    );
    if (random.int(2) === 0) await Promise.race([holds[0]?.held.begun, reads[0]]);
    world.write('a', String(++version));
    await pick().invalidate(['a']);
    for (const { held } of holds) held.end();
    await Promise.all(reads);
    for (const process of processes)
      expect(titles(await process.readMany(['a'], world.load))).toEqual([String(version)]);
  }
});

test('a hot store that does not answer is as good as an empty one for readers, and an invalidation says so', async () => {
  const world = createWorld();
  const down = async (): Promise<never> => {
    throw new Error('no hot store');
  };
  const cache = createEntityCache<Game>({ hot: { mget: down, mset: down }, namespace: 'game:game', ttlMs: TTL_MS });
  world.write('a', 'Asteroids');
  expect(titles(await cache.readMany(['a'], world.load))).toEqual(['Asteroids']);
  await expect(cache.invalidate(['a'])).rejects.toThrow('no hot store');
});
