import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStoreClient } from '../src/tour/store-client.ts';
import { FORMS, type StoreUnderTest } from './store-under-test.ts';

const IMPORT = fileURLToPath(new URL('../src/import.ts', import.meta.url));
const GOOD = {
  slug: 'moon-lander-deluxe',
  tagline: 'Land softly, or not at all',
  description: 'A lander, a moon, and too little fuel.',
  homepage: 'https://lander.example/',
  version: '1.0',
  genres: ['simulation'],
  features: ['interface::graphical'],
  sizeBytes: 1_000,
  installedKiB: 2_000,
  sha256: 'a'.repeat(64),
};

let store: StoreUnderTest;
let folder: string;

beforeAll(async () => {
  store = await FORMS['in one process']();
  folder = await mkdtemp(join(tmpdir(), 'playgraph-import-'));
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

test('a file imported beside a running store is found, priced and ranked there, and its bad lines are reported', async () => {
  const file = join(folder, 'more.jsonl');
  const lines = [
    JSON.stringify(GOOD),
    '{"slug": "half',
    JSON.stringify({ ...GOOD, slug: 'NOT A SLUG' }),
    '',
    JSON.stringify(GOOD),
  ];
  await writeFile(file, lines.join('\n'));
  const { code, output } = await runImport(file);
  expect(code).toBe(0);
  expect(output).toMatch(/line 2 skipped: /);
  expect(output).toMatch(/line 3 skipped: /);
  expect(output).toMatch(/line 5 skipped: /);
  expect(output).toContain('5 lines: 1 games published, 0 updated, 0 unchanged, 3 skipped.');

  const anyone = createStoreClient(store.url);
  const query =
    '{ games(filter: { query: "moon landr deluxe" }, first: 1) { nodes { slug offer { price { amountMinor } } leaderboards(first: 1) { nodes { name } } } } }';
  type Node = { slug: string; offer: { price: { amountMinor: number } } | null; leaderboards: { nodes: unknown[] } };
  const found = async () => (await anyone.ask<{ games: { nodes: Node[] } }>(query)).games.nodes[0];
  await expect.poll(found, { timeout: 20_000 }).toMatchObject({
    slug: GOOD.slug,
    offer: { price: { amountMinor: expect.any(Number) } },
    leaderboards: { nodes: [{ name: expect.any(String) }] },
  });

  const again = await runImport(file);
  expect(again.output).toContain('0 games published, 0 updated, 1 unchanged, 3 skipped.');
});

test('a file that is not there is said to be so, and nothing is imported', async () => {
  const { code, output } = await runImport(join(folder, 'nothing.jsonl'));
  expect(code).toBe(1);
  expect(output).toContain('There is no readable file');
});

function runImport(file: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['--conditions=@playgraph/source', '--import=tsx', IMPORT, file], {
    env: { ...process.env, DATA_DIR: store.dataDir },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}
