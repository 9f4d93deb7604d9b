import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigError } from '@playgraph/kernel/config';
import { expect, onTestFinished, test } from 'vitest';
import { parseFlags } from '../../src/config/flags.ts';
import { describeUnknownSubgraphs } from '../../src/config/mentioned-subgraphs.ts';
import { findNearMiss } from '../../src/config/near-miss.ts';
import { loadConfig } from '../../src/config.ts';
import { startGateway } from '../../src/start-gateway.ts';
import { supergraphOf } from '../supergraphs.ts';

const SUPERGRAPH = { SUPERGRAPH: 'graph.graphql' };

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-settings-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const configFile = join(folder, 'gateway.yaml');
  writeFileSync(configFile, text);
  return configFile;
}

const load = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) => {
  const { settings, configFile } = parseFlags(args);
  return loadConfig({ env: { ...SUPERGRAPH, ...env }, flags: settings, configFile });
};

/** All that an operator is told. */
function problemsOf(args: readonly string[], env: Readonly<Record<string, string>> = {}): readonly string[] {
  try {
    load(args, env);
  } catch (error) {
    return (error as ConfigError).problems;
  }
  return [];
}

const setting = (text: string) => problemsOf(['--set', text]).map((problem) => problem.replace(/^--set /, ''));

test('a port that no machine has is told as too large, not as no number', () => {
  const env = { PORT: '70000', GATEWAY_TELEMETRY_METRICS_PORT: '70001' };
  expect(problemsOf([], env)).toEqual([
    'PORT: needs at most 65535',
    'GATEWAY_TELEMETRY_METRICS_PORT: needs at most 65535',
  ]);
});

test('one header name where a list belongs is told in words of the manual', () => {
  const configFile = fileWith('headers: { forward: x-tenant }\n');
  expect(problemsOf(['--config', configFile])).toEqual(['headers.forward: needs a list of names']);
});

test.each([
  ['limits.depht=3', 'limits.depht: there is no such setting; did you mean limits.depth?'],
  ['depth=3', 'depth: there is no such setting; did you mean limits.depth?'],
  ['cors.orgins=x', 'cors.orgins: there is no such setting; did you mean cors.origins?'],
  ['subgraphs.my-a.ulr=http://x', 'subgraphs.my-a.ulr: there is no such setting; did you mean subgraphs.my-a.url?'],
  ['zebra=1', 'zebra: there is no such setting'],
  ['limits.depth=-1', 'limits.depth: needs at least 1'],
  ['limits.depth=1.5', 'limits.depth: needs a whole number'],
  ['subgraphs.all.deadlineMs=10s', 'subgraphs.all.deadlineMs: needs a number of milliseconds'],
  ['subgraphs.all.deadlineMs=99999999999', 'subgraphs.all.deadlineMs: needs at most 2147483647'],
  ['drainNoticeMs=60000', 'drainNoticeMs: needs at most 10000'],
  ['telemetry.tracing.sampleRatio=7', 'telemetry.tracing.sampleRatio: needs at most 1'],
  ['introspection=alow', 'introspection: needs one of allow, deny, signed-in'],
  ['headers.forward=x-a,connection', 'headers.forward, item 2: belongs to one connection, it cannot go on'],
  ['identity.clockToleranceMs=3600000', 'identity.clockToleranceMs: needs at most 300000'],
])('%s is refused in words that say what would be right', (text, problem) => {
  expect(setting(text)).toEqual([problem]);
});

test('a flag that does not exist is told with the one that was meant', () => {
  expect(() => parseFlags(['--superraph', 'x'])).toThrow(
    "Unknown option '--superraph'; did you mean --supergraph? See",
  );
  expect(() => parseFlags(['--zebra'])).toThrow("Unknown option '--zebra'. See --help.");
  expect(() => parseFlags(['graph.graphql'])).toThrow('a supergraph is named by --supergraph');
});

test('a variable of another name than the usual one is told where something is missing, with the usual one', () => {
  const env = {
    SUPERGRAPH: '',
    GATEWAY_SUPERGRAPH: 'graph.graphql',
    GATEWAY_IDENTITY_SECRET: 'x',
    GATEWAY_SHARNG: 'off',
  };
  expect(problemsOf([], env)).toEqual([
    'supergraph.source: say which supergraph to serve: --supergraph FILE or URL',
    'GATEWAY_SUPERGRAPH: there is no such setting; did you mean SUPERGRAPH?',
    'GATEWAY_IDENTITY_SECRET: there is no such setting; did you mean IDENTITY_SECRET?',
    'GATEWAY_SHARNG: there is no such setting; did you mean GATEWAY_SHARING?',
  ]);
});

test('a browser origin is taken only as browsers write it', () => {
  const good = ['https://shop.example', 'http://localhost:3000', 'capacitor://localhost', 'null', '*'];
  for (const origin of good) expect(problemsOf(['--cors', origin]), origin).toEqual([]);
  expect(problemsOf(['--cors', 'https://a.example,shop.example'])).toEqual([
    '--cors, item 2: needs a scheme, as in https://shop.example',
  ]);
  const bad = ['https://shop.example/', 'https://Shop.example', 'https://shop.example:443', 'https://*.example'];
  for (const origin of bad) expect(problemsOf(['--cors', origin]), origin).toHaveLength(1);
});

test('switches in a file may be written as words, which YAML takes for texts', () => {
  const configFile = fileWith('sharing: off\nprediction: on\nsubgraphs: { a.b: { batching: "on" } }\n');
  const config = load(['--config', configFile]);
  expect(config).toMatchObject({ sharing: false, prediction: true });
  expect(config.subgraph({ name: 'a.b', url: 'http://a.example' }).batching).toBe(true);
  expect(problemsOf(['--config', fileWith('sharing: maybe\n')])).toEqual(['sharing: is either on or off']);
});

test.each([
  ['a tab', 'port: 1\nlimits:\n\tdepth: 3\n', /Tabs are not allowed as indentation at line 3, column 1$/],
  ['a key twice', 'port: 1\nport: 2\n', /Map keys must be unique at line 2, column 1$/],
  ['JSON without a comma', '{"port": 1,\n"host": "x"\n"limits": {}}', /at line 3, column 1$/],
  ['two documents', 'port: 1\n---\nport: 2\n', /holds more than one document/],
  ['an alias of nothing', 'port: *other\n', /Unresolved alias/],
  ['a page', '<html></html>', /does not hold settings by name$/],
])('a configuration file with %s is told with its place', (_what, text, sentence) => {
  const [problem, ...others] = problemsOf(['--config', fileWith(text)]);
  expect(problem).toMatch(sentence);
  expect(others).toEqual([]);
});

test('a configuration file that is a folder is told as one', () => {
  expect(problemsOf(['--config', tmpdir()])).toEqual([expect.stringMatching(/cannot be read: it is a folder$/)]);
});

test('whom tokens are for is of no use where no token is looked at', () => {
  expect(problemsOf([], { TOKEN_AUDIENCE: 'shop' })).toEqual([expect.stringContaining('needs identity.jwksUrl')]);
  const env = { TOKEN_AUDIENCE: 'shop,api', JWKS_URL: 'https://login.example/keys' };
  expect(load([], env).identity).toMatchObject({ audience: ['shop', 'api'], issuer: 'playgraph' });
});

test('no algorithm can be set by which whoever checks a token could make one', () => {
  for (const algorithm of ['HS256', 'none'])
    expect(problemsOf([], { GATEWAY_IDENTITY_ALGORITHMS: `RS256,${algorithm}` })).toEqual([
      expect.stringMatching(/^GATEWAY_IDENTITY_ALGORITHMS, item 2: needs one of RS256, /),
    ]);
  expect(problemsOf(['--set', 'identity.algorithms='])).toEqual(['--set identity.algorithms: needs at least one name']);
});

test('a value that cannot stand in a header is refused before a call would', () => {
  const configFile = fileWith('subgraphs: { a: { headers: { fromEnv: { x-key: KEY } } } }\n');
  expect(problemsOf(['--config', configFile], { KEY: 'a\nb' })).toEqual([
    'subgraphs.a.headers.fromEnv.x-key: the value of KEY cannot stand in a header',
  ]);
});

test('settings for a subgraph that the supergraph has not are told, each by its name and with what was meant', () => {
  const { mentionedSubgraphs } = load(
    [
      '--subgraph',
      'acounts=http://a.example',
      '--set',
      'subgraphs.my-orders.retriesMax=0',
      '--set',
      'subgraphs.zebra.retriesMax=0',
    ],
    { SUBGRAPH_URL_MYORDERS: 'http://b.example', SUBGRAPH_URL_MY_ORDERS: 'http://b.example' },
  );
  expect(describeUnknownSubgraphs(mentionedSubgraphs, ['accounts', 'my-orders'])).toEqual([
    '--subgraph acounts: the supergraph has no subgraph acounts; did you mean accounts?',
    '--set subgraphs.zebra.retriesMax: the supergraph has no subgraph zebra',
    'SUBGRAPH_URL_MYORDERS: the supergraph has no subgraph of this name; did you mean SUBGRAPH_URL_MY_ORDERS?',
  ]);
});

test('the nearest name is found through slips of one hand, and none where there is only another word', () => {
  const names = ['port', 'host', 'limits', 'supergraph'];
  expect(findNearMiss('prot', names)).toBe('port');
  expect(findNearMiss('Super_Graph', names)).toBe('supergraph');
  expect(findNearMiss('limit', names)).toBe('limits');
  expect(findNearMiss('zebra', names)).toBeNull();
  expect(findNearMiss('x'.repeat(100_000), names)).toBeNull();
});

/** What a start with these settings ends with. */
async function startProblemOf(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const started = await startGateway(load(['--log-level', 'silent', ...args], env)).catch((error: unknown) => error);
  return (started as ConfigError).problems;
}

test('a port in use is told by the name under which it was set, with the ways to set another one', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const port = `${(server.address() as AddressInfo).port}`;
  const SUPERGRAPH = fileWith(supergraphOf('one'));
  const taken = `port ${port} on 127.0.0.1 is in use by another process; choose another by`;
  expect(await startProblemOf([], { SUPERGRAPH, PORT: port })).toEqual([
    `PORT: ${taken} --port N, the variable PORT or \`port\` in the configuration file`,
  ]);
  expect(await startProblemOf(['--port', '0', '--set', `telemetry.metricsPort=${port}`], { SUPERGRAPH })).toEqual([
    expect.stringContaining(`--set telemetry.metricsPort: ${taken} --set telemetry.metricsPort=N`),
  ]);
});

test('a subgraph that the supergraph gives no address asks for one', async () => {
  const SUPERGRAPH = fileWith(supergraphOf('one').replace(/url: "http:[^"]*"/, 'url: ""'));
  expect(await startProblemOf(['--port', '0'], { SUPERGRAPH })).toEqual([
    'subgraph one: has no address in the supergraph; give it one by --subgraph one=URL',
  ]);
});
