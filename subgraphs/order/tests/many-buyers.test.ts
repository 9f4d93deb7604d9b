import { createSeededRandom } from '@playgraph/kernel/random';
import { freshKey } from '@playgraph/testkit/idempotency-keys';
import { expect, test } from 'vitest';
import { cancelOrder } from '../src/cancel-order.ts';
import { requestPayment } from '../src/pay-order.ts';
import { authorized, openWorld, type World } from './world.ts';

const BUYERS = 60;
const COPIES = 17;
const GAMES = 6;
const SEEDS = ['first', 'second', 'third'];

/** Looks at every game again and again until `isOver`, and says how often it did. */
async function watchStock(world: World, games: readonly string[], isOver: () => boolean): Promise<number> {
  let looks = 0;
  while (!isOver()) {
    for (const game of games) {
      const seen = await world.stock(game);
      expect(seen.accountedFor).toBe(seen.stock);
      expect(seen.available).toBeGreaterThanOrEqual(0);
      looks += 1;
    }
  }
  return looks;
}

async function whileWatching(world: World, games: readonly string[], work: () => Promise<void>): Promise<void> {
  let isOver = false;
  const watching = watchStock(world, games, () => isOver);
  await work().finally(() => {
    isOver = true;
  });
  expect(await watching).toBeGreaterThan(games.length);
}

test('of many buyers at one moment exactly as many get a copy as there are', async () => {
  const world = await openWorld();
  const game = await world.game({ stock: COPIES });
  await whileWatching(world, [game], async () => {
    const results = await Promise.all(Array.from({ length: BUYERS }, () => world.place(world.player(), [game])));
    expect(results.filter((result) => result.__typename === 'PlaceOrderSuccess')).toHaveLength(COPIES);
    expect(results.filter((result) => result.__typename === 'SoldOut')).toHaveLength(BUYERS - COPIES);
  });
  await world.settle();
  expect(await world.stock(game)).toMatchObject({ available: 0, held: COPIES });
});

test.each(SEEDS)('no copy is oversold or lost while many order, pay and cancel baskets (%s seed)', async (seed) => {
  const world = await openWorld();
  const random = createSeededRandom(seed);
  const games = await Promise.all(Array.from({ length: GAMES }, () => world.game({ stock: 1 + random.int(6) })));
  const basket = () => [...new Set(Array.from({ length: 1 + random.int(3) }, () => games[random.int(GAMES)] ?? ''))];
  const buy = async (gameIds: string[], next: number): Promise<void> => {
    const placed = await world.place(world.player(), gameIds);
    if (placed.__typename !== 'PlaceOrderSuccess' || next === 0) return;
    const { id: orderId, buyerId } = placed.order;
    const input = { orderId, idempotencyKey: freshKey() };
    if (next === 1) await cancelOrder(world.deps, buyerId, input);
    else {
      await requestPayment(world.deps, buyerId, input);
      await world.publish('payment', authorized(await world.order(orderId)));
    }
  };
  const plans = Array.from({ length: BUYERS }, () => ({ gameIds: basket(), next: random.int(3) }));
  await whileWatching(world, games, async () => {
    await Promise.all(plans.map(({ gameIds, next }) => buy(gameIds, next)));
    await world.settle();
  });

  const orders = (await world.shards.scatter((db) => db.order.findMany())).flat();
  for (const game of games) {
    const having = (state: string) => orders.filter((o) => o.state === state && o.lines.includes(game)).length;
    expect(await world.stock(game)).toMatchObject({ held: having('RESERVED'), committed: having('PAID') });
  }
  const claims = await world.shards.scatter((db) => db.purchaseClaim.findMany());
  const standing = new Set(orders.filter((o) => ['RESERVED', 'PAID'].includes(o.state)).map((o) => o.id));
  expect(new Set(claims.flat().map((claim) => claim.orderId))).toEqual(standing);
});
