import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLocalEventLog } from '@playgraph/events/local-event-log';
import { type EmbeddedConfig, loadConfig } from './config.ts';
import { CATALOGUE_FILE, DEMO_SIZE, importCatalogue, seedWorld } from './demo.ts';
import { withStores } from './offline.ts';
import { closeAll, createSubgraphs, drainEvents, type Platform, type Stores } from './subgraphs.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** In the data folder: the demo world is whole. */
const MARKER = 'demo-world.json';
const ENTRY = fileURLToPath(new URL('./make-demo-world.ts', import.meta.url));

/** Whether the store of `config` is to become the demo world and is not, or not wholly. */
export function lacksDemoWorld({ hasDemoWorld, dataDir }: EmbeddedConfig): boolean {
  return hasDemoWorld && !existsSync(join(dataDir, MARKER));
}

/**
 * Makes a store the demo world unless it is already: catalogue, players and their history, and everything that follows
 * from the import's events (offers, leaderboards). Every step adds only what is missing, so one that was killed in the
 * middle is simply gone through again; the marker comes last.
 */
export async function makeDemoWorld(env: Env, onStep: (step: string) => void): Promise<void> {
  const config = loadConfig(env);
  if (!lacksDemoWorld(config)) return;
  await withStores(env, async (world) => {
    onStep('the catalogue');
    await importCatalogue(CATALOGUE_FILE, world, {
      onProgress: ({ lines }) => onStep(`the catalogue: ${lines} games`),
    });
    await seedWorld(world, DEMO_SIZE, onStep);
    onStep('offers and leaderboards');
    await deliverEvents(world, config);
  });
  writeFileSync(join(config.dataDir, MARKER), `${JSON.stringify(DEMO_SIZE)}\n`);
}

/** The same in a process of its own, so that its memory goes with it. Rejects when that fails. */
export function makeDemoWorldApart(env: Env): Promise<void> {
  const child = spawn(process.execPath, [...process.execArgv, ENTRY], { stdio: 'inherit', env });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`the demo world was not finished (${signal ?? code}); the next start goes on with it`));
    });
  });
}

async function deliverEvents({ stores, platform }: { stores: Stores; platform: Platform }, config: EmbeddedConfig) {
  const log = createLocalEventLog({ logger: platform.logger, isHeld: true });
  const subgraphs = await createSubgraphs(stores, { ...platform, log }, config);
  log.release();
  await drainEvents(subgraphs);
  await closeAll(subgraphs);
  await log.close();
}
