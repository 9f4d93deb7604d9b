import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { createManualClock } from '@playgraph/kernel/clock';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CacheableLoad } from '../../src/cache/entity-parts.ts';
import type { ClientInfo } from '../../src/client-request.ts';
import { createClient, type Fetch, identityOf, openWorld, productLoad, type RootAnswer, rootFetch } from './world.ts';

const SEED = Number(process.env.PROPERTY_SEED ?? 20_261_121);
const RUNS = Number(process.env.PROPERTY_RUNS ?? 80);
/** How long an answer travels, in steps of the scheduler. */
const STEPS_OF_ANSWER = 6;
/** How much of what is under way gets done between two actions. */
const STEPS_BETWEEN = 3;
const IDS = ['1', '2'];
const LISTS = { public: rootFetch('{ products { id name } }'), private: rootFetch('{ products { id price } }') };
const CLIENTS = [
  createClient(),
  createClient({ identity: identityOf('ann') }),
  createClient({ identity: identityOf('bob') }),
];

type Action =
  | {
      readonly kind: 'read';
      readonly gateway: number;
      readonly who: number;
      readonly ids: readonly string[];
      readonly scope: Scope;
    }
  | { readonly kind: 'list'; readonly gateway: number; readonly who: number; readonly scope: Scope }
  | {
      readonly kind: 'change';
      readonly gateway: number;
      readonly id: string;
      readonly by: 'ENTITY' | 'TYPE' | 'SUBGRAPH';
    }
  | { readonly kind: 'expire'; readonly ms: number }
  | { readonly kind: 'lose'; readonly which: number }
  | { readonly kind: 'settle' };
type Scope = 'public' | 'private';

const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      gateway: fc.constantFrom(0, 0, 1),
      who: fc.constantFrom(0, 0, 0, 1, 2),
      ids: fc.constantFrom(['1'], ['1'], ['2'], IDS),
      scope: fc.constantFrom<Scope>('public', 'public', 'private'),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('list' as const),
      gateway: fc.constantFrom(0, 0, 1),
      who: fc.constantFrom(0, 0, 0, 1, 2),
      scope: fc.constantFrom<Scope>('public', 'public', 'private'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      gateway: fc.constantFrom(0, 0, 1),
      id: fc.constantFrom(...IDS),
      by: fc.constantFrom('ENTITY' as const, 'TYPE' as const, 'SUBGRAPH' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire' as const), ms: fc.constantFrom(400, 5_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
);

/** Two gateways over one store, whose every answer takes as long as the scheduler likes. */
async function openScheduledWorld(scheduler: fc.Scheduler) {
  const clock = createManualClock(0);
  const memory = createMemoryHotStore({ clock });
  const written: string[] = [];
  const slowly = async <Value>(label: string, work: () => Promise<Value>): Promise<Value> => {
    await scheduler.schedule(Promise.resolve(), `${label} goes`);
    const value = await work();
    await scheduler.schedule(Promise.resolve(), `${label} is back`);
    return value;
  };
  const store = {
    ...memory,
    mget: (keys: readonly string[]) => slowly('mget', () => memory.mget(keys)),
    mset: (entries: Parameters<typeof memory.mset>[0], ttlMs: number) => {
      written.push(...entries.map(([key]) => key));
      return slowly('mset', () => memory.mset(entries, ttlMs));
    },
    setIfAbsent: (key: string, value: string, ttlMs: number) => {
      written.push(key);
      return slowly('setIfAbsent', () => memory.setIfAbsent(key, value, ttlMs));
    },
    publish: (channel: string, message: string) => slowly('publish', () => memory.publish(channel, message)),
  };
  const gateways = [
    await openWorld({ store, clock, readMsMax: 60_000 }),
    await openWorld({ store, clock, readMsMax: 60_000 }),
  ];
  // That lists can be kept is known, so that more of the few steps are about keeping them.
  for (const { cache } of gateways) {
    for (const ask of Object.values(LISTS)) {
      cache.openSession(createClient()).writeRoot({ ask, variablesText: '' }, {}, 'max-age=1, public');
    }
  }
  const gatewayOf = (i: number) => {
    const gateway = gateways[i];
    if (!gateway) throw new TypeError('there is no such gateway');
    return gateway;
  };
  return { clock, memory, written, gateways, gatewayOf, slowly };
}

function loadOf(ids: readonly string[], scope: Scope): CacheableLoad {
  return productLoad(ids, { variablesText: scope });
}

test("whatever happens in between, a read never gives what was fetched before an invalidation that was over, nor what is another one's", async () => {
  const hits = { entities: 0, lists: 0 };
  const property = fc.asyncProperty(
    fc.array(actions, { minLength: 15, maxLength: 50 }),
    fc.scheduler(),
    async (played, scheduler) => {
      const { clock, memory, written, gateways, gatewayOf, slowly } = await openScheduledWorld(scheduler);
      const versions = new Map(IDS.map((id) => [id, 0]));
      /** What a read that begins now must at least know of. */
      const floors = new Map(IDS.map((id) => [id, 0]));
      const work: Promise<void>[] = [];
      /** An answer is worked out long before it arrives: that is when it grows old. */
      const fetch: Fetch = async ({ texts, variablesText }, client) => {
        const answer = await slowly('fetch', async () => ({
          entities: texts.map((text) => {
            const { id } = JSON.parse(text) as { id: string };
            return { id, version: versions.get(id), owner: client.identity?.userId ?? null };
          }),
          cacheControl: `max-age=1, ${variablesText}`,
        }));
        for (let i = 0; i < STEPS_OF_ANSWER; i++) await scheduler.schedule(Promise.resolve(), 'the answer travels');
        return answer;
      };
      const read = async ({ gateway, who, ids, scope }: Action & { kind: 'read' }) => {
        const atLeast = ids.map((id) => floors.get(id) ?? 0);
        const client = CLIENTS[who] ?? createClient();
        const { entities } = await gatewayOf(gateway).load(loadOf(ids, scope), { client, fetch });
        ids.forEach((id, i) => {
          const entity = entities[i] as { id: string; version: number; owner: string | null };
          expect(entity.id).toBe(id);
          expect(entity.version).toBeGreaterThanOrEqual(atLeast[i] ?? 0);
          if (scope === 'private') expect(entity.owner).toBe(client.identity?.userId ?? null);
        });
      };
      const list = async ({ gateway, who, scope }: Action & { kind: 'list' }) => {
        const atLeast = new Map(floors);
        const client = CLIENTS[who] ?? createClient();
        const fetchList = async (asker: ClientInfo): Promise<RootAnswer> => {
          const answer = await slowly('fetch', async () => ({
            data: { owner: asker.identity?.userId ?? null, versions: Object.fromEntries(versions) },
            cacheControl: `max-age=1, ${scope}`,
          }));
          for (let i = 0; i < STEPS_OF_ANSWER; i++) await scheduler.schedule(Promise.resolve(), 'the answer travels');
          return answer;
        };
        const { data } = await gatewayOf(gateway).loadRoot(LISTS[scope], { client, fetch: fetchList });
        const told = data as { owner: string | null; versions: Record<string, number> };
        for (const [id, floor] of atLeast) expect(told.versions[id]).toBeGreaterThanOrEqual(floor);
        if (scope === 'private') expect(told.owner).toBe(client.identity?.userId ?? null);
      };
      const change = async ({ gateway, id, by }: Action & { kind: 'change' }) => {
        const changed = by === 'ENTITY' ? [id] : IDS;
        const committed = changed.map((one) => {
          versions.set(one, (versions.get(one) ?? 0) + 1);
          return versions.get(one) ?? 0;
        });
        const what = {
          ENTITY: { typename: 'Product', key: { id } },
          TYPE: { subgraph: 'products', typename: 'Product' },
          SUBGRAPH: { subgraph: 'products' },
        }[by];
        await gatewayOf(gateway).cache.invalidate([what]);
        changed.forEach((one, i) => void floors.set(one, Math.max(floors.get(one) ?? 0, committed[i] ?? 0)));
      };
      for (const action of played) {
        if (action.kind === 'read') work.push(read(action));
        else if (action.kind === 'list') work.push(list(action));
        else if (action.kind === 'change') work.push(change(action));
        else if (action.kind === 'expire') clock.advance(action.ms);
        else if (action.kind === 'settle') await scheduler.waitIdle();
        else if (written.length > 0) await memory.delete([written[action.which % written.length] ?? '']);
        for (let i = 0; i < STEPS_BETWEEN && scheduler.count() > 0; i++) await scheduler.waitOne();
      }
      await scheduler.waitFor(Promise.all(work));
      for (const { countOf } of gateways) {
        hits.entities += countOf('HIT');
        hits.lists += countOf('HIT', 'ROOT');
      }
    },
  );
  await fc.assert(property, { seed: SEED, numRuns: RUNS });
  // A cache that never gives anything would pass as well.
  expect(hits.entities).toBeGreaterThan(RUNS / 4);
  expect(hits.lists).toBeGreaterThan(RUNS / 8);
});
