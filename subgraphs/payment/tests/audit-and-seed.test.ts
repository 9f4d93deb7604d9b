import { bucketOf } from '@playgraph/kernel/ids';
import type { DemoOrder, DemoWorld } from '@playgraph/testkit/demo-world';
import { expect, test } from 'vitest';
import { walletIdOf } from '../src/domain.ts';
import { seedPayment } from '../src/seed.ts';
import { balancesOf, openWorld, type World } from './world.ts';

/** One player with a held, a captured and a released payment, and a deposit whose outcome is open. */
async function busyWorld() {
  const world = await openWorld();
  const ada = await world.richPlayer(5000n);
  const [held, captured, released] = [world.order(ada, 300n), world.order(ada, 200n), world.order(ada, 100n)];
  for (const order of [held, captured, released]) await world.requestPayment(order);
  await world.decide('order.paid', captured);
  await world.decide('order.cancelled', released);
  expect((await world.audit()).isSound).toBe(true);
  return { world, ada, db: world.shards.forId(ada), walletId: walletIdOf(ada), held };
}

type Busy = Awaited<ReturnType<typeof busyWorld>>;
const damages: readonly (readonly [string, string, (busy: Busy) => Promise<unknown>])[] = [
  [
    'money appears in a wallet',
    'posted sums to 1',
    ({ db, walletId }) => db.account.updateMany({ where: { id: walletId }, data: { postedMinor: { increment: 1n } } }),
  ],
  [
    'a hold is forgotten',
    'held is 0',
    ({ db, walletId }) => db.account.updateMany({ where: { id: walletId }, data: { heldMinor: 0n } }),
  ],
  [
    'available is not posted minus held',
    'available is 9999',
    ({ db, walletId }) => db.account.updateMany({ where: { id: walletId }, data: { availableMinor: 9999n } }),
  ],
  [
    'a pledge is left over',
    'pledged is 7',
    ({ db, walletId }) => db.account.updateMany({ where: { id: walletId }, data: { pledgedMinor: 7n } }),
  ],
  [
    'a transfer is deleted',
    'its transfer is missing',
    ({ db }) => db.transfer.deleteMany({ where: { state: 'POSTED' } }),
  ],
  [
    'a transfer changes its amount',
    'its transfers say',
    ({ db }) => db.transfer.updateMany({ where: { kind: 'DEPOSIT' }, data: { amountMinor: 1n } }),
  ],
  [
    'a payment says captured while its money is held',
    'its transfer is PENDING, not POSTED',
    ({ db, held }) => db.payment.updateMany({ where: { orderId: held.orderId }, data: { state: 'CAPTURED' } }),
  ],
  [
    'a transfer belongs to nothing',
    '1 transfers belong to no deposit or payment',
    ({ db }) => db.deposit.deleteMany({}),
  ],
  [
    'a transfer names an account of another shard',
    'accounts that are not on this shard',
    ({ db }) => db.transfer.updateMany({ where: { kind: 'DEPOSIT' }, data: { creditId: 'wallet_elsewhere' } }),
  ],
];

test.each(damages)('the auditor finds it when %s', async (_what, problem, damage) => {
  const busy = await busyWorld();
  await damage(busy);
  const audit = await busy.world.audit();
  expect(audit.isSound).toBe(false);
  expect(audit.shards.flatMap((shard) => shard.problems).join('\n')).toContain(problem);
});

test('the auditor finds two overdrawn sides even when they sum to zero', async () => {
  const { world, db, walletId } = await busyWorld();
  await db.account.updateMany({ where: { id: walletId }, data: { postedMinor: { decrement: 9000n } } });
  await db.account.updateMany({ where: { id: 'system:sandbox:EUR' }, data: { postedMinor: { increment: 9000n } } });
  const audit = await world.audit();
  expect(audit.shards.map((shard) => shard.sumMinor)).toEqual([0n, 0n]);
  expect(audit.isSound).toBe(false);
});

/** Players with two deposits and three orders each: one fulfilled, one free, one cancelled. */
function demoWorld(world: World, playerCount: number): DemoWorld {
  const { ids, clock } = world;
  const at = clock.now();
  const players = Array.from({ length: playerCount }, (_, n) => world.player(n % 2 === 0 ? n % 512 : 1023 - (n % 512)));
  const make = (kind: 'order' | 'payment' | 'transfer' | 'entitlement', owner: string) =>
    ids.make(kind, bucketOf(owner));
  const orderOf = (buyerId: string, totalMinor: bigint, state: DemoOrder['state']): DemoOrder => ({
    id: make('order', buyerId),
    buyerId,
    lines: [{ gameId: ids.make('game'), priceMinor: totalMinor, entitlementId: make('entitlement', buyerId) }],
    totalMinor,
    state,
    placedAt: at,
    paymentId: make('payment', buyerId),
    transferId: make('transfer', buyerId),
  });
  const named = (id: string, n: number) => ({
    id,
    username: `p${n}`,
    displayName: `P${n}`,
    email: `p${n}@demo`,
    joinedAt: at,
  });
  return {
    players: players.map(named),
    deposits: players.flatMap((playerId) =>
      [1000n, 500n].map((amountMinor) => ({ transferId: make('transfer', playerId), playerId, amountMinor, at })),
    ),
    orders: players.flatMap((id) => [
      orderOf(id, 1200n, 'FULFILLED'),
      orderOf(id, 0n, 'FULFILLED'),
      orderOf(id, 900n, 'CANCELLED'),
    ]),
    friendships: [],
    conversations: [],
    scores: [],
  };
}

test('a demo world is written so that the audit passes, and writing it again changes nothing', async () => {
  const world = await openWorld();
  const demo = demoWorld(world, 250);
  await seedPayment(world.shards, demo, world.deps);
  const audit = await world.audit();
  expect(audit.shards.flatMap((shard) => shard.problems)).toEqual([]);
  expect(audit.shards.reduce((sum, shard) => sum + shard.transfers, 0)).toBe(250 * 3);
  for (const { id } of demo.players.slice(0, 3)) {
    expect(balancesOf(await world.wallet(id))).toEqual({ posted: 300n, held: 0n, available: 300n });
  }
  const before = await world.contents();
  await seedPayment(world.shards, demo, world.deps);
  expect(await world.contents()).toEqual(before);
});

test('seeding again adds what is missing and keeps what players did since', async () => {
  const world = await openWorld();
  const demo = demoWorld(world, 4);
  const [first, ...rest] = demo.deposits;
  if (!first) throw new Error('a demo world has deposits');
  const part = { ...demo, deposits: rest.filter((it) => it.playerId !== first.playerId), orders: [] };
  await seedPayment(world.shards, part, world.deps);
  await world.deposit(first.playerId, 77n);
  await seedPayment(world.shards, demo, world.deps);
  expect((await world.wallet(first.playerId)).postedMinor).toBe(377n);
  expect((await world.audit()).isSound).toBe(true);
});

test('a demo world that spends more than it deposits is refused whole', async () => {
  const world = await openWorld();
  const demo = { ...demoWorld(world, 1), deposits: [] };
  const before = await world.contents();
  await expect(seedPayment(world.shards, demo, world.deps)).rejects.toThrow('spends more');
  expect(await world.contents()).toEqual(before);
});
