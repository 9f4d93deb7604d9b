import type { DomainEvent } from '@playgraph/events/event-log';
import { bucketOf } from '@playgraph/kernel/ids';
import { createSeededRandom, type Random } from '@playgraph/kernel/random';
import { freshKey } from '@playgraph/testkit/idempotency-keys';
import { expect, test } from 'vitest';
import { depositToWallet } from '../src/deposit-to-wallet.ts';
import type { PaymentDeps } from '../src/deps.ts';
import { handlersOf } from '../src/events.ts';
import { resumeDeposits } from '../src/resume-deposits.ts';
import type { Transact } from '../src/transaction.ts';
import { openWorld, type TestOrder, type World } from './world.ts';

const PLAYERS = 6;
const ROUNDS = 40;
const AT_ONCE = 8;
const CRASH_PERCENT = 25;
const AMOUNT_MAX = 3000;

class Crash extends Error {}

type Play = {
  readonly world: World;
  readonly random: Random;
  readonly players: readonly string[];
  readonly deposits: { readonly userId: string; readonly amountMinor: bigint; readonly key: string }[];
  readonly orders: { readonly order: TestOrder; readonly events: DomainEvent[]; isDecided: boolean }[];
};

test.each(['plum', 'cherry', 'quince'])(
  'whatever happens in whatever order, twice, or with a crash in between, the ledger stays sound (seed %s)',
  async (seed) => {
    const world = await openWorld();
    expect(world.shards.forBucket(0)).not.toBe(world.shards.forBucket(1023));
    const random = createSeededRandom(seed);
    // Half of the players on each shard.
    const players = Array.from({ length: PLAYERS }, (_, n) => world.player(n % 2 === 0 ? n : 1023 - n));
    const play: Play = { world, random, players, deposits: [], orders: [] };

    for (let round = 0; round < ROUNDS; round++) {
      world.clock.advance(1 + random.int(20_000));
      await Promise.all(Array.from({ length: AT_ONCE }, () => surviveCrash(act(play))));
      expect((await world.audit()).shards.flatMap((shard) => shard.problems)).toEqual([]);
    }
    await finish(play);
    await expectBooksToAgree(play);
  },
  60_000,
);

/** One random step of one random player, which may crash. */
function act(play: Play): Promise<unknown> {
  const { world, random } = play;
  const deps = crashing(world.deps, random);
  const pick = random.int(100);
  if (pick < 25) return deposit(play, deps, newDeposit(play));
  const known = play.deposits[random.int(Math.max(play.deposits.length, 1))];
  if (pick < 32 && known) return deposit(play, deps, known);
  if (pick < 36) return resumeDeposits(deps);
  if (pick < 60 || play.orders.length === 0) return deliver(deps, requestPayment(play));
  const placed = play.orders[random.int(play.orders.length)];
  if (!placed) return Promise.resolve();
  if (pick < 80) return decide(play, deps, placed);
  const again = placed.events[random.int(placed.events.length)];
  return again ? deliver(deps, again) : Promise.resolve();
}

function newDeposit({ random, players, deposits }: Play) {
  const userId = players[random.int(players.length)] ?? '';
  const made = { userId, amountMinor: BigInt(1 + random.int(AMOUNT_MAX)), key: freshKey() };
  deposits.push(made);
  return made;
}

function deposit({ world }: Play, deps: PaymentDeps, { userId, amountMinor, key }: Play['deposits'][number]) {
  const input = { idempotencyKey: key, amount: { amountMinor, currency: 'EUR' as const } };
  return depositToWallet(deps, world.identityOf(userId), input);
}

function requestPayment({ world, random, players, orders }: Play): DomainEvent {
  const order = world.order(players[random.int(players.length)] ?? '', BigInt(random.int(AMOUNT_MAX)));
  const paymentId = world.ids.make('payment', bucketOf(order.orderId));
  const request = world.eventOf('order.payment_requested', order, paymentId);
  orders.push({ order, events: [request], isDecided: false });
  return request;
}

/** As the order subgraph would: paid only when the payment is authorized, and decided once. */
async function decide(play: Play, deps: PaymentDeps, placed: Play['orders'][number]): Promise<void> {
  if (placed.isDecided) return;
  placed.isDecided = true;
  const payments = await play.world.payments(placed.order);
  const isAuthorized = payments.some((payment) => payment.state === 'AUTHORIZED');
  const type = isAuthorized && play.random.int(3) > 0 ? 'order.paid' : 'order.cancelled';
  // Events of one order come in order: what was not handled yet is handled first.
  for (const event of placed.events) await deliver(play.world.deps, event);
  const event = play.world.eventOf(type, placed.order);
  placed.events.push(event);
  await deliver(deps, event);
}

function deliver(deps: PaymentDeps, event: DomainEvent): Promise<void> {
  return handlersOf(deps)[event.type]?.(event) ?? Promise.resolve();
}

/** Everything that a crash left behind is delivered, asked for or resumed in the end. */
async function finish(play: Play): Promise<void> {
  const { world } = play;
  for (const { events } of play.orders) for (const event of events) await deliver(world.deps, event);
  world.clock.advance(60_000);
  await resumeDeposits(world.deps);
  for (const made of play.deposits) await deposit(play, world.deps, made);
}

/** The books, against what happened as the test knows it. */
async function expectBooksToAgree(play: Play): Promise<void> {
  const { world } = play;
  expect((await world.audit()).isSound).toBe(true);
  const payments = await world.deps.store.findPaymentsOfOrders(play.orders.map(({ order }) => order.orderId));
  for (const userId of play.players) {
    const mine = payments.filter((payment) => payment.buyerId === userId);
    const sumOf = (state: string) =>
      mine.reduce((sum, payment) => (payment.state === state ? sum + payment.amountMinor : sum), 0n);
    const deposited = play.deposits
      .filter((made) => made.userId === userId && ![13n, 14n].includes(made.amountMinor % 100n))
      .reduce((sum, made) => sum + made.amountMinor, 0n);
    const wallet = await world.wallet(userId);
    expect(wallet.postedMinor).toBe(deposited - sumOf('CAPTURED'));
    expect(wallet.heldMinor).toBe(sumOf('AUTHORIZED'));
    expect(wallet.availableMinor).toBeGreaterThanOrEqual(0n);
  }
  for (const { order, events } of play.orders) {
    const states = payments.filter((payment) => payment.orderId === order.orderId).map((payment) => payment.state);
    const decision = events.at(-1)?.type;
    if (decision === 'order.paid') expect(states).toEqual(['CAPTURED']);
    else if (decision === 'order.cancelled') expect(['VOIDED', 'DECLINED']).toContain(states[0]);
    else expect(['AUTHORIZED', 'DECLINED']).toContain(states[0]);
    expect(states).toHaveLength(1);
  }
}

/** The same process, but some of its transactions die: before the commit, or right after it. */
function crashing(deps: PaymentDeps, random: Random): PaymentDeps {
  const transact: Transact = async (id, work) => {
    const fate = random.int(100);
    const result = await deps.transact(id, async (unit) => {
      const done = await work(unit);
      if (fate < CRASH_PERCENT / 2) throw new Crash('before the commit');
      return done;
    });
    if (fate >= 100 - CRASH_PERCENT / 2) throw new Crash('after the commit');
    return result;
  };
  return { ...deps, transact };
}

async function surviveCrash(step: Promise<unknown>): Promise<void> {
  try {
    await step;
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  }
}
