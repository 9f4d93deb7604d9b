import { systemClock } from '@playgraph/kernel/clock';
import { BUCKET_COUNT, createIds } from '@playgraph/kernel/ids';
import { systemRandom } from '@playgraph/kernel/random';
import type { Shards } from '@playgraph/sharding/shards';
import { expect, test } from 'vitest';

/** How many shards a harness has. */
export const SHARD_COUNT = 3;

/** A row of the table that the suite works on. Pages are in the order of `rank`, then `id`. */
export type ContractRow = { readonly id: string; readonly rank: number };

/** A new, empty store of `SHARD_COUNT` shards, and how to use its clients. */
export type ShardsHarness<Db> = {
  readonly shards: Shards<Db>;
  insert(db: Db, rows: readonly ContractRow[]): Promise<void>;
  readByIds(db: Db, ids: readonly string[]): Promise<ContractRow[]>;
  /** At most `limit` rows after `after` (null: from the start), in order. */
  readPage(db: Db, after: ContractRow | null, limit: number): Promise<ContractRow[]>;
  /** Opens the same store once more. */
  reopen(): Promise<Shards<Db>>;
};

const ROW_COUNT = 120;
const PAGE_SIZE = 17;
const ids = createIds({ clock: systemClock, random: systemRandom });

/** The promise of the `Shards` port, as tests; run it for every implementation. */
export function shardsContract<Db>(implementation: string, open: () => Promise<ShardsHarness<Db>>): void {
  const promise = (sentence: string, check: (harness: ShardsHarness<Db>) => Promise<void>): void => {
    test(`${implementation}: ${sentence}`, async () => {
      const harness = await open();
      await check(harness);
      await harness.shards.close();
    });
  };

  promise('every bucket has one owner, and an id and its bucket have the same', async ({ shards }) => {
    expect(shards.count).toBe(SHARD_COUNT);
    expect(shards.all()).toHaveLength(SHARD_COUNT);
    expect(shards.mapVersion).toBeGreaterThan(0);
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
      const owner = shards.forBucket(bucket);
      expect(shards.all().includes(owner)).toBe(true);
      expect(shards.forId(ids.make('game', bucket)) === owner).toBe(true);
    }
  });

  promise('what is no id or no bucket is a mistake of the caller', async ({ shards }) => {
    for (const id of ['', 'game', 'game_', 'nonsense_!', 'game_01J']) expect(() => shards.forId(id)).toThrow(TypeError);
    for (const bucket of [-1, 0.5, BUCKET_COUNT, Number.NaN])
      expect(() => shards.forBucket(bucket)).toThrow(RangeError);
  });

  promise('a name has one place, however it is written', async ({ shards }) => {
    expect(shards.forName('Ada@Example.org') === shards.forName('ada@example.org')).toBe(true);
    const owners = new Set(Array.from({ length: 200 }, (_, i) => shards.forName(`name ${i}`)));
    expect(owners.size).toBe(SHARD_COUNT);
  });

  promise('a batch asks each owning shard once, with its own ids once each', async (harness) => {
    const { shards } = harness;
    const rows = await fill(harness);
    const wanted = rows.map((row) => row.id);
    const asked: { db: Db; ids: string[] }[] = [];
    const found = await shards.mapIds([...wanted, ...wanted, ids.make('game')], (db, own) => {
      asked.push({ db, ids: own });
      return harness.readByIds(db, own);
    });
    expect(byId(found)).toEqual(byId(rows));
    expect(new Set(asked.map(({ db }) => db)).size).toBe(asked.length);
    for (const { db, ids: own } of asked) {
      expect(new Set(own).size).toBe(own.length);
      for (const id of own) expect(shards.forId(id) === db).toBe(true);
    }
  });

  promise('a batch of nothing asks nobody', async ({ shards }) => {
    const ask = (): never => {
      throw new Error('nobody was to be asked');
    };
    expect(await shards.mapIds([], ask)).toEqual([]);
  });

  promise('a scatter answers in shard order, and fails when one shard fails', async ({ shards }) => {
    expect(await shards.scatter(async (db, shard) => [shards.all().indexOf(db), shard])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    let ended = 0;
    const failing = shards.scatter(async (_db, shard) => {
      if (shard === 0) throw new Error('shard 0 is down');
      await Promise.resolve();
      ended += 1;
    });
    await expect(failing).rejects.toThrow('shard 0 is down');
    expect(ended).toBe(SHARD_COUNT - 1);
  });

  promise('pages over all shards show every row once, in order, also when rows come in between', async (harness) => {
    const rows = await fill(harness);
    const seen: ContractRow[] = [];
    for (let after: ContractRow | null = null; ; after = seen.at(-1) ?? null) {
      const from = after;
      const page = await harness.shards.mergePage({
        limit: PAGE_SIZE,
        read: (db, limit) => harness.readPage(db, from, limit),
        compare,
      });
      seen.push(...page);
      if (page.length < PAGE_SIZE) break;
      // Before everything that is still to come: it must neither show up nor push anything out.
      const early = { id: ids.make('game'), rank: -1 };
      await harness.insert(harness.shards.forId(early.id), [early]);
    }
    expect(seen).toEqual(rows.toSorted(compare));
  });

  promise('a store that is opened again has the same map and the same rows', async (harness) => {
    const rows = await fill(harness);
    const again = await harness.reopen();
    expect(again.mapVersion).toBe(harness.shards.mapVersion);
    expect(
      byId(
        await again.mapIds(
          rows.map((row) => row.id),
          harness.readByIds,
        ),
      ),
    ).toEqual(byId(rows));
    await again.close();
  });
}

/** Rows with few different ranks, so that ties are the rule, each in the shard that owns it. */
async function fill<Db>({ shards, insert }: ShardsHarness<Db>): Promise<ContractRow[]> {
  const rows = Array.from({ length: ROW_COUNT }, (_, i) => ({ id: ids.make('game'), rank: i % 7 }));
  await Promise.all(
    shards.all().map((db) =>
      insert(
        db,
        rows.filter((row) => shards.forId(row.id) === db),
      ),
    ),
  );
  return rows;
}

function compare(left: ContractRow, right: ContractRow): number {
  return left.rank - right.rank || (left.id < right.id ? -1 : Number(left.id > right.id));
}

function byId(rows: readonly ContractRow[]): ContractRow[] {
  return rows.toSorted((left, right) => (left.id < right.id ? -1 : 1));
}
