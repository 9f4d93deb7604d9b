import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@playgraph/kernel/logger';
import { loadConfig } from '../src/config.ts';
import { makeDemoWorld } from '../src/demo-world.ts';
import { startEmbedded } from '../src/embedded.ts';
import { startServices } from '../src/services/start-services.ts';

export type StoreUnderTest = { readonly url: string; readonly dataDir: string; close(): Promise<void> };

/** The two forms of the store; every end-to-end suite runs over both. */
export const FORMS = { 'in one process': startInOneProcess, 'as seven processes': startAsServices } as const;

const PROCESSES = 7;
const PORT_TRIES_MAX = 50;

/** The demo world in a folder of its own, served on a free port. */
async function startInOneProcess(): Promise<StoreUnderTest> {
  const dataDir = await mkdtemp(join(tmpdir(), 'playgraph-e2e-'));
  const config = loadConfig({ DATA_DIR: dataDir, PORT: '0' });
  await makeDemoWorld({ DATA_DIR: dataDir }, () => undefined);
  const store = await startEmbedded({ config, logger: silentLogger });
  return { url: store.url, dataDir, close: () => store.close().then(() => rm(dataDir, { recursive: true })) };
}

/** The same world, served by a gateway and six subgraphs of their own. */
async function startAsServices(): Promise<StoreUnderTest> {
  const dataDir = await mkdtemp(join(tmpdir(), 'playgraph-e2e-'));
  const config = loadConfig({ DATA_DIR: dataDir, PORT: '0' });
  await makeDemoWorld({ DATA_DIR: dataDir }, () => undefined);
  const port = await findFreePorts();
  const { shardUrls, host } = config;
  const services = await startServices({ env: process.env, dataDir, host, port, shardUrls, onStep: () => undefined });
  return { url: services.url, dataDir, close: () => services.close().then(() => rm(dataDir, { recursive: true })) };
}

/** The first of PROCESSES neighbouring ports on which nothing listens. */
export async function findFreePorts(): Promise<number> {
  for (let i = 0; i < PORT_TRIES_MAX; i++) {
    const first = 20_000 + Math.floor(Math.random() * 20_000);
    const ports = Array.from({ length: PROCESSES }, (_, n) => first + n);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first;
  }
  throw new Error('no free ports');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
