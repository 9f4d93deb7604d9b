import { freshKey } from '@playgraph/testkit/idempotency-keys';
import { expect, test } from 'vitest';
import { ORDER_LINES_MAX } from '../src/domain.ts';
import { openWorld, orderOf, statesOf } from './world.ts';

test('a player orders two games and one copy of each is kept', async () => {
  const world = await openWorld();
  const player = world.player();
  const games = [
    await world.game({ stock: 3, priceMinor: 1000n }),
    await world.game({ stock: null, priceMinor: 250n }),
  ];
  const order = orderOf(await world.place(player, games));
  expect(order).toMatchObject({ state: 'RESERVED', totalMinor: 1250n, buyerId: player });
  expect(statesOf(order)).toEqual(['PENDING', 'RESERVED']);
  expect(await world.order(order.id)).toEqual(order);
  expect(await world.stock(games[0] ?? '')).toMatchObject({ available: 2, held: 1, accountedFor: 3 });
  expect((await world.eventsOf(order.id)).map((event) => event.type)).toEqual(['order.placed', 'order.reserved']);
});

test('an order keeps the prices of the moment it was placed', async () => {
  const world = await openWorld();
  const game = await world.game({ stock: 3, priceMinor: 1000n });
  const order = await world.reservedOrder(world.player(), [game]);
  await world.shards.forId(game).offer.updateMany({ where: { gameId: game }, data: { priceMinor: 1n } });
  expect((await world.order(order.id)).lines).toEqual([{ gameId: game, priceMinor: 1000n }]);
});

test('the last copy goes to one player, and the next one is refused with nothing changed', async () => {
  const world = await openWorld();
  const [rare, common] = [await world.game({ stock: 1 }), await world.game({ stock: 9 })];
  await world.reservedOrder(world.player(), [rare]);
  const before = await world.contents();
  expect(await world.place(world.player(), [common, rare])).toMatchObject({
    __typename: 'SoldOut',
    code: 'SOLD_OUT',
    game: { id: rare },
    restockExpectedAt: null,
  });
  expect(await world.contents()).toEqual(before);
});

test('a game without an offer is not for sale, and nothing is changed', async () => {
  const world = await openWorld();
  const [game, unknown] = [await world.game(), world.ids.make('game')];
  const before = await world.contents();
  expect(await world.place(world.player(), [game, unknown])).toMatchObject({
    __typename: 'NotForSale',
    game: { id: unknown },
  });
  expect(await world.contents()).toEqual(before);
});

test('an order needs one to twenty different games', async () => {
  const world = await openWorld();
  const [player, game] = [world.player(), await world.game()];
  const before = await world.contents();
  const many = Array.from({ length: ORDER_LINES_MAX + 1 }, () => world.ids.make('game'));
  const refused = (field: string) => ({ code: 'BAD_USER_INPUT', details: { field } });
  await expect(world.place(player, [])).rejects.toMatchObject(refused('input.gameIds'));
  await expect(world.place(player, many)).rejects.toMatchObject(refused('input.gameIds'));
  await expect(world.place(player, [game, game])).rejects.toMatchObject(refused('input.gameIds.1'));
  await expect(world.place(player, [game, 'user_1'])).rejects.toMatchObject(refused('input.gameIds.1'));
  await expect(world.place(player, [game], 'short')).rejects.toMatchObject(refused('input.idempotencyKey'));
  expect(await world.contents()).toEqual(before);
});

test('the same key gives the same order, also when it took the last copy', async () => {
  const world = await openWorld();
  const [player, game, key] = [world.player(), await world.game({ stock: 1 }), freshKey()];
  const first = orderOf(await world.place(player, [game], key));
  const before = await world.contents();
  expect(orderOf(await world.place(player, [game], key))).toEqual(first);
  expect(await world.contents()).toEqual(before);
});

test('the same key at the same moment makes one order', async () => {
  const world = await openWorld();
  const [player, game, key] = [world.player(), await world.game({ stock: 5 }), freshKey()];
  const results = await Promise.all(Array.from({ length: 8 }, () => world.place(player, [game], key)));
  expect(new Set(results.map((result) => orderOf(result).id)).size).toBe(1);
  expect(await world.stock(game)).toMatchObject({ available: 4, held: 1 });
});

test('the same key with other games is a conflict, and nothing is changed', async () => {
  const world = await openWorld();
  const [player, game, other, key] = [world.player(), await world.game(), await world.game(), freshKey()];
  await world.place(player, [game], key);
  const before = await world.contents();
  await expect(world.place(player, [other], key)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await world.contents()).toEqual(before);
});

test('the keys of two players do not meet', async () => {
  const world = await openWorld();
  const [game, key] = [await world.game(), freshKey()];
  const [first, second] = [
    await world.place(world.player(), [game], key),
    await world.place(world.player(), [game], key),
  ];
  expect(orderOf(first).id).not.toBe(orderOf(second).id);
});

test('a game in an open order of the player cannot be ordered again, and nothing is changed', async () => {
  const world = await openWorld();
  const [player, game] = [world.player(), await world.game()];
  const order = await world.reservedOrder(player, [game]);
  const before = await world.contents();
  expect(await world.place(player, [await world.game(), game])).toMatchObject({
    __typename: 'AlreadyOrdered',
    order: { id: order.id },
  });
  expect((await world.contents()).map((shard) => shard.orders)).toEqual(before.map((shard) => shard.orders));
  expect(await world.stock(game)).toMatchObject({ available: 4, held: 1 });
});

test('of many orders of one game by one player at one moment, one stands', async () => {
  const world = await openWorld();
  const [player, game] = [world.player(), await world.game({ stock: 20 })];
  const results = await Promise.all(Array.from({ length: 10 }, () => world.place(player, [game])));
  const kinds = results.map((result) => result.__typename).sort();
  expect(kinds).toEqual([...Array(9).fill('AlreadyOrdered'), 'PlaceOrderSuccess']);
  expect(await world.stock(game)).toMatchObject({ available: 19, held: 1 });
});
