import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditLedger } from '@playgraph/payment/audit-ledger';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CATALOGUE_FILE, importCatalogue, seedWorld } from '../src/demo.ts';
import { withStores } from '../src/offline.ts';
import type { Stores } from '../src/subgraphs.ts';

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'playgraph-seed-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function count({ user, order, game, leaderboard, social }: Stores) {
  const sum = async (counts: Promise<number[]>) => (await counts).reduce((total, some) => total + some, 0);
  return {
    players: await sum(user.scatter((db) => db.user.count())),
    orders: await sum(order.scatter((db) => db.order.count())),
    owned: await sum(game.scatter((db) => db.entitlement.count())),
    scores: await sum(leaderboard.scatter((db) => db.score.count())),
    messages: await sum(social.scatter((db) => db.message.count())),
  };
}

test('a world that is seeded again, or larger, adds only what is missing, and every cent stays accounted for', async () => {
  await withStores({ DATA_DIR: dataDir, LOG_LEVEL: 'silent' }, async (world) => {
    const { stores } = world;
    await importCatalogue(CATALOGUE_FILE, world);
    await seedWorld(world, { players: 40, orders: 100 }, () => undefined);
    const small = await count(stores);
    expect(small).toMatchObject({ players: 40, orders: 100 });
    expect(small.owned).toBeGreaterThan(0);

    await seedWorld(world, { players: 40, orders: 100 }, () => undefined);
    expect(await count(stores)).toEqual(small);

    await seedWorld(world, { players: 60, orders: 200 }, () => undefined);
    expect(await count(stores)).toMatchObject({ players: 60, orders: 200 });
    expect((await auditLedger(stores.payment)).isSound).toBe(true);
  });
});
