import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { systemClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { createSeededRandom, systemRandom } from '@playgraph/kernel/random';
import { createHttpTransport } from '@playgraph/server/http-transport';
import { LeanAbortController } from '@playgraph/server/watch-abort';
import { expect, onTestFinished, test } from 'vitest';
import { createCallRunner } from '../../src/calls/call-runner.ts';
import { createClient, toChange, toExecution, type WalkedNode } from './walk.ts';
import { SUBGRAPHS } from './world.ts';

const NODES = 12;
const ROUNDS = 10;
const CLIENTS = 12;
const LATE_TURNS = 30;
const json = { 'content-type': 'application/json' };

type Fault = (response: ServerResponse, body: string) => unknown;

/** Ways in which a subgraph answers; the first one is right. */
const FAULTS: readonly Fault[] = [
  (response, body) => response.writeHead(200, json).end(body),
  (response, body) => response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(gzipSync(body)),
  (response, body) => response.writeHead(200, { ...json, connection: 'close' }).end(body),
  (response) => response.writeHead(503).end(),
  (response) => response.writeHead(500, { 'content-type': 'text/html' }).end('<html>'),
  (response) => response.socket?.destroy(),
  (response) => response.socket?.resetAndDestroy(),
  (response, body) => response.writeHead(200, json).write(body.slice(0, 9), () => response.destroy()),
  (response) => response.writeHead(200, json).end('{"data":'),
  (response) => response.writeHead(200, json).end('{"errors":[{"message":"no"}],"data":null}'),
  // So late that most who may leave have left.
  async (response) => {
    for (let turns = LATE_TURNS; turns > 0; turns--) await nextTurn();
    response.destroy();
  },
];

/** Subgraphs that answer in all ways, until they are told to behave. */
async function serveFaults(seed: string) {
  const random = createSeededRandom(seed);
  const state = { isFaulty: true, changes: 0 };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { query, variables } = JSON.parse(text) as { query: string; variables: { id: number } };
    const { id } = variables;
    if (query.startsWith('mutation')) state.changes += 1;
    const body = JSON.stringify({
      data: { node: { value: `v${id}`, next: [(id * 5 + 1) % NODES, (id + 3) % NODES] } },
    });
    const fault = state.isFaulty ? FAULTS[random.int(2) === 0 ? 0 : random.int(FAULTS.length)] : FAULTS[0];
    if (state.isFaulty) for (let turns = random.int(4); turns > 0; turns--) await nextTurn();
    await fault?.(response, body);
  };
  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { state, random, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql` };
}

function openTransports(url: string) {
  const common = { url, identitySecret: null, clock: systemClock, logger: silentLogger };
  // Retries come at once.
  const limits = { connectionsMax: 4, breaker: null, random: { ...systemRandom, int: () => 0 } };
  const transports = SUBGRAPHS.map((name) => createHttpTransport({ name, ...common, ...limits }));
  onTestFinished(async () => void (await Promise.all(transports.map((transport) => transport.close()))));
  return transports;
}

test.each([
  ['nothing is shared or foreseen', { sharing: false, prediction: false }],
  ['everything is shared and foreseen', { sharing: true, prediction: true }],
])('whatever subgraphs do and whoever leaves, each client is told, nothing stays behind: %s', async (name, options) => {
  const { state, random, url } = await serveFaults(name);
  const transports = openTransports(url);
  const byName = new Map(SUBGRAPHS.map((subgraph, i) => [subgraph, transports[i] as (typeof transports)[number]]));
  const runner = createCallRunner({ transports: () => byName, ...options });
  const walkOf = (root: number) => ({ roots: [root % NODES], steps: 3 });
  let changes = 0;

  const runOne = async () => {
    const client = new LeanAbortController();
    const { info } = createClient({ signal: client.signal });
    const isChange = random.int(5) === 0;
    if (isChange) changes += 1;
    const leavesAfter = random.int(3) === 0 ? random.int(6) : null;
    const run = runner.run(isChange ? toChange(random.int(NODES), info) : toExecution(walkOf(random.int(4)), info));
    const leaving = leave(client, leavesAfter);
    const outcome = await run.then(
      ({ answer }) => JSON.parse(answer.body.toString()) as { data: WalkedNode[] },
      (error: unknown) => error,
    );
    await leaving;
    // A run fails for no other reason than that nobody waits for it.
    if (outcome instanceof Error) expect([leavesAfter !== null, outcome]).toEqual([true, client.reason]);
    else expect(outcome).toMatchObject({ data: [{ id: expect.any(Number) }] });
  };
  for (let round = 0; round < ROUNDS; round++) await Promise.all(Array.from({ length: CLIENTS }, runOne));
  expect(state.changes).toBeLessThanOrEqual(changes);

  await expect.poll(() => transports.map((transport) => transport.stats())).toMatchObject(SUBGRAPHS.map(() => IDLE));
  expect(runner.stats()).toMatchObject({ inFlight: { runs: 0, calls: 0 }, waiting: 0 });

  state.isFaulty = false;
  for (let root = 0; root < 4; root++) {
    for (let again = 0; again < 3; again++) {
      const { answer } = await runner.run(toExecution(walkOf(root), createClient().info));
      expect(answer.body.toString()).not.toContain('error');
      expect(answer.body.toString()).toContain(`"value":"v${root}"`);
    }
  }
});

const IDLE = { running: 0, waiting: 0, breaker: 'CLOSED' };

async function leave(client: LeanAbortController, turns: number | null): Promise<void> {
  if (turns === null) return;
  for (let left = turns; left > 0; left--) await nextTurn();
  client.abort(new Error('bye'));
}
