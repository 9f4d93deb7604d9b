import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSchema, graphql } from 'graphql';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { NODE_ARGS, run, watch } from './gateway-command.ts';
import { supergraphOf } from './supergraphs.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'gateway-command-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

test('help, version and the list of settings go to standard output', async () => {
  const [help, version, settings] = await Promise.all([
    run(['--help']).ended,
    run(['--version']).ended,
    run(['--settings']).ended,
  ]);
  expect(help).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('--supergraph FILE|URL') });
  expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  expect(settings).toMatchObject({ code: 0, stdout: expect.stringContaining('`limits.depth`') });
});

test('a mistake is told in a sentence and by the exit code', async () => {
  const [flag, config] = await Promise.all([
    run(['--prot', '1']).ended,
    run(['--port', 'many', '--supergraph', 'x']).ended,
  ]);
  expect(flag).toMatchObject({
    code: 2,
    stderr: "playgraph-gateway: Unknown option '--prot'; did you mean --port? See --help.\n",
  });
  expect(config).toMatchObject({ code: 1, stderr: 'playgraph-gateway: --port: needs a number\n' });
});

test('a setting for a subgraph that is not there is told at the start and at each reload', async () => {
  const supergraph = fileWith('mentioned.graphql', supergraphOf('one'));
  const gateway = run(['--supergraph', supergraph, '--port', '0', '--subgraph', 'onee=http://one.example']);
  await gateway.url;
  await gateway.saw(/--subgraph onee: the supergraph has no subgraph onee; did you mean one\?/);
  writeFileSync(supergraph, supergraphOf('two'));
  await gateway.saw(/(?:did you mean one\?[\s\S]*){2}"reloaded"/);
});

test('with the access log on, what is asked over HTTP and over WebSocket is written down', async () => {
  const supergraph = fileWith('logged.graphql', supergraphOf('one'));
  const env = { GATEWAY_TELEMETRY_ACCESS_LOG: 'on' };
  const gateway = run(['--supergraph', supergraph, '--port', '0'], env);
  const url = `${await gateway.url}/graphql`;
  const headers = { 'content-type': 'application/json' };
  await fetch(url, { method: 'POST', headers, body: '{"query":"query OverHttp { __typename }"}' });
  await gateway.saw(/"method":"POST".*"operationName":"OverHttp".*"msg":"request"/);
  const client = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket });
  for await (const { data } of client.iterate({ query: 'query OverWebSocket { __typename }' })) {
    expect(data).toEqual({ __typename: 'Query' });
  }
  await gateway.saw(/"method":"WEBSOCKET".*"operationName":"OverWebSocket".*"msg":"request"/);
  await client.dispose();
});

test('at SIGTERM the answer under way is given, and the process ends by itself', async () => {
  let arrived: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  let release: () => void = () => undefined;
  const subgraph = createServer((_request, response) => {
    release = () => void response.setHeader('content-type', 'application/json').end('{"data":{"one":1}}');
    arrived();
  });
  await new Promise<void>((resolve) => subgraph.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(subgraph.address() as AddressInfo).port}`;
  const file = fileWith('drained.graphql', supergraphOf('one'));
  const gateway = run(['--supergraph', file, '--port', '0', '--subgraph', `one=${address}`]);
  const headers = { 'content-type': 'application/json' };
  const answer = fetch(`${await gateway.url}/graphql`, { method: 'POST', headers, body: '{"query":"{ one }"}' });
  await asked;
  gateway.child.kill('SIGTERM');
  await gateway.saw(/"closing"/);
  release();
  expect(await (await answer).json()).toEqual({ data: { one: 1 } });
  const { code, stderr } = await gateway.ended;
  expect(code).toBe(0);
  expect(stderr).not.toMatch(/did not close in time|could not close/);
  subgraph.closeAllConnections();
  subgraph.close();
});

test('under npx, which passes no signal on, the end of its shell ends the gateway too', async () => {
  const file = fileWith('npx.graphql', supergraphOf('one'));
  const line = [process.execPath, ...NODE_ARGS, '--supergraph', file, '--port', '0'].map((word) => `'${word}'`);
  const env = { PATH: process.env.PATH, npm_lifecycle_script: "'playgraph-gateway' --supergraph ..." };
  // With a second command the shell stays between its parent and the gateway.
  const shell = watch(spawn('sh', ['-c', `${line.join(' ')}; true`], { env }));
  await shell.url;
  shell.child.kill('SIGTERM');
  // What the gateway inherited is closed only when it has ended.
  expect((await shell.ended).stderr).toContain('"closing"');
});

test('any supergraph is served: ready though a subgraph is down, answering once it is up, draining at SIGTERM', async () => {
  const schema = buildSchema('type Query { one: Int }');
  const subgraph = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const result = await graphql({ schema, source: JSON.parse(body).query, rootValue: { one: 1 } });
    response.setHeader('content-type', 'application/json').end(JSON.stringify(result));
  });
  await new Promise<void>((resolve) => subgraph.listen(0, '127.0.0.1', resolve));
  const { port } = subgraph.address() as AddressInfo;
  await new Promise((resolve) => subgraph.close(resolve));

  const supergraph = fileWith('one.graphql', supergraphOf('one'));
  const address = `http://127.0.0.1:${port}/graphql`;
  const config = fileWith(
    'config.yaml',
    `supergraph: ${path.basename(supergraph)}\nsubgraphs: { one: { url: "${address}" } }\n`,
  );
  const gateway = run(['--config', config, '--port', '0']);
  const url = await gateway.url;
  const ask = async () => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: '{"query":"{ one }"}' });
    return response.json();
  };
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  expect(await ask()).toMatchObject({ data: { one: null }, errors: [{ path: ['one'] }] });
  await new Promise<void>((resolve) => subgraph.listen(port, '127.0.0.1', resolve));
  expect(await ask()).toEqual({ data: { one: 1 } });
  gateway.child.kill('SIGTERM');
  expect(await gateway.ended).toMatchObject({ code: 0 });
  subgraph.closeAllConnections();
  subgraph.close();
});
