import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readOperations } from '../src/http/explorer/operations.ts';
import { createExplorerRoutes } from '../src/http/explorer/routes.ts';

const pageFolder = fileURLToPath(new URL('../explorer/', import.meta.url));

let folder: string;
const servers: Server[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'playgraph-explorer-'));
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  await rm(folder, { recursive: true, force: true });
});

async function serve(operationsDir: string | null): Promise<string> {
  const app = express();
  for (const { path: mount, handle } of createExplorerRoutes({ operationsDir })) app.use(mount, handle);
  const server = createServer(app);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const write = (name: string, text: string) => writeFile(path.join(folder, name), text);

test('the page and all that it loads come from this server, under a policy that forbids anything else', async () => {
  const url = await serve(null);
  const page = await fetch(`${url}/explorer`);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toContain('text/html');
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain(`connect-src 'self' ${url.replace('http', 'ws')}`);
  expect(policy).not.toMatch(/unsafe|\*/);

  const html = await page.text();
  const linked = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map((match) => match[1] ?? '');
  expect(linked.length).toBeGreaterThan(3);
  for (const address of linked) {
    expect(address.startsWith('/explorer/')).toBe(true);
    expect((await fetch(url + address)).status, address).toBe(200);
  }
  expect(html).not.toMatch(/<style|<script(?! type="module" src)|\son\w+=|\sstyle=/);
});

test('no file of the page names another origin, and every module that one imports is there', async () => {
  const names = await readdir(pageFolder);
  for (const name of names) {
    const text = await readFile(path.join(pageFolder, name), 'utf8');
    const outside = [...text.matchAll(/(?:https?:)?\/\/[\w.-]+\.\w+/g)].map(([address]) => address);
    // The name of the SVG namespace is an identifier; nothing is fetched from it.
    expect(
      outside.filter((address) => address !== 'http://www.w3.org'),
      name,
    ).toEqual([]);
    for (const [, file] of text.matchAll(/from '\.\/([^']+)'/g)) expect(names, name).toContain(file);
    expect(text, name).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
  }
});

test('every field and button of the page has a name that can be read out', async () => {
  const html = await readFile(path.join(pageFolder, 'index.html'), 'utf8');
  const labelled = new Set([...html.matchAll(/<label[^>]* for="([^"]+)"/g)].map((match) => match[1]));
  for (const [, id = ''] of html.matchAll(/<(?:input|textarea) id="([^"]+)"/g)) expect(labelled).toContain(id);
  for (const [, attributes = '', text = ''] of html.matchAll(/<button([^>]*)>(.*?)<\/button>/g)) {
    expect(text !== '' || attributes.includes('aria-label='), attributes).toBe(true);
  }
});

test('a file of another folder cannot be had, however it is spelt', async () => {
  const url = await serve(null);
  for (const address of ['/explorer/../package.json', '/explorer/%2e%2e/package.json', '/explorer/..%2fpackage.json']) {
    expect((await fetch(url + address)).status).toBeGreaterThanOrEqual(400);
  }
});

test('ready-made operations come in the order of their files, with group, description and variables', async () => {
  await write('02-watch.graphql', '# Live · Sees it happen.\nsubscription Watch { seen }\n');
  await write('01-read.graphql', '# Reads one.\nquery Read($id: ID!) {\n  one(id: $id)\n}\n');
  await write('01-read.json', '{ "id": "{{one}}" }\n');
  await write('README.md', 'not an operation');
  const url = await serve(folder);
  const read = { name: 'Read', kind: 'query', group: '', description: 'Reads one.' };
  const watch = { name: 'Watch', kind: 'subscription', group: 'Live', description: 'Sees it happen.' };
  expect(await (await fetch(`${url}/explorer/operations.json`)).json()).toEqual([
    { ...read, query: 'query Read($id: ID!) {\n  one(id: $id)\n}', variables: '{ "id": "{{one}}" }' },
    { ...watch, query: 'subscription Watch { seen }', variables: '' },
  ]);
});

test('without a folder there are no ready-made operations', async () => {
  const url = await serve(null);
  expect(await (await fetch(`${url}/explorer/operations.json`)).json()).toEqual([]);
});

test('a file that is not one named operation is refused by name', async () => {
  for (const text of ['query { a }', 'query A { a } query B { b }', 'fragment A on B { c }', 'query A {', '']) {
    await write('bad.graphql', text);
    await expect(readOperations(folder)).rejects.toThrow('bad.graphql');
  }
});
