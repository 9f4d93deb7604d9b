import { silentLogger } from '@playgraph/kernel/logger';
import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { createManifestCheck } from '../../src/operations/check-manifest.ts';
import { type PersistedManifest, parseManifest } from '../../src/operations/persisted-manifest.ts';
import { createOperationCatalogue, type OperationCatalogue } from '../../src/operations/prepare-operation.ts';

const operation = (id: string, body: string) => ({ id, name: `Name${id}`, type: 'query', body });
const manifestOf = (...operations: object[]): PersistedManifest =>
  parseManifest(JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }));

/** A check that can be waited for, and what it said. */
function setUp(first: PersistedManifest) {
  const catalogue: OperationCatalogue | null = createOperationCatalogue(buildSchema('type Query { a: Int b: Int }'));
  const state: { manifest: PersistedManifest; catalogue: OperationCatalogue | null } = { manifest: first, catalogue };
  const told: object[] = [];
  let tell: (invalid: number) => void = () => undefined;
  const check = createManifestCheck({
    manifest: () => state.manifest,
    catalogue: () => state.catalogue,
    logger: { ...silentLogger, warn: (fields) => void told.push(fields) },
    onChecked: (invalid) => tell(invalid),
  });
  const run = () =>
    new Promise<number>((resolve) => {
      tell = resolve;
      check.run();
    });
  return { state, told, run, check };
}

test('a listed operation that the graph refuses is told by name, id and reason, and counted', async () => {
  const { told, run } = setUp(manifestOf(operation('1', '{ a }'), operation('2', '{ gone }'), operation('3', '{ b')));
  expect(await run()).toBe(2);
  expect(told).toEqual([
    { operation: 'Name2', id: '2', code: 'GRAPHQL_VALIDATION_FAILED', reason: expect.stringContaining('"gone"') },
    { operation: 'Name3', id: '3', code: 'GRAPHQL_PARSE_FAILED', reason: expect.stringContaining('Syntax Error') },
  ]);
});

test('a newer graph and a newer manifest are looked at again', async () => {
  const { state, told, run } = setUp(manifestOf(operation('1', '{ a }')));
  expect(await run()).toBe(0);
  state.catalogue = createOperationCatalogue(buildSchema('type Query { b: Int }'));
  expect(await run()).toBe(1);
  state.manifest = manifestOf(operation('1', '{ b }'));
  expect(await run()).toBe(0);
  expect(told).toHaveLength(1);
});

test('of very many invalid operations the first are named, then their number is', async () => {
  const { told, run } = setUp(manifestOf(...Array.from({ length: 50 }, (_, i) => operation(`${i}`, `{ gone${i} }`))));
  expect(await run()).toBe(50);
  expect(told).toHaveLength(21);
  expect(told.at(-1)).toEqual({ invalid: 50 });
});

test('before there is a graph nothing is held against it', async () => {
  const { state, told, run, check } = setUp(manifestOf(operation('1', '{ gone }')));
  const { catalogue } = state;
  state.catalogue = null;
  check.run();
  expect(told).toEqual([]);
  state.catalogue = catalogue;
  expect(await run()).toBe(1);
});
