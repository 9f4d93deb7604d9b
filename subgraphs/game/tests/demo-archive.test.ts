import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { createTempFolder } from '@playgraph/testkit/temp-folder';
import { expect, test } from 'vitest';
import { buildDemoArchive, fingerprintOfArchive } from '../src/demo-archive.ts';

const game = {
  slug: 'tomb',
  title: 'Tomb',
  version: '1.0',
  summary: 'Dig.',
  description: 'Dig deep, with a spade — or two.',
  homepage: null,
};

test('a demo build is a tar archive that tar unpacks', async () => {
  const { path: folder, remove } = await createTempFolder('archive');
  try {
    await writeFile(path.join(folder, 'tomb.tar'), buildDemoArchive(game));
    await promisify(execFile)('tar', ['-xf', 'tomb.tar'], { cwd: folder });
    const readme = await readFile(path.join(folder, 'tomb/README.txt'), 'utf8');
    expect(readme).toContain('Tomb 1.0\n\nDig.\n\nDig deep, with a spade — or two.\n');
    const manifest = JSON.parse(await readFile(path.join(folder, 'tomb/manifest.json'), 'utf8')) as object;
    expect(manifest).toEqual({ slug: 'tomb', title: 'Tomb', version: '1.0', homepage: null });
    const filler = await readFile(path.join(folder, 'tomb/filler.bin'));
    expect(filler.length).toBeGreaterThanOrEqual(160 * 1024);
    expect(filler.length).toBeLessThan(416 * 1024);
  } finally {
    await remove();
  }
});

test('the same game always gives the same bytes, and another text another fingerprint', () => {
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  // A literal: the bytes must not depend on the machine or the day. Raise ARCHIVE_FORMAT when they are to change.
  expect(digest(buildDemoArchive(game))).toBe('dc29db4688ee8a127710b8ccbfff7f7d433669afcdb5f0d3f897d34cd20934c0');
  expect(fingerprintOfArchive(game)).toBe(fingerprintOfArchive({ ...game }));
  for (const change of [{ version: '1.1' }, { description: '' }, { homepage: 'https://tomb.example/' }]) {
    expect(fingerprintOfArchive({ ...game, ...change })).not.toBe(fingerprintOfArchive(game));
  }
});
