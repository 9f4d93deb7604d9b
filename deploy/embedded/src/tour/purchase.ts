import { randomUUID } from 'node:crypto';
import type { Player } from './accounts.ts';
import { formatMoney, holds, type Reporter } from './reporter.ts';
import type { StoreClient } from './store-client.ts';

type Money = { amountMinor: number; currency: string };
export type TourGame = { readonly id: string; readonly title: string; readonly price: Money };

const DEPOSIT_MINOR = 10_000;

const SEARCH = `query Search($query: String!) {
  games(filter: { query: $query }, first: 3) { nodes { id title summary genres { name } offer { price { amountMinor currency } stockBand } } }
}`;

/** Finds a game although its name is misspelt. */
export function findGame(reporter: Reporter, store: StoreClient): Promise<TourGame> {
  return reporter.step('a stranger searches for "supertuxcart"', async () => {
    type Node = { id: string; title: string; offer: { price: Money } | null };
    const { games } = await store.ask<{ games: { nodes: Node[] } }>(SEARCH, { query: 'supertuxcart' });
    const [first] = games.nodes;
    holds(first !== undefined && first.title === 'SuperTuxKart', 'SuperTuxKart first', games.nodes);
    holds(first?.offer != null, 'an offer on it', first);
    const game = {
      id: first?.id ?? '',
      title: first?.title ?? '',
      price: first?.offer?.price ?? { amountMinor: 0, currency: '' },
    };
    return [game, `${game.title} for ${formatMoney(game.price)}`];
  });
}

const DEPOSIT = `mutation Deposit($input: DepositToWalletInput!) {
  depositToWallet(input: $input) { __typename ... on DepositToWalletSuccess { wallet { available { amountMinor currency } } } ... on Refusal { code } }
}`;

/** Brings play money in; the same key twice brings it in once. */
export async function deposit(reporter: Reporter, { client, displayName }: Player): Promise<void> {
  await reporter.step(`${displayName} deposits play money, and the same again with the same key`, async () => {
    const input = { idempotencyKey: randomUUID(), amount: { amountMinor: DEPOSIT_MINOR, currency: 'EUR' } };
    type Data = { depositToWallet: { __typename: string; wallet: { available: Money } } };
    await client.ask<Data>(DEPOSIT, { input });
    const { depositToWallet } = await client.ask<Data>(DEPOSIT, { input });
    holds(depositToWallet.wallet?.available.amountMinor === DEPOSIT_MINOR, 'one deposit', depositToWallet);
    return [undefined, formatMoney(depositToWallet.wallet.available)];
  });
}

const PLACE = `mutation Place($input: PlaceOrderInput!) {
  placeOrder(input: $input) { __typename ... on PlaceOrderSuccess { order { id state eventCursor total { amountMinor currency } } } ... on Refusal { code message } }
}`;
const PAY = `mutation Pay($input: PayOrderInput!) {
  payOrder(input: $input) { __typename ... on PayOrderSuccess { isSettled order { state } } ... on InsufficientFunds { required { amountMinor currency } available { amountMinor currency } } ... on Refusal { code message } }
}`;
const FOLLOW = `subscription Follow($orderId: ID!, $after: String) {
  orderUpdated(orderId: $orderId, after: $after) { sequence change order { state buyer { displayName } lines { game { title } } } }
}`;
type PlaceData = {
  placeOrder: {
    __typename: string;
    code?: string;
    order: { id: string; state: string; eventCursor: string; total: Money };
  };
};
type PayData = { payOrder: { __typename: string; code?: string; isSettled?: boolean; available?: Money } };
type OrderEventData = {
  orderUpdated: {
    sequence: number;
    change: string;
    order: { state: string; buyer: { displayName: string }; lines: { game: { title: string } }[] };
  };
};

/** Orders, watches the order live, pays and waits until the game is in the library. */
export async function buyGame(reporter: Reporter, player: Player, game: TourGame): Promise<void> {
  const order = await placeOrder(reporter, player, game);
  await reporter.step(`${player.displayName} pays and watches`, async () => {
    const live = await player.client.follow<OrderEventData>(FOLLOW, { orderId: order.id, after: order.eventCursor });
    const input = { orderId: order.id, idempotencyKey: randomUUID() };
    const { payOrder } = await player.client.ask<PayData>(PAY, { input });
    holds(payOrder.__typename === 'PayOrderSuccess', 'PayOrderSuccess', payOrder);
    const changes: string[] = [];
    while (changes.at(-1) !== 'FULFILLED') {
      const { orderUpdated: event } = await live.next();
      const titles = event.order.lines.map((line) => line.game.title).join(', ');
      reporter.live(`${event.order.buyer.displayName}'s order of ${titles} #${event.sequence}: ${event.change}`);
      changes.push(event.change);
    }
    await live.close();
    holds(changes.includes('PAID'), 'PAID before FULFILLED', changes);
    return [undefined, changes.join(' -> ')];
  });
}

/** Without money the order is refused and stays; it is cancelled then. */
export async function tryToBuyWithoutMoney(reporter: Reporter, player: Player, game: TourGame): Promise<void> {
  const { id } = await placeOrder(reporter, player, game);
  await reporter.step(`${player.displayName} cannot pay with an empty wallet`, async () => {
    const input = { orderId: id, idempotencyKey: randomUUID() };
    const { payOrder } = await player.client.ask<PayData>(PAY, { input });
    holds(payOrder.code === 'INSUFFICIENT_FUNDS', 'INSUFFICIENT_FUNDS', payOrder);
    const cancel = `mutation Cancel($input: CancelOrderInput!) { cancelOrder(input: $input) { __typename ... on CancelOrderSuccess { order { state } } } }`;
    const { cancelOrder } = await player.client.ask<{ cancelOrder: { order?: { state: string } } }>(cancel, {
      input: { orderId: id, idempotencyKey: randomUUID() },
    });
    holds(cancelOrder.order?.state === 'CANCELLED', 'CANCELLED', cancelOrder);
    return [undefined, 'refused with what is missing, then cancelled'];
  });
}

function placeOrder(reporter: Reporter, { client, displayName }: Player, game: TourGame) {
  return reporter.step(`${displayName} orders ${game.title}`, async () => {
    const input = { gameIds: [game.id], idempotencyKey: randomUUID() };
    const { placeOrder } = await client.ask<PlaceData>(PLACE, { input });
    holds(placeOrder.__typename === 'PlaceOrderSuccess', 'PlaceOrderSuccess', placeOrder);
    const again = await client.ask<PlaceData>(PLACE, { input });
    holds(again.placeOrder.order?.id === placeOrder.order.id, 'the same order for the same key', again.placeOrder);
    return [
      placeOrder.order,
      `${placeOrder.order.state}, ${formatMoney(placeOrder.order.total)}; once for the same key twice`,
    ];
  });
}
