import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { composeServices } from '@apollo/composition';
import { ConfigError } from '@playgraph/kernel/config';
import { silentLogger } from '@playgraph/kernel/logger';
import { parse } from 'graphql';
import { expect, onTestFinished, test } from 'vitest';
import { createSupergraphLoader, type SupergraphSource } from '../src/supergraph.ts';
import { compose, supergraphOf } from './supergraphs.ts';

const APOLLO = { apollo: { key: undefined, keyHash: undefined, graphRef: undefined } as never };

/** Why this cannot be served: the one problem that an operator reads. */
async function problemOf(source: SupergraphSource): Promise<string> {
  const error = await createSupergraphLoader(source, silentLogger)
    .load(APOLLO)
    .then(
      () => null,
      (thrown: unknown) => thrown,
    );
  expect(error).toBeInstanceOf(ConfigError);
  const { problems } = error as ConfigError;
  expect(problems).toHaveLength(1);
  expect(problems[0]).not.toContain('\n');
  return problems[0] ?? '';
}

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'supergraph-mistakes-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const LINK = '@link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])';

test.each([
  ['nothing', ' \n', 'it is empty'],
  ['a page', '<!doctype html><html></html>', 'it is a page'],
  ['a result of introspection', '{"data":{"__schema":{"types":[]}}}', 'introspection query'],
  ['other JSON', '[1]', 'it is JSON'],
  ['a configuration of rover', 'federation_version: 2\nsubgraphs:\n  a: {}\n', 'it is a configuration for composing'],
  [
    'a subgraph',
    `extend schema ${LINK}\ntype Query { a: A } type A @key(fields: "id") { id: ID }`,
    'schema of one subgraph',
  ],
  ['a subgraph of federation 1', 'type Query { a: A } type A @key(fields: "id") { id: ID }', 'schema of one subgraph'],
  ['a plain schema', 'type Query { a: Int }', 'a schema that says nothing of subgraphs'],
  ['an operation', 'query { a }', 'it holds operations'],
  [
    'a broken text',
    'type Query {\n  a: Int\n  }}',
    'it is not GraphQL: Syntax Error: Unexpected "}". Line 3, column 4.',
  ],
])('%s instead of a supergraph is told as what it is', async (_what, sdl, sentence) => {
  expect(await problemOf({ sdl })).toContain(sentence);
  const file = path.join(newFolder(), 'graph.graphql');
  writeFileSync(file, sdl);
  expect(await problemOf({ file })).toMatch(new RegExp(`^supergraph: ${file}: `));
});

test('a supergraph of a later form than is known says which forms are', async () => {
  const later = supergraphOf('one').replace(/join\/v0\.\d/, 'join/v0.9');
  expect(await problemOf({ sdl: later })).toMatch(/unsupported join spec version v0\.9 \(supported versions: .*v0\.5/);
});

test('a supergraph with connectors is refused: nobody here asks REST services', async () => {
  const typeDefs = `
    extend schema ${LINK.replace('v2.3', 'v2.10')}
      @link(url: "https://specs.apollo.dev/connect/v0.1", import: ["@connect", "@source"])
      @source(name: "json", http: { baseURL: "https://api.example" })
    type Query { users: [User] @connect(source: "json", http: { GET: "/users" }, selection: "id") }
    type User @key(fields: "id") { id: ID! }`;
  const { supergraphSdl } = composeServices([{ name: 'a', url: 'http://a.invalid', typeDefs: parse(typeDefs) }]);
  expect(await problemOf({ sdl: supergraphSdl ?? '' })).toContain('it has connectors');
});

test('fields and texts that only sound like connectors do not matter', async () => {
  const sdl = compose({ one: '"""to connect https://specs.apollo.dev/connect/v0.1""" type Query { connect: Int }' });
  const loader = createSupergraphLoader({ sdl }, silentLogger);
  onTestFinished(() => loader.stop());
  await expect(loader.load(APOLLO)).resolves.toBeDefined();
});

test('a label of an override that nobody here can decide about is told, a percentage is not', async () => {
  const subgraph = (
    weight: string,
  ) => `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@override"])
    type P @key(fields: "id") { id: ID! weight: Int ${weight} height: Int ${weight.replace('my-flag', 'percent(30)')} }`;
  const { supergraphSdl = '' } = composeServices([
    { name: 'a', url: 'http://a.invalid', typeDefs: parse(`${subgraph('')} type Query { p: P }`) },
    { name: 'b', url: 'http://b.invalid', typeDefs: parse(subgraph('@override(from: "a", label: "my-flag")')) },
  ]);
  const told: object[] = [];
  const warn = (fields: object) => void told.push(fields);
  const loader = createSupergraphLoader({ sdl: supergraphSdl }, { ...silentLogger, warn });
  onTestFinished(() => loader.stop());
  await loader.load(APOLLO);
  expect(told).toEqual([{ labels: ['my-flag'] }]);
});

test('a file that cannot be read, or an address that gives none, is told with its reason', async () => {
  expect(await problemOf({ file: newFolder() })).toMatch(/it is a folder$/);
  const server = createServer((request, response) => {
    const status = Number(request.url?.slice(1));
    response.writeHead(status).end(status === 200 ? '<html></html>' : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const polled = (status: number) => problemOf({ url: `${url}/${status}`, pollMs: 1_000 });
  expect(await polled(404)).toBe(
    `supergraph: ${url}/404 cannot be had: it answers with status 404: there is nothing at this address`,
  );
  expect(await polled(401)).toContain('it wants credentials (supergraph.headers)');
  expect(await polled(200)).toContain(`${url}/200: it is a page`);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(await polled(500)).toMatch(/cannot be had: (?:nobody listens there|the connection broke off) \(\w+\)$/);
});

test('what listeners cannot serve ends the start, and later leaves the older version in force', async () => {
  const file = path.join(newFolder(), 'graph.graphql');
  writeFileSync(file, supergraphOf('one'));
  let tell: (error: object) => void = () => undefined;
  const told = new Promise<object>((resolve) => {
    tell = resolve;
  });
  const open = () => {
    const loader = createSupergraphLoader({ file }, { ...silentLogger, error: tell });
    loader.onSchemaLoadOrUpdate(({ coreSupergraphSdl }) => {
      if (coreSupergraphSdl.includes('unwanted')) throw new ConfigError(['subgraph a: is unwanted']);
    });
    onTestFinished(() => loader.stop().catch(() => undefined));
    return loader.load(APOLLO);
  };
  await open();
  writeFileSync(file, supergraphOf('unwanted'));
  expect(await told).toMatchObject({ error: expect.stringContaining('subgraph a: is unwanted') });
  await expect(open()).rejects.toThrow('subgraph a: is unwanted');
});
