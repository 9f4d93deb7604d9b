import { silentLogger } from '@playgraph/kernel/logger';
import { expect, test } from 'vitest';
import { createReadyKeeper } from '../../src/operations/keep-ready.ts';
import { EMPTY_MANIFEST, type PersistedManifest, parseManifest } from '../../src/operations/persisted-manifest.ts';
import { createGraphVersion } from './graph-version.ts';

const TYPES = { games: 'type Query { title: String stars: Int }' };
const manifestOf = (...bodies: readonly string[]) =>
  parseManifest(
    JSON.stringify({
      format: 'apollo-persisted-query-manifest',
      version: 1,
      operations: bodies.map((body, i) => ({ id: String(i), name: '', type: 'query', body })),
    }),
  );
const MANIFEST = manifestOf('query Title { title }', 'query Gone { gone }');

const keeperOf = (manifest: PersistedManifest) => createReadyKeeper({ manifest: () => manifest, logger: silentLogger });

test('at boot the operations of the manifest are planned, and one that the graph does not know is left out', async () => {
  const first = createGraphVersion(TYPES);
  const report = await keeperOf(MANIFEST).prepareFor(first.version);
  expect(report).toMatchObject({ carried: [], replanned: 1, dropped: 1 });
  expect(first.compiled).toEqual(['query Title { title }']);
});

test('at a reload what is in use moves over', async () => {
  const [first, second] = [createGraphVersion(TYPES), createGraphVersion(TYPES)];
  const keeper = keeperOf(EMPTY_MANIFEST);
  await keeper.prepareFor(first.version);
  first.use('{ stars }');
  const { carried } = await keeper.prepareFor(second.version);
  expect(carried.map(({ text }) => text)).toEqual(['{ stars }']);
  expect(second.compiledFormOf('{ stars }')).toBe(first.compiledFormOf('{ stars }'));
});

test('a newer manifest is planned on the graph in force', async () => {
  const first = createGraphVersion(TYPES);
  let manifest = EMPTY_MANIFEST;
  const keeper = createReadyKeeper({ manifest: () => manifest, logger: silentLogger });
  await keeper.prepareFor(first.version);
  manifest = MANIFEST;
  await keeper.prepareFor(first.version);
  expect(first.compiled).toEqual(['query Title { title }']);
});

test('a version that a newer one has overtaken is not made ready any further, nor said to be', async () => {
  const [first, second] = [createGraphVersion(TYPES), createGraphVersion(TYPES)];
  const manifest = manifestOf('query Title { title }', 'query Stars { stars }');
  const lines: object[] = [];
  const logger = { ...silentLogger, info: (fields: object) => void lines.push(fields) };
  const keeper = createReadyKeeper({ manifest: () => manifest, logger });
  const overtaking: Promise<unknown>[] = [];
  const plan: typeof first.version.plan = (operation) => {
    overtaking.push(keeper.prepareFor(second.version));
    return first.version.plan(operation);
  };
  await keeper.prepareFor({ ...first.version, plan });
  await Promise.all(overtaking);
  expect(first.compiled).toEqual(['query Title { title }']);
  expect(second.compiled).toEqual(['query Title { title }', 'query Stars { stars }']);
  expect(lines).toHaveLength(1);
});

test('a run that was stopped says nothing of operations that are ready', async () => {
  const first = createGraphVersion(TYPES);
  const lines: object[] = [];
  const logger = { ...silentLogger, info: (fields: object) => void lines.push(fields) };
  const keeper = createReadyKeeper({ manifest: () => MANIFEST, logger });
  const running = keeper.prepareFor(first.version);
  keeper.stop();
  await running;
  expect(lines).toEqual([]);
});
