// New players buy some games each, over one socket. What moves money or stock is sent twice at once with the same key,
// as by an impatient client, and must happen once.
import { Counter, Rate, Trend } from 'k6/metrics';
import { type ListedGame, listGames, pickSome } from '../lib/catalogue.ts';
import { expect, runToEnd } from '../lib/checks.ts';
import { defineOperation, type Store } from '../lib/graphql.ts';
import { connect, type Live, type LiveClient } from '../lib/live.ts';
import { registerPlayer } from '../lib/players.ts';
import { createOptions, readSettings, refuseOverrides } from '../lib/settings.ts';

const SCENARIO = 'purchase';
/** More than any game costs; the sandbox provider takes it. */
const DEPOSIT_MINOR = 10_000;
/** Several, because a registration hashes a password and would outweigh a single purchase. */
const GAMES_PER_PLAYER = 10;
/** What an order tells after its placement; then its stream ends. */
const CHANGES_EXPECTED = ['PAYMENT_REQUESTED', 'PAID', 'FULFILLED'];
/** A stream that tells more than this has lost its way. */
const CHANGES_MAX = 10;
/** Only games that do not run out: whether they do is not what is measured here. */
const STOCK_BAND = 'UNLIMITED';

const settings = readSettings(__ENV);
/** What k6 runs. */
export const options = createOptions(SCENARIO, settings);

/** Purchases that came to their end, and how many a second. */
const purchases = new Counter('purchases');
/** From the moment that the payment is sent to the live event that says that the game is in the library. */
const payToFulfilledMs = new Trend('purchase_pay_to_fulfilled_ms', true);
/** How many answers of `payOrder` knew the outcome; the others leave it to the live events. */
const settledAnswers = new Rate('purchase_pay_answers_settled');

type Money = { readonly amountMinor: number };
type Keyed<Input> = { readonly input: Input & { readonly idempotencyKey: string } };

type DepositData = { depositToWallet: { __typename: string; wallet?: { available: Money } } };
const deposit = defineOperation<Keyed<{ amount: { amountMinor: number; currency: string } }>, DepositData>(
  'Deposit',
  `mutation Deposit($input: DepositToWalletInput!) {
    depositToWallet(input: $input) {
      __typename
      ... on DepositToWalletSuccess { wallet { available { amountMinor } } }
      ... on Refusal { code message }
    }
  }`,
);

type PlacedOrder = { readonly id: string; readonly state: string; readonly eventCursor: string; readonly total: Money };
type PlaceData = { placeOrder: { __typename: string; order?: PlacedOrder } };
const placeOrder = defineOperation<Keyed<{ gameIds: readonly string[] }>, PlaceData>(
  'PlaceOrder',
  `mutation PlaceOrder($input: PlaceOrderInput!) {
    placeOrder(input: $input) {
      __typename
      ... on PlaceOrderSuccess { order { id state eventCursor total { amountMinor } } }
      ... on Refusal { code message }
    }
  }`,
);

type PayData = { payOrder: { __typename: string; isSettled?: boolean } };
const payOrder = defineOperation<Keyed<{ orderId: string }>, PayData>(
  'PayOrder',
  `mutation PayOrder($input: PayOrderInput!) {
    payOrder(input: $input) {
      __typename
      ... on PayOrderSuccess { isSettled order { state } }
      ... on Refusal { code message }
    }
  }`,
);

type ReceiptData = {
  order: { state: string; payments: readonly { state: string; amount: Money }[] | null } | null;
  game: { isOwned: boolean | null } | null;
  me: { wallet: { available: Money } | null } | null;
};
const readReceipt = defineOperation<{ orderId: string; gameId: string }, ReceiptData>(
  'Receipt',
  `query Receipt($orderId: ID!, $gameId: ID!) {
    order(id: $orderId) { state payments { state amount { amountMinor } } }
    game(id: $gameId) { isOwned }
    me { wallet { available { amountMinor } } }
  }`,
);

const ORDER_UPDATED = `subscription OrderUpdated($orderId: ID!, $after: String) {
  orderUpdated(orderId: $orderId, after: $after) { sequence change order { state lines { game { title } } } }
}`;
type OrderEventData = { orderUpdated: { sequence: number; change: string; order: { state: string } } };

/** What all iterations share. */
type Shared = { readonly games: readonly ListedGame[] };
/** Who buys, how live events arrive, and what the wallet must have. */
type Customer = { readonly store: Store; readonly live: LiveClient; balanceMinor: number };

/** Once, before the load: reads games that can be bought without end. */
export async function setup(): Promise<Shared> {
  refuseOverrides(SCENARIO);
  const games = await listGames({ url: settings.url, accessToken: null });
  const endless = games.filter(({ offer }) => offer?.stockBand === STOCK_BAND);
  expect(endless.length > 0, 'the store has games that do not run out', games.length);
  return { games: endless };
}

/** One new player and all that they buy. k6 wants it as the default. */
export default function (shared: Shared): Promise<void> {
  return runToEnd('a player buys to the end', async () => {
    const { store } = await registerPlayer({ url: settings.url, accessToken: null });
    const live = await connect(store);
    try {
      const customer = { store, live, balanceMinor: 0 };
      for (const game of pickSome(shared.games, GAMES_PER_PLAYER)) await buy(customer, game);
    } finally {
      live.close();
    }
  });
}

async function buy(customer: Customer, game: ListedGame): Promise<void> {
  await depositOnce(customer);
  const order = await placeOnce(customer.store, game);
  await payAndWatch(customer, order);
  customer.balanceMinor -= order.total.amountMinor;
  await compareReceipt(customer, { order, game });
  purchases.add(1);
}

/** Sends the same thing twice at once. */
function twice<Data>(send: () => Promise<Data>): Promise<[Data, Data]> {
  return Promise.all([send(), send()]);
}

async function depositOnce(customer: Customer): Promise<void> {
  const amount = { amountMinor: DEPOSIT_MINOR, currency: 'EUR' };
  const input = { amount, idempotencyKey: crypto.randomUUID() };
  const answers = await twice(() => deposit(customer.store, { input }));
  customer.balanceMinor += DEPOSIT_MINOR;
  const isOnce = answers.every(
    ({ depositToWallet }) => depositToWallet.wallet?.available.amountMinor === customer.balanceMinor,
  );
  expect(isOnce, 'a deposit sent twice comes in once', { expectedMinor: customer.balanceMinor, answers });
}

async function placeOnce(store: Store, game: ListedGame): Promise<PlacedOrder> {
  const input = { gameIds: [game.id], idempotencyKey: crypto.randomUUID() };
  const [{ placeOrder: one }, { placeOrder: other }] = await twice(() => placeOrder(store, { input }));
  const isOnce = one.order !== undefined && one.order.id === other.order?.id;
  expect(isOnce, 'an order sent twice is placed once', [one, other]);
  const order = one.order as PlacedOrder;
  expect(order.state === 'RESERVED', 'a placed order is reserved', order);
  expect(order.total.amountMinor === game.offer?.price.amountMinor, 'it costs what was offered', [order, game]);
  return order;
}

/** Subscribes behind the placement, then pays: nothing may be missing, come twice or come out of order. */
async function payAndWatch({ store, live }: Customer, order: PlacedOrder): Promise<void> {
  const variables = { orderId: order.id, after: order.eventCursor };
  const steps = live.follow<OrderEventData>({ name: 'OrderUpdated', document: ORDER_UPDATED, variables });
  const sentAtMs = Date.now();
  const [events] = await Promise.all([
    readToEnd(steps, () => payToFulfilledMs.add(Date.now() - sentAtMs)),
    payOnce(store, order),
  ]);
  const changes = events.map(({ change }) => change);
  expect(changes.join() === CHANGES_EXPECTED.join(), 'every step of the order arrives live, once, in order', changes);
  const isGapless = events.every(({ sequence }, i) => i === 0 || sequence === (events[i - 1]?.sequence ?? 0) + 1);
  expect(isGapless, 'live events are numbered without gaps', events);
}

async function payOnce(store: Store, { id }: PlacedOrder): Promise<void> {
  const input = { orderId: id, idempotencyKey: crypto.randomUUID() };
  const answers = await twice(() => payOrder(store, { input }));
  const isTaken = answers.every(({ payOrder }) => payOrder.__typename === 'PayOrderSuccess');
  expect(isTaken, 'a payment sent twice succeeds twice', answers);
  for (const { payOrder } of answers) settledAnswers.add(payOrder.isSettled === true);
}

/** All events until the stream ends by itself, as it must when the order is final. */
async function readToEnd(
  live: Live<OrderEventData>,
  onFulfilled: () => void,
): Promise<OrderEventData['orderUpdated'][]> {
  const events: OrderEventData['orderUpdated'][] = [];
  while (events.length < CHANGES_MAX) {
    const event = await live.next();
    if (event === null) break;
    events.push(event.orderUpdated);
    if (event.orderUpdated.change === 'FULFILLED') onFulfilled();
  }
  return events;
}

/** Three subgraphs agree on what has happened. The capture of the held money may still be on its way. */
async function compareReceipt(
  { store, balanceMinor }: Customer,
  { order, game }: { order: PlacedOrder; game: ListedGame },
): Promise<void> {
  const receipt = await readReceipt(store, { orderId: order.id, gameId: game.id });
  const payments = receipt.order?.payments ?? [];
  expect(receipt.order?.state === 'FULFILLED', 'the order is fulfilled', receipt);
  expect(receipt.game?.isOwned === true, 'the game is in the library', receipt);
  const isPaidOnce = payments.length === 1 && ['AUTHORIZED', 'CAPTURED'].includes(payments[0]?.state ?? '');
  expect(isPaidOnce, 'there is one payment', receipt);
  const availableMinor = receipt.me?.wallet?.available.amountMinor;
  expect(availableMinor === balanceMinor, 'the price has left the wallet once', { balanceMinor, receipt });
}
