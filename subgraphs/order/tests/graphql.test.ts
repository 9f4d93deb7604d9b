import { meterStoreQueries } from '@playgraph/sharding/query-meter';
import { freshKey } from '@playgraph/testkit/idempotency-keys';
import { expect, test } from 'vitest';
import { authorized, openWorld, type World } from './world.ts';

const ORDERS = 50;

const ORDERS_PAGE = /* GraphQL */ `
  query ($user: [_Any!]!, $first: Int, $after: String, $last: Int, $before: String) {
    _entities(representations: $user) {
      ... on User {
        orders(first: $first, after: $after, last: $last, before: $before) {
          nodes {
            id
            buyer { id }
            state
            lines { game { id } price { amountMinor currency } }
            total { amountMinor }
            placedAt
            expiresAt
            paidAt
            history { state at }
            cancelReason
            eventCursor
          }
          edges { cursor }
          pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        }
      }
    }
  }
`;

type Page = {
  readonly nodes: readonly {
    readonly id: string;
    readonly lines: readonly { readonly game: { readonly id: string } }[];
  }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string;
    readonly endCursor: string;
  };
};

async function page(world: World, viewer: string | null, owner: string, args: object): Promise<Page | null> {
  const user = [{ __typename: 'User', id: owner }];
  const result = await world.run(viewer, ORDERS_PAGE, { user, ...args });
  expect(result.errors).toBeUndefined();
  return (result.data as { _entities: [{ orders: Page | null }] })._entities[0].orders;
}

async function playerWithOrders(world: World, count: number): Promise<{ player: string; orderIds: string[] }> {
  const player = world.player();
  const orderIds: string[] = [];
  for (let i = 0; i < count; i++) {
    world.clock.advance(1000);
    const games = [await world.game({ stock: 1 }), await world.game({ stock: null })];
    orderIds.push((await world.reservedOrder(player, games)).id);
  }
  return { player, orderIds: orderIds.reverse() };
}

test('a page of fifty orders with their lines and history is one store query', async () => {
  const world = await openWorld();
  const { player, orderIds } = await playerWithOrders(world, ORDERS);
  await world.settle();
  const { result, queries } = await meterStoreQueries(() => page(world, player, player, { first: ORDERS }));
  expect(result?.nodes.map((node) => node.id)).toEqual(orderIds);
  expect(queries).toBe(1);
});

test('the offers of all games of a page of fifty orders are one more query an owning shard', async () => {
  const world = await openWorld();
  const { player } = await playerWithOrders(world, ORDERS);
  await world.settle();
  const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User {
    orders(first: ${ORDERS}) { nodes { lines { game { offer { stockBand } } } } }
  } } }`;
  const r = [{ __typename: 'User', id: player }];
  const { result, queries } = await meterStoreQueries(() => world.run(player, query, { r }));
  expect(JSON.stringify(result).match(/SOLD_OUT|UNLIMITED/g)).toHaveLength(2 * ORDERS);
  expect(queries).toBe(1 + world.shards.count);
});

test('orders by reference cost one store query an owning shard', async () => {
  const world = await openWorld();
  const { player, orderIds } = await playerWithOrders(world, 10);
  await world.settle();
  const representations = orderIds.map((id) => ({ __typename: 'Order', id }));
  const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Order { id total { amountMinor } } } }`;
  const { result, queries } = await meterStoreQueries(() => world.run(player, query, { r: representations }));
  expect(result.data).toMatchObject({ _entities: orderIds.map((id) => ({ id })) });
  expect(queries).toBe(1);
});

test('the offers of fifty games cost one store query an owning shard, and then none', async () => {
  const world = await openWorld();
  const games = await Promise.all(
    Array.from({ length: ORDERS }, () => world.game({ stock: 3, priceMinor: 5n, listPriceMinor: 9n })),
  );
  const representations = games.map((id) => ({ __typename: 'Game', id }));
  const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Game { id offer { price { amountMinor } listPrice { amountMinor } isOnSale stockBand } } } }`;
  const offer = { price: { amountMinor: 5 }, listPrice: { amountMinor: 9 }, isOnSale: true, stockBand: 'LOW' };
  const expected = { data: { _entities: games.map((id) => ({ id, offer })) } };
  await world.settle();
  const first = await meterStoreQueries(() => world.run(null, query, { r: representations }));
  const second = await meterStoreQueries(() => world.run(null, query, { r: representations }));
  expect([first.result, second.result]).toEqual([expected, expected]);
  expect([first.queries, second.queries]).toEqual([world.shards.count, 0]);
});

test('the stock band follows the copies at once', async () => {
  const world = await openWorld();
  const game = await world.game({ stock: 1 });
  const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Game { offer { stockBand } } } }`;
  const band = async () => {
    const { data } = await world.run(null, query, { r: [{ __typename: 'Game', id: game }] });
    return (data as { _entities: [{ offer: { stockBand: string } }] })._entities[0].offer.stockBand;
  };
  const player = world.player();
  const bands = [await band()];
  const order = await world.reservedOrder(player, [game]);
  bands.push(await band());
  const input = { orderId: order.id, idempotencyKey: freshKey() };
  await world.run(player, 'mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { __typename } }', {
    input,
  });
  bands.push(await band());
  expect(bands).toEqual(['LOW', 'SOLD_OUT', 'LOW']);
});

test('a game that is not for sale has no offer', async () => {
  const world = await openWorld();
  const gameId = world.ids.make('game');
  await world.publish('game', {
    stream: gameId,
    type: 'game.published',
    data: { gameId, slug: 'x', title: 'X', launchOffer: null },
  });
  const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Game { offer { stockBand } } } }`;
  const r = [gameId, 'game_nonsense'].map((id) => ({ __typename: 'Game', id }));
  expect(await world.run(null, query, { r })).toEqual({ data: { _entities: [{ offer: null }, { offer: null }] } });
});

test('a game that is published again keeps its offer', async () => {
  const world = await openWorld();
  const game = await world.game({ stock: 3 });
  await world.reservedOrder(world.player(), [game]);
  const launchOffer = { priceMinor: '1', listPriceMinor: '1', currency: 'EUR', stock: 99 };
  await world.publish('game', {
    stream: game,
    type: 'game.published',
    data: { gameId: game, slug: 'x', title: 'X', launchOffer },
  });
  expect(await world.stock(game)).toMatchObject({ stock: 3, available: 2 });
});

test('pages of orders neither skip nor repeat, forwards and backwards, whatever is placed meanwhile', async () => {
  const world = await openWorld();
  const { player, orderIds } = await playerWithOrders(world, 7);
  const forward: string[] = [];
  let after: string | null = null;
  for (let hasMore = true; hasMore; ) {
    const current: Page | null = await page(world, player, player, { first: 3, after });
    forward.push(...(current?.nodes.map((node) => node.id) ?? []));
    after = current?.pageInfo.endCursor ?? null;
    hasMore = current?.pageInfo.hasNextPage ?? false;
    world.clock.advance(1000);
    await world.reservedOrder(player, [await world.game()]);
  }
  expect(forward).toEqual(orderIds);
  const last = await page(world, player, player, { last: 2 });
  expect(last?.nodes.map((node) => node.id)).toEqual(orderIds.slice(-2));
  const before = await page(world, player, player, { last: 2, before: last?.pageInfo.startCursor });
  expect(before?.nodes.map((node) => node.id)).toEqual(orderIds.slice(-4, -2));
});

test('an order that never got its copies is not listed', async () => {
  const world = await openWorld();
  const { player, orderIds } = await playerWithOrders(world, 1);
  const [first] = orderIds;
  const shard = world.shards.forId(player);
  const listed = await shard.order.findUniqueOrThrow({ where: { id: first ?? '' } });
  const ids = { id: world.ids.make('order'), reservedAt: null, state: 'CANCELLED', cancelReason: 'SOLD_OUT' };
  await shard.order.createMany({ data: [{ ...listed, ...ids }] });
  expect((await page(world, player, player, {}))?.nodes.map((node) => node.id)).toEqual(orderIds);
});

test('an order is there for its buyer only', async () => {
  const world = await openWorld();
  const { player, orderIds } = await playerWithOrders(world, 1);
  const [id] = orderIds;
  const query = `query ($id: ID!, $r: [_Any!]!) { order(id: $id) { id } _entities(representations: $r) { ... on Order { id } } }`;
  const variables = { id, r: [{ __typename: 'Order', id }] };
  const seen = (order: object | null) => ({ data: { order, _entities: [order] } });
  expect(await world.run(player, query, variables)).toEqual(seen({ id }));
  for (const other of [world.player(), null]) {
    expect(await world.run(other, query, variables)).toEqual(seen(null));
    expect(await page(world, other, player, {})).toBeNull();
  }
  expect(await world.run(player, query, { ...variables, id: world.ids.make('order') })).toMatchObject({
    data: { order: null },
  });
});

test('a malformed id and a foreign cursor are told apart from what is not there', async () => {
  const world = await openWorld();
  const player = world.player();
  const malformed = await world.run(player, '{ order(id: "game_1") { id } }');
  expect(malformed.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'id' });
  const user = [{ __typename: 'User', id: player }];
  const foreign = await world.run(player, ORDERS_PAGE, { user, first: 1, after: 'bm90IGEgY3Vyc29y' });
  expect(foreign.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'after' });
});

test('nobody orders, pays or cancels without being signed in, and nothing is changed', async () => {
  const world = await openWorld();
  const { orderIds } = await playerWithOrders(world, 1);
  const games = [await world.game()];
  await world.settle();
  const before = await world.contents();
  const key = freshKey();
  const byOrder = { orderId: orderIds[0], idempotencyKey: key };
  const attempts: [string, string, object][] = [
    ['placeOrder', 'PlaceOrderInput', { gameIds: games, idempotencyKey: key }],
    ['payOrder', 'PayOrderInput', byOrder],
    ['cancelOrder', 'CancelOrderInput', byOrder],
  ];
  for (const [field, type, input] of attempts) {
    const result = await world.run(null, `mutation ($input: ${type}!) { ${field}(input: $input) { __typename } }`, {
      input,
    });
    expect(result.errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
  }
  expect(await world.contents()).toEqual(before);
});

test('a player orders and pays through the schema', async () => {
  const world = await openWorld();
  const [player, game] = [world.player(), await world.game({ stock: 2, priceMinor: 1250n })];
  const place = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) {
    ... on PlaceOrderSuccess { order { id state total { amountMinor currency } expiresAt lines { game { id } price { amountMinor } } } }
    ... on Refusal { code message }
  } }`;
  const placed = await world.run(player, place, { input: { gameIds: [game], idempotencyKey: freshKey() } });
  const order = {
    state: 'RESERVED',
    total: { amountMinor: 1250, currency: 'EUR' },
    expiresAt: '2026-11-21T08:15:00.000Z',
    lines: [{ game: { id: game }, price: { amountMinor: 1250 } }],
  };
  expect(placed).toMatchObject({ data: { placeOrder: { order } } });
  const again = await world.run(player, place, { input: { gameIds: [game], idempotencyKey: freshKey() } });
  expect(again).toMatchObject({ data: { placeOrder: { code: 'ALREADY_ORDERED' } } });

  const { id } = (placed.data as { placeOrder: { order: { id: string } } }).placeOrder.order;
  const pay = `mutation ($input: PayOrderInput!) { payOrder(input: $input) {
    ... on PayOrderSuccess { isSettled order { state paidAt expiresAt history { state } } }
  } }`;
  const paying = world.run(player, pay, { input: { orderId: id, idempotencyKey: freshKey() } });
  const following = world.deps.events.follow({
    stream: id,
    afterSeq: 2,
    db: world.shards.forId(id),
    signal: new AbortController().signal,
  });
  await following.next();
  await following.return(undefined);
  await world.publish('payment', authorized(await world.order(id)));
  expect(await paying).toMatchObject({
    data: {
      payOrder: {
        isSettled: true,
        order: {
          state: 'PAID',
          paidAt: '2026-11-21T08:00:00.000Z',
          expiresAt: null,
          history: [{ state: 'PENDING' }, { state: 'RESERVED' }, { state: 'PAID' }],
        },
      },
    },
  });
});
