import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError } from '@playgraph/kernel/config';
import { type Logger, silentLogger } from '@playgraph/kernel/logger';
import { createGate } from '@playgraph/testkit/gate';
import { afterEach, expect, test } from 'vitest';
import { withoutSecurityPurpose } from '../src/supergraph/security-links.ts';
import { createSupergraphLoader, type SupergraphSource } from '../src/supergraph.ts';
import { composedWithEveryFeature, olderSupergraph, supergraphOf } from './supergraphs.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const APOLLO = { apollo: { key: undefined, keyHash: undefined, graphRef: undefined } as never };

/** A loaded supergraph: the names of its root fields, now and whenever they change. */
async function loadFields(source: SupergraphSource, logger: Logger = silentLogger) {
  const loader = createSupergraphLoader(source, logger);
  const seen: string[][] = [];
  const waiting: (() => void)[] = [];
  loader.onSchemaLoadOrUpdate(({ apiSchema }) => {
    seen.push(Object.keys(apiSchema.getQueryType()?.getFields() ?? {}));
    for (const resolve of waiting.splice(0)) resolve();
  });
  closers.push(() => loader.stop().catch(() => undefined));
  await loader.load(APOLLO);
  const next = () => new Promise<void>((resolve) => waiting.push(resolve));
  return { seen, next };
}

/** A logger that resolves `told` at the first error. */
function listeningLogger() {
  const errors: object[] = [];
  let tell: () => void = () => undefined;
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const logger: Logger = {
    ...silentLogger,
    error: (fields) => {
      errors.push(fields);
      tell();
    },
  };
  return { logger, errors, told };
}

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/supergraph?key=hush`;
}

const sdlWith = (...links: string[]) =>
  `schema @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION) ${links.join(' ')} { query: Query }\ntype Query { me: ID @authenticated }`;
const link = (url: string) => `@link(url: "${url}", for: SECURITY)`;

test('the security purpose is taken off and every other character stays', () => {
  const sdl = sdlWith(link('https://specs.apollo.dev/authenticated/v0.1'));
  expect(withoutSecurityPurpose(sdl)).toBe(sdl.replace('for: SECURITY', ''));
});

test('the purpose is taken off every link, however it is written', () => {
  const sdl = sdlWith(
    link('https://specs.apollo.dev/authenticated/v0.1'),
    '@link(for:SECURITY url: """https://specs.apollo.dev/policy/v0.1""", import: ["@policy"])',
    '@link(url: "https://specs.apollo.dev/requiresScopes/v0.1", as: "scopes", for : SECURITY)',
  );
  const schemaExtension = `extend schema ${link('https://specs.apollo.dev/context/v0.1')}`;
  const stripped = withoutSecurityPurpose(`${sdl}\n${schemaExtension}`);
  expect(stripped).not.toContain('SECURITY');
  expect(stripped.match(/for: EXECUTION/g)).toHaveLength(1);
});

test('a security feature that nobody here enforces keeps its purpose', () => {
  const foreign = link('https://example.com/seal/v1.0');
  const newer = link('https://specs.apollo.dev/policy/v1.0');
  expect(withoutSecurityPurpose(sdlWith(foreign, newer))).toBe(sdlWith(foreign, newer));
});

test('the word in a description or a value is left alone', () => {
  const sdl = `"""for: SECURITY"""\ntype Query { a(x: String = "for: SECURITY"): Int }`;
  expect(withoutSecurityPurpose(sdl)).toBe(sdl);
});

test('a supergraph with every feature of federation loads', async () => {
  const sdl = composedWithEveryFeature();
  for (const feature of ['authenticated', 'requiresScopes', 'policy', 'cost', 'context', 'tag', 'inaccessible'])
    expect(sdl).toContain(`https://specs.apollo.dev/${feature}/`);
  const { seen } = await loadFields({ sdl });
  expect(seen).toEqual([['me', 'shelf', 'offers']]);
});

test.each(['v0.1', 'v0.2', 'v0.3', 'v0.4'] as const)(
  'a supergraph of join %s, as older composers wrote it, loads',
  async (version) => {
    const { seen } = await loadFields({ sdl: olderSupergraph(version) });
    expect(seen).toEqual([['product']]);
  },
);

test('a supergraph whose feature for EXECUTION or SECURITY is unknown is refused', async () => {
  for (const purpose of ['EXECUTION', 'SECURITY']) {
    const unknown = `schema @link(url: "https://example.com/seal/v1.0", for: ${purpose})`;
    const loading = loadFields({ sdl: supergraphOf('one').replace('schema', unknown) });
    await expect(loading).rejects.toThrow(/seal.*unsupported/s);
  }
});

test('what is no supergraph is told in a sentence', async () => {
  await expect(loadFields({ sdl: 'not SDL' })).rejects.toThrow(ConfigError);
  await expect(loadFields({ sdl: 'type Query { a: Int }' })).rejects.toThrow(/supergraph: /);
  await expect(loadFields({ file: '/nowhere/graph.graphql' })).rejects.toThrow(
    'there is no file /nowhere/graph.graphql',
  );
});

test('a file that changes is loaded again; a broken version is told and the older one goes on', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'supergraph-'));
  closers.push(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'supergraph.graphql');
  writeFileSync(file, supergraphOf('one'));
  const { logger, told } = listeningLogger();
  const { seen, next } = await loadFields({ file }, logger);
  writeFileSync(file, 'type Query {');
  await told;
  expect(seen).toEqual([['one']]);
  const reloaded = next();
  writeFileSync(file, supergraphOf('two'));
  await reloaded;
  expect(seen).toEqual([['one'], ['two']]);
});

test('an address is asked again with its ETag and gives a newer supergraph when there is one', async () => {
  let version = 'one';
  const asked: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    asked.push(request.headers['if-none-match']);
    if (request.headers['x-key'] !== 'hush') return void response.writeHead(401).end();
    if (request.headers['if-none-match'] === `"${version}"`) {
      // Asked a second time with the older ETag: from now on there is a newer one.
      version = 'two';
      return void response.writeHead(304).end();
    }
    response.writeHead(200, { etag: `"${version}"` }).end(supergraphOf(version));
  });
  const { seen, next } = await loadFields({ url, pollMs: 5, headers: { 'x-key': 'hush' } });
  if (seen.length < 2) await next();
  expect(seen).toEqual([['one'], ['two']]);
  expect(asked.slice(0, 3)).toEqual([undefined, '"one"', '"one"']);
});

test('an address that fails later is told once, without its key, and asked again', async () => {
  let answers = 0;
  const url = await serve((_request, response) => {
    answers += 1;
    if (answers === 1) return void response.end(supergraphOf('one'));
    if (answers <= 3) return void response.writeHead(500).end();
    response.end(supergraphOf('two'));
  });
  const { logger, errors, told } = listeningLogger();
  const { seen, next } = await loadFields({ url, pollMs: 5 }, logger);
  const reloaded = next();
  await told;
  await reloaded;
  expect(seen).toEqual([['one'], ['two']]);
  expect(errors).toHaveLength(1);
  expect(JSON.stringify(errors)).toContain('status 500');
  expect(JSON.stringify(errors)).not.toContain('hush');
});

test('an address that gives nothing at the start ends it, with the reason and without the key', async () => {
  const url = await serve((_request, response) => void response.writeHead(403).end());
  const failure = await loadFields({ url, pollMs: 5 }).catch((error: Error) => error.message);
  expect(failure).toMatch(/cannot be had: it answers with status 403/);
  expect(failure).not.toContain('hush');
});

test('a password in the address is sent as such, and told to nobody', async () => {
  const seen: (string | undefined)[] = [];
  const url = await serve(({ headers }, response) => {
    seen.push(headers.authorization);
    response.writeHead(403).end();
  });
  const failure = await loadFields({ url: url.replace('//', '//ci:s%40crit@'), pollMs: 5 }).catch(
    (error: Error) => error.message,
  );
  expect(seen).toEqual([`Basic ${Buffer.from('ci:s@crit').toString('base64')}`]);
  expect(failure).not.toMatch(/crit/);
});

test('what an address says with a bad status is not waited for, and holds no connection', async () => {
  const gone = createGate();
  const url = await serve((_request, response) => {
    response.once('close', gone.open);
    response.writeHead(404).write('x');
  });
  await expect(loadFields({ url, pollMs: 5 })).rejects.toThrow('404');
  await gone.opened;
});

test('an address whose answer never ends is given up at a limit', async () => {
  const url = await serve((_request, response) => {
    const chunk = Buffer.alloc(1024 * 1024, 32);
    const write = () => {
      while (response.write(chunk));
    };
    response.on('drain', write);
    write();
  });
  await expect(loadFields({ url, pollMs: 5 })).rejects.toThrow('larger than');
});
