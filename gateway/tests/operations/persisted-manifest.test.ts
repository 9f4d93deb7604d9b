import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '@playgraph/kernel/clock';
import { ConfigError } from '@playgraph/kernel/config';
import { silentLogger } from '@playgraph/kernel/logger';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openOperationSources } from '../../src/operations/operation-sources.ts';
import { followManifest, type PersistedManifest, parseManifest } from '../../src/operations/persisted-manifest.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'manifest-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const operation = (id: string, body: string) => ({ id, name: 'A', type: 'query', body });
const manifestOf = (...operations: object[]) =>
  JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations });

test('a manifest gives its operations by id and knows its documents word for word', () => {
  const manifest = parseManifest(manifestOf(operation('1', '{ a }'), operation('2', '{ b }')));
  expect(manifest.find('2')).toMatchObject({ body: '{ b }' });
  expect(manifest.find('3')).toBeNull();
  expect(manifest.find('__proto__')).toBeNull();
  expect(manifest.has('{ a }')).toBe(true);
  expect(manifest.has('{a}')).toBe(false);
});

test.each([
  ['no JSON', '{'],
  ['another format', JSON.stringify({ format: 'relay', version: 1, operations: [] })],
  ['another version', JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 2, operations: [] })],
  ['an operation without a document', manifestOf({ id: '1', name: 'A', type: 'query' })],
  ['one id for two documents', manifestOf(operation('1', '{ a }'), operation('1', '{ b }'))],
])('%s is no manifest', (_what, text) => {
  expect(() => parseManifest(text)).toThrow(/^it (is|lists)/);
});

test('a manifest file is read again when it changes; a broken one leaves the older in force', async () => {
  const file = path.join(folder, 'manifest.json');
  writeFileSync(file, manifestOf(operation('1', '{ a }')));
  let tell: (text: string) => void = () => undefined;
  const hear = () =>
    new Promise<string>((resolve) => {
      tell = resolve;
    });
  const logger = { ...silentLogger, error: () => tell('broken') };
  const onNewer = (manifest: PersistedManifest) => tell(`${manifest.operations.length} operations`);
  const { current, stop } = await followManifest(file, { logger, onNewer });
  try {
    expect(current().find('1')).not.toBeNull();
    const broken = hear();
    writeFileSync(file, '{ "format": ');
    expect(await broken).toBe('broken');
    expect(current().find('1')).not.toBeNull();
    const newer = hear();
    writeFileSync(file, manifestOf(operation('2', '{ a }'), operation('3', '{ b }')));
    expect(await newer).toBe('2 operations');
    expect(current().find('3')).not.toBeNull();
  } finally {
    stop();
  }
});

test('without a usable manifest at the start there is none to follow', async () => {
  const broken = path.join(folder, 'broken.json');
  writeFileSync(broken, '[]');
  for (const file of [broken, path.join(folder, 'none.json')])
    await expect(followManifest(file, { logger: silentLogger })).rejects.toThrow(ConfigError);
});

const SETTINGS = { manifest: null, mode: 'allow', requireForScopes: [], apq: true, apqTtlMs: 1_000 } as const;
const deps = { clock: systemClock, logger: silentLogger };

test('the settings say what is listed and whether clients may register documents', async () => {
  const file = path.join(folder, 'listed.json');
  writeFileSync(file, manifestOf(operation('1', '{ a }')));
  const required = await openOperationSources({ ...SETTINGS, manifest: file, mode: 'require', apq: false }, deps);
  required.stop();
  expect(required.rule.mode).toBe('require');
  expect(required.manifest().has('{ a }')).toBe(true);
  expect(required.registered).toBeNull();
});

test('a manifest that is switched off is not even read', async () => {
  const off = await openOperationSources({ ...SETTINGS, manifest: path.join(folder, 'none.json'), mode: 'off' }, deps);
  expect(off.rule.mode).toBe('allow');
  expect(off.manifest().operations).toEqual([]);
  expect(off.registered).not.toBeNull();
});
