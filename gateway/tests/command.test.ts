import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSchema, graphql } from 'graphql';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { supergraphOf } from './supergraphs.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

let folder: string;
const children: ChildProcess[] = [];
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'gateway-command-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true }));

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** The command, with nothing of this process's environment that could be a setting. */
function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['--conditions=@playgraph/source', '--import=tsx', MAIN, ...args], {
    env: { PATH: process.env.PATH, ...env },
  });
  children.push(child);
  const output = { stdout: '', stderr: '' };
  let tell: () => void = () => undefined;
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk) => {
      output[name] += chunk;
      tell();
    });
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...output })));
  const url = new Promise<string>((resolve, reject) => {
    tell = () => {
      const [, found] = /"url":"(http:[^"]+)\/graphql"/.exec(output.stderr) ?? [];
      if (found) resolve(found);
    };
    void ended.then(({ stderr }) => reject(new Error(`ended: ${stderr}`)));
  });
  url.catch(() => undefined);
  return { child, ended, url };
}

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
    stderr: expect.stringMatching(/^playgraph-gateway: Unknown option '--prot'.*\n$/),
  });
  expect(config).toMatchObject({ code: 1, stderr: expect.stringContaining('--port: ') });
  for (const { stderr } of [flag, config]) expect(stderr).not.toMatch(/\n\s+at /);
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
