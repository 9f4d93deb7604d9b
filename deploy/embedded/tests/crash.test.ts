import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { auditLedger } from '@playgraph/payment/audit-ledger';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withStores } from '../src/offline.ts';
import { createStoreClient, type StoreClient } from '../src/tour/store-client.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const KILLS = 4;
const ORDERS_PER_ROUND = 6;

type Running = { readonly url: string; readonly child: ChildProcess; kill(): Promise<void> };

let dataDir: string;
let running: Running;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'playgraph-crash-'));
  running = await startStore();
});
afterAll(async () => {
  await running.kill();
  await rm(dataDir, { recursive: true, force: true });
});

test('a store that is killed in the middle of purchases loses no order and no cent', async () => {
  let client = createStoreClient(running.url);
  const { token, games } = await prepare(client);
  const orderIds: string[] = [];
  for (let round = 0; round < KILLS; round++) {
    client = createStoreClient(running.url).as(token);
    const mine = games.slice(round * ORDERS_PER_ROUND, (round + 1) * ORDERS_PER_ROUND);
    const purchases = mine.map((gameId) => buy(client, gameId, (id) => orderIds.push(id)));
    await Promise.race(purchases); // the first is through, the others are under way
    await running.kill();
    await Promise.allSettled(purchases);
    running = await startStore();
  }
  client = createStoreClient(running.url).as(token);
  for (const id of orderIds) {
    await expect.poll(() => stateOf(client, id), { timeout: 30_000 }).toMatch(/^(RESERVED|FULFILLED|CANCELLED)$/);
  }
  const states = await Promise.all(orderIds.map((id) => stateOf(client, id)));
  expect(states.filter((state) => state === 'FULFILLED').length).toBeGreaterThanOrEqual(KILLS);
  const { me } = await client.ask<{ me: { library: { totalCount: number } } }>('{ me { library { totalCount } } }');
  expect(me.library.totalCount).toBe(states.filter((state) => state === 'FULFILLED').length);
  const { isSound } = await withStores({ DATA_DIR: dataDir }, ({ stores }) => auditLedger(stores.payment));
  expect(isSound).toBe(true);
}, 180_000);

/** A rich player, and enough games that are not counted. */
async function prepare(client: StoreClient): Promise<{ token: string; games: string[] }> {
  const username = `crash_${randomUUID().slice(0, 8)}`;
  const input = { username, displayName: 'Crash', email: `${username}@e2e.example`, password: 'long enough' };
  const { register } = await client.ask<{ register: { tokens: { accessToken: string } } }>(
    'mutation R($input: RegisterInput!) { register(input: $input) { ... on RegisterSuccess { tokens { accessToken } } } }',
    { input },
  );
  const token = register.tokens.accessToken;
  const deposit = 'mutation D($input: DepositToWalletInput!) { depositToWallet(input: $input) { __typename } }';
  await client.as(token).ask(deposit, {
    input: { idempotencyKey: randomUUID(), amount: { amountMinor: 100_000, currency: 'EUR' } },
  });
  const query = '{ games(first: 100) { nodes { id offer { stockBand price { amountMinor } } } } }';
  type Node = { id: string; offer: { stockBand: string; price: { amountMinor: number } } };
  const { games } = await client.ask<{ games: { nodes: Node[] } }>(query);
  const cheap = games.nodes.filter(({ offer }) => offer.stockBand === 'UNLIMITED' && offer.price.amountMinor < 2_000);
  return { token, games: cheap.map(({ id }) => id).slice(0, KILLS * ORDERS_PER_ROUND) };
}

async function buy(client: StoreClient, gameId: string, onPlaced: (orderId: string) => void): Promise<void> {
  const place =
    'mutation P($input: PlaceOrderInput!) { placeOrder(input: $input) { ... on PlaceOrderSuccess { order { id } } } }';
  const pay = 'mutation Y($input: PayOrderInput!) { payOrder(input: $input) { __typename } }';
  const { placeOrder } = await client.ask<{ placeOrder: { order: { id: string } } }>(place, {
    input: { gameIds: [gameId], idempotencyKey: randomUUID() },
  });
  onPlaced(placeOrder.order.id);
  await client.ask(pay, { input: { orderId: placeOrder.order.id, idempotencyKey: randomUUID() } });
}

async function stateOf(client: StoreClient, id: string): Promise<string> {
  const { order } = await client.ask<{ order: { state: string } }>('query O($id: ID!) { order(id: $id) { state } }', {
    id,
  });
  return order.state;
}

function startStore(): Promise<Running> {
  const child = spawn(process.execPath, ['--conditions=@playgraph/source', '--import=tsx', MAIN], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DATA_DIR: dataDir, PORT: '0' },
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return new Promise((resolve, reject) => {
    let output = '';
    child.once('exit', (code) => reject(new Error(`the store ended with ${String(code)}: ${output}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const url = /(http:\/\/\S+)\/graphql/.exec(output)?.[1];
      if (url) resolve({ url, child, kill });
    });
  });
}
