import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEMO_PASSWORD } from '../src/demo.ts';
import { createStoreClient, type StoreClient } from '../src/tour/store-client.ts';
import { takeTour } from '../src/tour/take-tour.ts';
import { FORMS, type StoreUnderTest } from './store-under-test.ts';

const LOGIN = `mutation L($input: LoginInput!) {
  login(input: $input) { __typename ... on LoginSuccess { user { id } tokens { accessToken } } ... on Refusal { code } }
}`;
type LoginData = { login: { user: { id: string }; tokens: { accessToken: string } } };
type Usage = Record<string, { calls: number; storeQueries: number }>;

describe.each(Object.entries(FORMS))('the store %s', (_form, start) => {
  let store: StoreUnderTest;
  let anyone: StoreClient;
  let ada: StoreClient;
  let adaId: string;

  beforeAll(async () => {
    store = await start();
    anyone = createStoreClient(store.url);
    const { login } = await anyone.ask<LoginData>(LOGIN, {
      input: { usernameOrEmail: 'ada', password: DEMO_PASSWORD },
    });
    ada = anyone.as(login.tokens.accessToken);
    adaId = login.user.id;
  });
  afterAll(() => store.close());

  test('two players go through the whole store, live events included', async () => {
    const lines: string[] = [];
    await takeTour(store.url, (line) => lines.push(line));
    expect(lines.filter((line) => line.includes('FAIL'))).toEqual([]);
    expect(lines.filter((line) => line.includes('live')).length).toBeGreaterThanOrEqual(10);
  });

  test('one operation reads six subgraphs as one graph', async () => {
    const data = await ada.ask<{ me: { username: string; orders: { nodes: unknown[] } }; games: unknown }>(`{
      me {
        username wallet { available { amountMinor } } library(first: 3) { nodes { game { title } } }
        orders(first: 3) { nodes { state buyer { username } payments { state } } }
        friends(first: 3) { nodes { displayName } } ranks(first: 3) { nodes { rank leaderboard { game { slug } } } }
      }
      games(first: 2) { nodes { title offer { price { amountMinor currency } } leaderboards(first: 1) { nodes { name } } } }
    }`);
    expect(data.me.username).toBe('ada');
    expect(data.me.orders.nodes.length).toBeGreaterThan(0);
  });

  test('a page of 50 orders with their games costs at most one query per owning shard and subgraph', async () => {
    const query = '{ me { orders(first: 50) { nodes { lines { game { title } } } } } }';
    const { data, extensions } = await ada.send<{ me: { orders: { nodes: unknown[] } } }>(
      query,
      {},
      { 'playgraph-meter': '1' },
    );
    const usage = extensions?.usage as Usage;
    expect(data?.me.orders.nodes.length).toBeGreaterThan(1);
    // ada's orders lie on her shard; the games on both of theirs.
    expect(usage.order?.storeQueries).toBeLessThanOrEqual(1);
    expect(usage.game?.storeQueries).toBeLessThanOrEqual(2);
    expect(usage.user?.storeQueries).toBeLessThanOrEqual(1);
    expect(usage.game?.calls).toBe(1);
  });

  test.each([
    ['an id of another kind', '{ game(id: "user_01ARZ3NDEKTSV4RRFFQ69G5FAV") { id } }', 'BAD_USER_INPUT'],
    ['a page that is too large', '{ games(first: 1000) { nodes { id } } }', 'BAD_USER_INPUT'],
    ['a cursor of nothing', '{ games(after: "zzz") { nodes { id } } }', 'BAD_USER_INPUT'],
    [
      'an order without signing in',
      `mutation { placeOrder(input: { gameIds: ["x"], idempotencyKey: "${randomUUID()}" }) { __typename } }`,
      'UNAUTHENTICATED',
    ],
    ['an unknown field', '{ passwords }', 'GRAPHQL_VALIDATION_FAILED'],
    ['no GraphQL at all', '{', 'GRAPHQL_PARSE_FAILED'],
  ])('%s is refused with a code and without a stack', async (_title, query, code) => {
    const response = await anyone.send(query);
    expect(response.errors?.map(({ extensions }) => extensions?.code)).toEqual([code]);
    expect(JSON.stringify(response)).not.toMatch(/stacktrace|node_modules|SELECT|prisma/i);
  });

  test('what belongs to another player is not there for a stranger', async () => {
    const query =
      'query U($id: ID!) { user(id: $id) { username email wallet { id } library { nodes { id } } orders { nodes { id } } } }';
    const mine = await ada.ask<{ user: Record<string, unknown> }>(query, { id: adaId });
    const theirs = await anyone.ask<{ user: Record<string, unknown> }>(query, { id: adaId });
    expect(mine.user).toMatchObject({ username: 'ada', email: expect.any(String), orders: expect.anything() });
    expect(theirs.user).toEqual({ username: 'ada', email: null, wallet: null, library: null, orders: null });
  });

  test('a live stream that was cut goes on from its cursor without a gap or a repeat', async () => {
    const [game] = (
      await anyone.ask<{ games: { nodes: { id: string }[] } }>('{ games(sort: SIZE_DESC, first: 1) { nodes { id } } }')
    ).games.nodes;
    const place = `mutation P($input: PlaceOrderInput!) { placeOrder(input: $input) { ... on PlaceOrderSuccess { order { id } } ... on Refusal { code } } }`;
    const cancel = `mutation C($input: CancelOrderInput!) { cancelOrder(input: $input) { __typename } }`;
    const follow =
      'subscription F($id: ID!, $after: String) { orderUpdated(orderId: $id, after: $after) { cursor sequence change } }';
    type Event = { orderUpdated: { cursor: string; sequence: number; change: string } };
    const buyer = await register(anyone);
    const input = { gameIds: [game?.id], idempotencyKey: randomUUID() };
    const { placeOrder } = await buyer.ask<{ placeOrder: { order: { id: string } } }>(place, { input });
    const id = placeOrder.order.id;
    const zero = await firstCursor(buyer, id);
    const first = await buyer.follow<Event>(follow, { id, after: zero });
    await buyer.ask(cancel, { input: { orderId: id, idempotencyKey: randomUUID() } });
    const { orderUpdated: event } = await first.next();
    await first.close();
    const again = await buyer.follow<Event>(follow, { id, after: zero });
    const { orderUpdated: replayed } = await again.next();
    await again.close();
    expect(event.change).toBe('CANCELLED');
    expect(replayed).toEqual(event);
  });

  test('liveness, readiness, the explorer and the key set answer', async () => {
    for (const path of ['/health/live', '/health/ready', '/explorer']) {
      expect((await fetch(`${store.url}${path}`)).status, path).toBe(200);
    }
  });
});

async function register(anyone: StoreClient): Promise<StoreClient> {
  const username = `e2e_${randomUUID().slice(0, 8)}`;
  const input = { username, displayName: 'E2E', email: `${username}@e2e.example`, password: 'long enough' };
  const { register } = await anyone.ask<{ register: { tokens: { accessToken: string } } }>(
    'mutation R($input: RegisterInput!) { register(input: $input) { ... on RegisterSuccess { tokens { accessToken } } } }',
    { input },
  );
  return anyone.as(register.tokens.accessToken);
}

async function firstCursor(client: StoreClient, id: string): Promise<string> {
  const { order } = await client.ask<{ order: { eventCursor: string } }>(
    'query O($id: ID!) { order(id: $id) { eventCursor } }',
    { id },
  );
  return order.eventCursor;
}
