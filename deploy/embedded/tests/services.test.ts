import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { importCatalogue } from '../src/demo.ts';
import { withStores } from '../src/offline.ts';
import { type RunningServices, startServices } from '../src/services/start-services.ts';
import { createStoreClient } from '../src/tour/store-client.ts';
import { findFreePorts } from './store-under-test.ts';

const SERVICES = fileURLToPath(new URL('../src/services.ts', import.meta.url));

/** As often as it takes until an answer is taught to be kept, kept, and found. */
const READS = 3;

let dataDir: string;
let running: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'playgraph-services-'));
  running = await start();
});
afterAll(async () => {
  await running.services.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(): Promise<{ services: RunningServices; port: number }> {
  const port = await findFreePorts();
  const config = loadConfig({ DATA_DIR: dataDir, PORT: String(port) });
  return { services: await startServices({ ...config, env: process.env, onStep: () => undefined }), port };
}

const isServing = (url: string) =>
  fetch(`${url}/health/live`).then(
    ({ ok }) => ok,
    () => false,
  );

/** Writes a game into the shards, as `npm run import` does beside a running store. */
async function importGame(description: string): Promise<void> {
  const file = join(dataDir, 'games.jsonl');
  const game = {
    ...{ slug: 'chess', tagline: 'A game', description, version: '1.0', genres: ['puzzle'] },
    ...{ features: ['interface::graphical'], sizeBytes: 1_000, installedKiB: 10, sha256: 'ab'.repeat(32) },
  };
  await writeFile(file, JSON.stringify(game));
  await withStores({ DATA_DIR: dataDir, LOG_LEVEL: 'silent' }, (world) => importCatalogue(file, world));
}

test('the gateway is told by a subgraph of another process what has changed, long before an answer is too old', async () => {
  const client = createStoreClient(running.services.url);
  const query = '{ gameBySlug(slug: "chess") { description } }';
  const read = async () =>
    (await client.ask<{ gameBySlug: { description: string } | null }>(query)).gameBySlug?.description;
  await importGame('old');
  await expect.poll(read, { timeout: 20_000 }).toBe('old');
  for (let i = 0; i < READS; i++) expect(await read()).toBe('old');
  await importGame('new');
  // A game may be kept for a minute: nothing but being told makes this fresh in time.
  await expect.poll(read, { timeout: 20_000 }).toBe('new');
});

test('a service that dies is named, and the gateway goes on with the others', async () => {
  const { services, port } = running;
  expect((await fetch(`${services.url}/health/ready`)).status).toBe(200);
  services.kill('payment', 'SIGKILL');
  expect(await services.failed).toBe('payment');
  expect((await fetch(`${services.url}/health/ready`)).status).toBe(200);
  const response = await fetch(`${services.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ games(first: 1) { totalCount } }' }),
  });
  expect(await response.json()).toMatchObject({ data: { games: { totalCount: 1 } } });
  expect((await fetch(`${services.url}/health/live`)).status).toBe(200);
  await services.close();
  expect(await isServing(`http://127.0.0.1:${port}`)).toBe(false);
});

test('services whose supervisor was killed close by themselves', async () => {
  const port = await findFreePorts();
  const child = spawn(process.execPath, ['--conditions=@playgraph/source', '--import=tsx', SERVICES], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, DATA_DIR: dataDir, DEMO_WORLD: 'off', PORT: String(port) },
  });
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => chunk.toString().includes('answers at') && resolve());
  });
  child.kill('SIGKILL');
  const ports = Array.from({ length: 7 }, (_, i) => `http://127.0.0.1:${port + i}`);
  await expect
    .poll(async () => (await Promise.all(ports.map(isServing))).some(Boolean), { timeout: 30_000 })
    .toBe(false);
});
