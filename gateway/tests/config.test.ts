import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '@playgraph/kernel/config';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseFlags, UsageError } from '../src/config/flags.ts';
import { listSettings, renderSettings } from '../src/config/settings-table.ts';
import { loadConfig } from '../src/config.ts';

const SUPERGRAPH = { SUPERGRAPH: 'graph.graphql' };
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'gateway-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(text: string, name = 'gateway.yaml'): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

const load = (env: Record<string, string> = {}, args: readonly string[] = []) => {
  const { settings, configFile } = parseFlags(args);
  return loadConfig({ env: { ...SUPERGRAPH, ...env }, flags: settings, configFile });
};

test('the defaults are safe: loopback, production, no browser origin, no identity told to anybody', () => {
  expect(load()).toMatchObject({
    isDevelopment: false,
    host: '127.0.0.1',
    port: 4000,
    supergraph: { from: { file: 'graph.graphql' } },
    corsOrigins: [],
    identity: { jwksUrl: null, secret: null },
    forwardedHeaders: [],
    sharing: true,
    prediction: true,
    batching: { enabled: false },
    unknownVariables: [],
  });
});

test('without a supergraph there is nothing to serve', () => {
  expect(() => loadConfig({ env: {} })).toThrow('say which supergraph to serve');
});

test('a supergraph at an address is polled, anything else is a file', () => {
  expect(load({ SUPERGRAPH: 'https://registry.example/graph' }).supergraph.from).toEqual({
    url: 'https://registry.example/graph',
  });
  expect(load({ SUPERGRAPH: './https/graph' }).supergraph.from).toEqual({ file: './https/graph' });
});

test('a supergraph may be named by the address of its file, and by no other scheme than http(s)', () => {
  const file = path.join(folder, 'my graph.graphql');
  expect(load({ SUPERGRAPH: pathToFileURL(file).href }).supergraph.from).toEqual({ file });
  const config = fileWith(`supergraph: { source: "${pathToFileURL(file).href}" }`, 'by-address.yaml');
  expect(loadConfig({ env: {}, configFile: config }).supergraph.from).toEqual({ file });
  expect(() => load({ SUPERGRAPH: 'ftp://registry.example/graph' })).toThrow(
    'SUPERGRAPH: is an address of no known kind: http://, https:// and file:// are known',
  );
  for (const source of ['file://elsewhere/graph', 'file:///a%2fb']) {
    expect(() => load({}, ['--supergraph', source]), source).toThrow('--supergraph: names no file of this machine');
  }
});

test('development is only where it is said', () => {
  expect(load({ NODE_ENV: 'development' }).isDevelopment).toBe(true);
  expect(load({ NODE_ENV: 'test' }).isDevelopment).toBe(true);
  expect(load({}, ['--dev']).isDevelopment).toBe(true);
  expect(load({ NODE_ENV: 'staging' }).isDevelopment).toBe(false);
  expect(load({ NODE_ENV: 'production' }, ['--dev']).isDevelopment).toBe(true);
});

test('everybody may ask for the schema unless production is said or a rule is given', () => {
  expect(load().protection.introspection).toBe('allow');
  expect(load({ NODE_ENV: 'production' }).protection.introspection).toBe('deny');
  expect(load({ NODE_ENV: 'production', GATEWAY_INTROSPECTION: 'signed-in' }).protection.introspection).toBe(
    'signed-in',
  );
});

test('in development any browser origin may call, in production those that are named', () => {
  expect(load({ NODE_ENV: 'development' }).corsOrigins).toBe('*');
  expect(load({ CORS_ORIGINS: 'https://a.example, https://b.example' }).corsOrigins).toEqual([
    'https://a.example',
    'https://b.example',
  ]);
  expect(load({}, ['--cors', 'https://a.example,*']).corsOrigins).toBe('*');
});

test('flags come before variables, variables before the file, the file before the defaults', () => {
  const file = fileWith('port: 1001\nhost: 0.0.0.0\nlimits: { depth: 11, aliases: 12, tokens: 13 }\n');
  const config = load({ PORT: '1002', GATEWAY_LIMITS_DEPTH: '21', GATEWAY_LIMITS_ALIASES: '22' }, [
    ...['--config', file, '--port', '1003'],
    ...['--set', 'limits.depth=31'],
  ]);
  expect(config).toMatchObject({ host: '0.0.0.0', port: 1003, limits: { tokens: 13 } });
  expect(config.protection.limits).toMatchObject({ depthMax: 31, aliasesMax: 22, rootFieldsMax: 200 });
});

test('the file may be named by a variable, be JSON, and speaks of paths from its own folder', () => {
  const json = { supergraph: 'a/graph.graphql', persistedOperations: { manifest: '../manifest.json' } };
  const file = fileWith(JSON.stringify(json), 'gateway.json');
  const config = loadConfig({ env: { PLAYGRAPH_GATEWAY_CONFIG: file } });
  expect(config.supergraph.from).toEqual({ file: path.join(folder, 'a/graph.graphql') });
  expect(config.persistedOperations.manifest).toBe(path.join(folder, '..', 'manifest.json'));
});

test('sharing and prediction are switched off by a word', () => {
  expect(load({ GATEWAY_SHARING: 'off', GATEWAY_PREDICTION: 'OFF' })).toMatchObject({
    sharing: false,
    prediction: false,
  });
  expect(load({ GATEWAY_SHARING: 'on', GATEWAY_PREDICTION: '1' })).toMatchObject({ sharing: true, prediction: true });
  expect(() => load({ GATEWAY_SHARING: 'maybe' })).toThrow('GATEWAY_SHARING');
});

test('a subgraph has its own settings, those for all, and then the defaults', () => {
  const file = fileWith(`
subgraphs:
  all: { deadlineMs: 500, headers: { forward: [X-Tenant], set: { x-from: gateway } } }
  my-orders:
    url: http://orders.internal/graphql
    retriesMax: 0
    queueMax: 0
    batching: true
    headers: { forward: [Authorization], fromEnv: { X-Key: ORDERS_KEY } }
    subscription: { resume: [{ field: orderUpdated, argument: after, from: cursor }] }
`);
  const config = load({ ORDERS_KEY: 'k1' }, ['--config', file, '--forward-header', 'X-Trace']);
  const at = { url: 'http://composed.example/graphql' };
  expect(config.subgraph({ name: 'my-orders', ...at })).toMatchObject({
    url: 'http://orders.internal/graphql',
    deadlineMs: 500,
    retriesMax: 0,
    connectionsMax: 128,
    queueMax: 0,
    batching: true,
    headers: { forward: ['x-trace', 'x-tenant', 'authorization'], set: { 'x-from': 'gateway', 'x-key': 'k1' } },
    subscription: { url: null, resume: [{ field: 'orderUpdated', argument: 'after', from: 'cursor' }] },
  });
  expect(config.subgraph({ name: 'games', ...at })).toMatchObject({
    ...at,
    deadlineMs: 500,
    retriesMax: 2,
    queueMax: 10_000,
    batching: false,
    headers: { forward: ['x-trace', 'x-tenant'], set: { 'x-from': 'gateway' } },
  });
  expect(config.forwardedHeaders).toEqual(['x-trace', 'x-tenant', 'authorization']);
});

test('the address of a subgraph: flag, variable, file, supergraph', () => {
  const file = fileWith(
    'subgraphs: { my-orders: { url: "http://file.example" }, games: { url: "http://file.example" } }',
  );
  const env = { SUBGRAPH_URL_MY_ORDERS: 'http://env.example', SUBGRAPH_URL_ORDER: 'http://127.0.0.1:5003/graphql' };
  const urlOf = (name: string, args: string[] = []) =>
    load(env, ['--config', file, ...args]).subgraph({ name, url: 'http://composed.example' }).url;
  expect(urlOf('my-orders', ['--subgraph', 'my-orders=http://flag.example'])).toBe('http://flag.example');
  expect(urlOf('my-orders')).toBe('http://env.example');
  expect(urlOf('order')).toBe('http://127.0.0.1:5003/graphql');
  expect(urlOf('games')).toBe('http://file.example');
  expect(urlOf('users')).toBe('http://composed.example');
});

test('a user and a password in the address of a subgraph travel as a header, unless one is set', () => {
  const url = 'http://shop:p%40ss@orders.internal/graphql';
  const setOf = (args: string[] = []) => load({}, args).subgraph({ name: 'orders', url }).headers.set;
  expect(setOf()).toEqual({ authorization: `Basic ${Buffer.from('shop:p@ss').toString('base64')}` });
  expect(setOf(['--config', fileWith('subgraphs: { orders: { headers: { set: { authorization: own } } } }')])).toEqual({
    authorization: 'own',
  });
  const unescaped = load({}, []).subgraph({ name: 'orders', url: 'http://shop:100%@orders.internal/' });
  expect(unescaped.headers.set.authorization).toBe(`Basic ${Buffer.from('shop:100%').toString('base64')}`);
});

test('all problems are told at once, each by the name under which it was written, none with its value', () => {
  const file = fileWith('limits: { depht: 3 }\nhost: 5\nsubgraphs: { a: { url: nowhere, timeout: 3 } }\n');
  const problemsOf = () => {
    try {
      load({ PORT: '99999', JWKS_URL: 'x', IDENTITY_SECRET: 'hush-hush' }, [
        '--config',
        file,
        '--set',
        'limits.aliases=many',
      ]);
    } catch (error) {
      return (error as ConfigError).problems;
    }
    return [];
  };
  const problems = problemsOf();
  expect(problems.map((problem) => problem.split(': ')[0]).sort()).toEqual(
    [
      ...['--set limits.aliases', 'IDENTITY_SECRET', 'JWKS_URL', 'PORT'],
      ...['host', 'limits.depht', 'subgraphs.a.timeout', 'subgraphs.a.url'],
    ].sort(),
  );
  expect(problems.join()).not.toMatch(/hush-hush|99999/);
});

test('a pattern of headers is refused, for it would forward nothing', () => {
  expect(() => load({}, ['--forward-header', '*'])).toThrow('headers are named one by one');
  expect(() => load({ GATEWAY_HEADERS_FORWARD: 'x-a,x-*' })).toThrow('headers are named one by one');
});

test('what cannot be meant together is refused', () => {
  expect(() => load({ GATEWAY_PERSISTED_OPERATIONS_MODE: 'require' })).toThrow('persistedOperations.manifest');
  expect(() => load({ GATEWAY_PERSISTED_OPERATIONS_REQUIRE_FOR_SCOPES: 'partner' }, ['--manifest', 'm.json'])).toThrow(
    'identity.jwksUrl',
  );
  expect(() => load({ SUBGRAPH_URL_A: 'somewhere' })).toThrow('SUBGRAPH_URL_A: is not an http(s) address');
  const file = fileWith('subgraphs: { a: { headers: { fromEnv: { x-key: NOT_THERE } } } }');
  expect(() => load({}, ['--config', file])).toThrow('the variable NOT_THERE is not set');
});

test('a configuration file that cannot be used is told in a sentence', () => {
  expect(() => load({}, ['--config', path.join(folder, 'none.yaml')])).toThrow(ConfigError);
  expect(() => load({}, ['--config', fileWith('a: [')])).toThrow('neither YAML nor JSON');
  expect(() => load({}, ['--config', fileWith('- port')])).toThrow('does not hold settings by name');
  expect(load({}, ['--config', fileWith('')]).port).toBe(4000);
});

test('a variable that looks like a setting and is none is told, those of Kubernetes are not', () => {
  const env = { GATEWAY_SHARNG: 'off', GATEWAY_PORT: 'tcp://10.0.0.1:80', GATEWAY_SERVICE_HOST: '10.0.0.1' };
  expect(load(env)).toMatchObject({
    port: 4000,
    unknownVariables: [{ name: 'GATEWAY_SHARNG', near: 'GATEWAY_SHARING' }],
  });
});

test('keys that mean something to JavaScript are unknown settings like any other', () => {
  const file = fileWith('__proto__: { port: 1 }\nconstructor: 2\n');
  expect(() => load({}, ['--config', file])).toThrow(/constructor: there is no such setting/);
  expect(() => load({}, ['--set', '__proto__.polluted=1'])).toThrow(ConfigError);
  expect({}).not.toHaveProperty('polluted');
});

test('a command line that cannot be understood is a mistake of usage', () => {
  for (const args of [['--prot', '1'], ['extra'], ['--port'], ['--subgraph', 'a'], ['--set', '=1']])
    expect(() => parseFlags(args), args.join(' ')).toThrow(UsageError);
  expect(parseFlags(['-s', 'f', '-p', '1', '--version']).show).toBe('version');
});

test('the manual lists every setting as it is', () => {
  const manual = readFileSync(new URL('../../docs/gateway/configuration.md', import.meta.url), 'utf8');
  expect(listSettings().length).toBeGreaterThan(50);
  // Out of step? Put what `playgraph-gateway --settings` prints in the place of the table.
  // The formatter pads the columns.
  const plain = (text: string) => text.replace(/ /g, '').replace(/-{3,}/g, '---');
  const lines = new Set(manual.split('\n').map(plain));
  expect(
    renderSettings()
      .split('\n')
      .map(plain)
      .filter((line) => !lines.has(line)),
  ).toEqual([]);
});

test('every variable sets one setting', () => {
  const variables = listSettings().flatMap(({ variable }) => variable ?? []);
  expect(new Set(variables).size).toBe(variables.length);
});

test('how much is taken on at once is bounded unless said otherwise', () => {
  const { http, subscriptions } = load({ GATEWAY_HTTP_REQUESTS_MAX: '10', GATEWAY_SUBSCRIPTIONS_STREAMS_MAX: '20' });
  expect(http).toEqual({
    requestsMax: 10,
    connectionsMax: 20_000,
    requestsPerConnectionMax: null,
    headersMs: 10_000,
    requestMs: 30_000,
    keepAliveMs: 75_000,
  });
  expect(subscriptions.streamsMax).toBe(20);
  expect(() => load({ GATEWAY_HTTP_CONNECTIONS_MAX: '0' })).toThrow('GATEWAY_HTTP_CONNECTIONS_MAX');
});
