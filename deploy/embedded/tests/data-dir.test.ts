import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const FLAGS = ['--conditions=@playgraph/source', '--import=tsx'];

test.each(['main.ts', 'services.ts'])(
  'a data folder that cannot be made is told before anything starts: %s',
  async (name) => {
    const folder = await mkdtemp(join(tmpdir(), 'playgraph-data-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'file'), '');
    const entry = fileURLToPath(new URL(`../src/${name}`, import.meta.url));
    const env = { ...process.env, DATA_DIR: join(folder, 'file', 'data'), PORT: '0' };
    const child = spawn(process.execPath, [...FLAGS, entry], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(said).toMatch(/^\w+: Bad configuration:\n {2}DATA_DIR: the folder cannot be made or written \(ENOTDIR\)\n$/);
    expect(await readdir(folder)).toEqual(['file']);
  },
);
