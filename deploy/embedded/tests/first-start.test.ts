import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '@playgraph/kernel/logger';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { DEMO_SIZE } from '../src/demo.ts';
import { makeDemoWorld } from '../src/demo-world.ts';
import { startEmbedded } from '../src/embedded.ts';
import { createStoreClient } from '../src/tour/store-client.ts';

const ENTRY = fileURLToPath(new URL('../src/make-demo-world.ts', import.meta.url));
const FLAGS = ['--conditions=@playgraph/source', '--import=tsx'];

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'playgraph-first-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

/** Makes the demo world until it says `text`, then is killed. */
function killAt(text: string): Promise<void> {
  const child = spawn(process.execPath, [...FLAGS, ENTRY], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DATA_DIR: dataDir },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output.includes(text)) child.kill('SIGKILL');
  });
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

test('a first start that is killed again and again ends in the whole demo world', async () => {
  for (const step of [
    'catalogue: 100 games',
    'catalogue: 400 games',
    'deposits',
    'orders',
    'friendships',
    'offers and leaderboards',
  ])
    await killAt(step);
  const steps: string[] = [];
  const config = loadConfig({ DATA_DIR: dataDir, PORT: '0' });
  await makeDemoWorld({ DATA_DIR: dataDir }, (step) => steps.push(step));
  const store = await startEmbedded({ config, logger: silentLogger });
  const client = createStoreClient(store.url);
  const { games, grace } = await client.ask<{ games: { totalCount: number }; grace: { displayName: string } }>(
    '{ games(first: 0) { totalCount } grace: userByUsername(username: "grace") { displayName } }',
  );
  const players = await store.stores.user.scatter((db) => db.user.count());
  const orders = await store.stores.order.scatter((db) => db.order.count());
  await store.close();
  expect(games.totalCount).toBe(492);
  expect(grace.displayName).toBe('Grace');
  expect(players.reduce((sum, some) => sum + some, 0)).toBe(DEMO_SIZE.players);
  expect(orders.reduce((sum, some) => sum + some, 0)).toBe(DEMO_SIZE.orders);
  expect(steps).not.toEqual([]);
});

test('a second start finds the world and writes nothing', async () => {
  const steps: string[] = [];
  await makeDemoWorld({ DATA_DIR: dataDir }, (step) => steps.push(step));
  expect(steps).toEqual([]);
});
