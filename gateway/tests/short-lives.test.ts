import { writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { json, text } from 'node:stream/consumers';
import { createTempFolder } from '@playgraph/testkit/temp-folder';
import { expect, onTestFinished, test } from 'vitest';
import { run } from './gateway-command.ts';
import { compose } from './supergraphs.ts';

const WARM_UP_REQUESTS = 6_000;
const MEASURED_REQUESTS = 4_000;
/** The heap as a whole is collected now and then: a stretch in which it was says nothing. */
const STRETCHES_MAX = 8;
/** One hidden class of its own for each request takes more than this; all else together a small part of it. */
const BYTES_PER_REQUEST_MAX = 500;
const CONNECTIONS = 4;

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

/** Two subgraphs, whose answers differ from one time to the next and take one entity after the other. */
async function serveSubgraphs() {
  let asked = 0;
  const server = createServer(async (incoming, response) => {
    await json(incoming);
    asked += 1;
    const data =
      incoming.url === '/people'
        ? { me: { __typename: 'User', id: '1' } }
        : { _entities: [{ name: `Ada ${String(asked).padStart(8, '0')}` }] };
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ data }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function send(url: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const sent = request(url, { agent, method: body === undefined ? 'GET' : 'POST', headers }, (response) =>
      text(response).then(resolve, reject),
    );
    sent.on('error', reject).end(body);
  });
}

async function ask(url: string, requests: number): Promise<void> {
  const body = JSON.stringify({ query: '{ me { id name } }' });
  const askInTurn = async () => {
    for (let i = 0; i < requests / CONNECTIONS; i++) await send(`${url}/graphql`, body);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, askInTurn));
}

/** What the old space of the gateway's heap holds, and how often the heap was collected as a whole. */
async function readHeap(url: string) {
  const metrics = await send(`${url}/metrics`);
  const numberOf = (pattern: RegExp) => Number(pattern.exec(metrics)?.[1]);
  return {
    oldBytes: numberOf(/nodejs_heap_space_size_used_bytes\{space="old"\} (\d+)/),
    collections: numberOf(/nodejs_gc_duration_seconds_count\{kind="major"\} (\d+)/) || 0,
  };
}

test('what a request makes dies young: requests leave nothing in the old space of the heap', async () => {
  const folder = await createTempFolder('short-lives');
  onTestFinished(folder.remove);
  const supergraph = path.join(folder.path, 'supergraph.graphql');
  const user = 'type User @key(fields: "id") { id: ID!';
  writeFileSync(supergraph, compose({ people: `type Query { me: User } ${user} }`, names: `${user} name: String }` }));
  const address = await serveSubgraphs();
  const subgraphs = ['people', 'names'].flatMap((name) => ['--subgraph', `${name}=${address}/${name}`]);
  const url = await run(['--supergraph', supergraph, '--port', '0', ...subgraphs]).url;
  expect(JSON.parse(await send(`${url}/graphql`, '{"query":"{ me { name } }"}'))).toMatchObject({
    data: { me: { name: expect.stringMatching(/^Ada \d{8}$/) } },
  });
  await ask(url, WARM_UP_REQUESTS);
  const left: number[] = [];
  for (let i = 0; i < STRETCHES_MAX && left.length < 3; i++) {
    const before = await readHeap(url);
    await ask(url, MEASURED_REQUESTS);
    const after = await readHeap(url);
    if (after.collections === before.collections) left.push((after.oldBytes - before.oldBytes) / MEASURED_REQUESTS);
  }
  expect(left.length).toBeGreaterThan(0);
  expect(Math.min(...left)).toBeLessThan(BYTES_PER_REQUEST_MAX);
}, 60_000);
