import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { type RunningServices, startServices } from '../src/services/start-services.ts';
import { findFreePorts } from './store-under-test.ts';

const SERVICES = fileURLToPath(new URL('../src/services.ts', import.meta.url));

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'playgraph-services-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

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

test('a service that dies is named, and the gateway goes on with the others', async () => {
  const { services, port } = await start();
  expect((await fetch(`${services.url}/health/ready`)).status).toBe(200);
  services.kill('payment', 'SIGKILL');
  expect(await services.failed).toBe('payment');
  expect((await fetch(`${services.url}/health/ready`)).status).toBe(200);
  const response = await fetch(`${services.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ games(first: 1) { totalCount } }' }),
  });
  expect(await response.json()).toMatchObject({ data: { games: { totalCount: 0 } } });
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
