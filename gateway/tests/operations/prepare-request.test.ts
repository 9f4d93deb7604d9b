import { createManualClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import type { ClientRequest } from '../../src/client-request.ts';
import { EMPTY_MANIFEST, type PersistedManifest, parseManifest } from '../../src/operations/persisted-manifest.ts';
import { createOperationCatalogue } from '../../src/operations/prepare-operation.ts';
import { createRequestPreparer, type PersistedRule } from '../../src/operations/prepare-request.ts';
import {
  createRegisteredDocuments,
  createRegisteredDocumentsStore,
  hashOf,
} from '../../src/operations/registered-documents.ts';
import { createInfo } from '../test-graph.ts';

const TTL_MS = 1_000;
const ALLOW: PersistedRule = { mode: 'allow', requireForScopes: [] };
const LISTED = 'query Listed { a }';
const MANIFEST = parseManifest(
  JSON.stringify({
    format: 'apollo-persisted-query-manifest',
    version: 1,
    operations: [{ id: 'listed-1', name: 'Listed', type: 'query', body: LISTED }],
  }),
);

type World = { rule?: PersistedRule; manifest?: PersistedManifest; hasApq?: boolean };

function createWorld({ rule = ALLOW, manifest = EMPTY_MANIFEST, hasApq = true }: World = {}) {
  const clock = createManualClock(0);
  const store = createRegisteredDocumentsStore(clock);
  const catalogue = createOperationCatalogue(buildSchema('type Query { a: Int, b: Int }'));
  const registered = createRegisteredDocuments({ store, ttlMs: TTL_MS, logger: silentLogger });
  const prepare = createRequestPreparer({
    catalogue: () => catalogue,
    manifest: () => manifest,
    rule,
    registered: hasApq ? registered : null,
  });
  const ask = (request: Partial<ClientRequest>, scopes: readonly string[] | null = null) =>
    prepare(
      { query: undefined, operationName: undefined, variables: {}, extensions: {}, ...request },
      { ...createInfo(), identity: scopes && { userId: 'user_1', sessionId: 'session_1', scopes } },
    );
  return { ask, clock, store };
}

const byHash = (sha256Hash: unknown, version: unknown = 1) => ({ persistedQuery: { version, sha256Hash } });
const refusedWith = (code: string, status: number) => ({ status, errors: [{ extensions: { code } }] });

test('a document that was registered by its hash is run by the hash alone, until it is forgotten', async () => {
  const { ask, clock } = createWorld();
  const extensions = byHash(hashOf('{ a }'));
  expect(await ask({ extensions })).toMatchObject({
    status: 200,
    errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
  });
  expect(await ask({ query: '{ a }', extensions })).toMatchObject({ text: '{ a }' });
  expect(await ask({ extensions })).toMatchObject({ text: '{ a }' });
  expect(await ask({ extensions: { documentId: `sha256:${hashOf('{ a }')}` } })).toMatchObject({ text: '{ a }' });
  clock.advance(TTL_MS);
  expect(await ask({ extensions })).toMatchObject(refusedWith('PERSISTED_QUERY_NOT_FOUND', 200));
});

test('a hash that is not that of the query registers nothing', async () => {
  const { ask } = createWorld();
  const extensions = byHash(hashOf('{ b }'));
  expect(await ask({ query: '{ a }', extensions })).toMatchObject(refusedWith('BAD_REQUEST', 400));
  expect(await ask({ extensions })).toMatchObject(refusedWith('PERSISTED_QUERY_NOT_FOUND', 200));
});

test('a document that is not valid is not registered', async () => {
  const { ask } = createWorld();
  const extensions = byHash(hashOf('{ nothing }'));
  expect(await ask({ query: '{ nothing }', extensions })).toMatchObject(refusedWith('GRAPHQL_VALIDATION_FAILED', 400));
  expect(await ask({ extensions })).toMatchObject(refusedWith('PERSISTED_QUERY_NOT_FOUND', 200));
});

test('a store that holds another document than the hash says is not believed', async () => {
  const { ask, store } = createWorld();
  const hash = hashOf('{ a }');
  await store.mset([[`gateway:apq:${hash}`, '{ b }']], TTL_MS);
  expect(await ask({ extensions: byHash(hash) })).toMatchObject(refusedWith('PERSISTED_QUERY_NOT_FOUND', 200));
});

test('where documents cannot be registered a hash is not supported, and a query runs all the same', async () => {
  const { ask } = createWorld({ hasApq: false });
  const extensions = byHash(hashOf('{ a }'));
  expect(await ask({ extensions })).toMatchObject({
    status: 200,
    errors: [{ message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }],
  });
  expect(await ask({ query: '{ a }', extensions })).toMatchObject({ text: '{ a }' });
});

test.each([
  [{}],
  [{ extensions: byHash(hashOf('{ a }'), 2) }],
  [{ extensions: byHash(5) }],
  [{ extensions: byHash('') }],
  [{ extensions: { persistedQuery: 'x' } }],
  [{ extensions: { documentId: 5 } }],
  [{ query: '{ a }', extensions: byHash('no hash') }],
])('a request that names no document properly is a bad one: %j', async (request) => {
  expect(await createWorld().ask(request)).toMatchObject(refusedWith('BAD_REQUEST', 400));
});

test('an operation of the manifest runs by its id, by either way to name it', async () => {
  const { ask } = createWorld({ manifest: MANIFEST });
  expect(await ask({ extensions: byHash('listed-1') })).toMatchObject({ name: 'Listed' });
  expect(await ask({ extensions: { documentId: 'listed-1' } })).toMatchObject({ name: 'Listed' });
  expect(await ask({ query: LISTED, extensions: { documentId: 'listed-1' } })).toMatchObject({ name: 'Listed' });
  expect(await ask({ query: '{ b }' })).toMatchObject({ text: '{ b }' });
});

test('under `require` only listed operations run, by id or word for word', async () => {
  const { ask } = createWorld({ manifest: MANIFEST, rule: { ...ALLOW, mode: 'require' } });
  expect(await ask({ extensions: { documentId: 'listed-1' } })).toMatchObject({ name: 'Listed' });
  expect(await ask({ query: LISTED })).toMatchObject({ name: 'Listed' });
  for (const query of [`${LISTED} `, '{ a }', '{ nothing }', '{'])
    expect(await ask({ query })).toMatchObject(refusedWith('QUERY_NOT_IN_SAFELIST', 403));
  const extensions = byHash(hashOf('{ a }'));
  expect(await ask({ query: '{ a }', extensions })).toMatchObject(refusedWith('QUERY_NOT_IN_SAFELIST', 403));
  expect(await ask({ extensions })).toMatchObject(refusedWith('PERSISTED_QUERY_NOT_IN_LIST', 404));
});

test('partners are under `require`, players are not, and what a player registers is closed to partners', async () => {
  const { ask } = createWorld({ manifest: MANIFEST, rule: { mode: 'allow', requireForScopes: ['partner'] } });
  const extensions = byHash(hashOf('{ a }'));
  expect(await ask({ query: '{ a }', extensions }, ['player'])).toMatchObject({ text: '{ a }' });
  expect(await ask({ query: '{ a }' }, ['partner'])).toMatchObject(refusedWith('QUERY_NOT_IN_SAFELIST', 403));
  expect(await ask({ extensions }, ['partner'])).toMatchObject(refusedWith('PERSISTED_QUERY_NOT_IN_LIST', 404));
  expect(await ask({ query: LISTED }, ['x', 'partner'])).toMatchObject({ name: 'Listed' });
});

test('a store that fails costs clients a round trip and nothing else', async () => {
  const failing = () => Promise.reject(new Error('gone'));
  const store = { mget: failing, mset: failing, setIfAbsent: failing, delete: failing };
  const registered = createRegisteredDocuments({ store, logger: silentLogger });
  await expect(registered.register(hashOf('{ a }'), '{ a }')).resolves.toBeUndefined();
  await expect(registered.find(hashOf('{ a }'))).resolves.toBeNull();
});
