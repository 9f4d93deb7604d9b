import { encodeStreamCursor } from '@playgraph/events/stream-cursor';
import { encodeCursor } from '@playgraph/kernel/page';
import { meterStoreQueries } from '@playgraph/sharding/query-meter';
import { expect, test } from 'vitest';
import { walletIdOf } from '../src/domain.ts';
import { openWorld, type World } from './world.ts';

const WALLET = `query ($users: [_Any!]!, $first: Int, $after: String, $last: Int, $before: String) {
  _entities(representations: $users) {
    ... on User {
      id
      wallet {
        id
        balance { amountMinor currency }
        held { amountMinor }
        available { amountMinor }
        transactions(first: $first, after: $after, last: $last, before: $before) {
          edges { cursor }
          nodes { id kind state amount { amountMinor } at settledAt order { id } }
          pageInfo { hasNextPage hasPreviousPage endCursor startCursor }
        }
      }
    }
  }
}`;

type Page = {
  readonly nodes: readonly { readonly id: string; readonly amount: { readonly amountMinor: number } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string; readonly startCursor: string };
};

async function readWallet(world: World, userId: string, variables: Record<string, unknown> = {}) {
  const users = [{ __typename: 'User', id: userId }];
  const answer = await world.run(userId, WALLET, { users, ...variables });
  expect(answer.errors).toBeUndefined();
  const {
    _entities: [user],
  } = answer.data as { _entities: [{ wallet: { transactions: Page } & Record<string, unknown> }] };
  return user.wallet;
}

test('a player without a deposit has an empty wallet', async () => {
  const world = await openWorld();
  expect(await readWallet(world, world.player())).toMatchObject({
    balance: { amountMinor: 0, currency: 'EUR' },
    held: { amountMinor: 0 },
    available: { amountMinor: 0 },
    transactions: { edges: [], nodes: [], pageInfo: { hasNextPage: false, hasPreviousPage: false, endCursor: null } },
  });
});

test('a wallet keeps its id from before the first deposit', async () => {
  const world = await openWorld();
  const ada = world.player();
  const { id } = await readWallet(world, ada);
  await world.deposit(ada, 100n);
  expect((await readWallet(world, ada)).id).toBe(id);
});

test('nobody but the owner sees a wallet', async () => {
  const world = await openWorld();
  const ada = await world.richPlayer(100n);
  const users = [{ __typename: 'User', id: ada }];
  for (const viewer of [world.player(), null]) {
    const answer = await world.run(viewer, WALLET, { users });
    expect(answer).toEqual({ data: { _entities: [{ id: ada, wallet: null }] } });
  }
});

test('transactions are listed newest first, signed as the wallet sees them, with their order', async () => {
  const world = await openWorld();
  const ada = await world.richPlayer(5000n);
  const orders = [world.order(ada, 1000n), world.order(ada, 2000n), world.order(ada, 500n)] as const;
  for (const order of orders) {
    world.clock.advance(1000);
    await world.requestPayment(order);
  }
  await world.decide('order.paid', orders[0]);
  await world.decide('order.expired', orders[1]);
  const { transactions, ...wallet } = await readWallet(world, ada);
  expect(wallet).toMatchObject({
    balance: { amountMinor: 4000 },
    held: { amountMinor: 500 },
    available: { amountMinor: 3500 },
  });
  expect(transactions.nodes).toMatchObject([
    {
      kind: 'PURCHASE',
      state: 'PENDING',
      amount: { amountMinor: -500 },
      settledAt: null,
      order: { id: orders[2].orderId },
    },
    { kind: 'PURCHASE', state: 'VOIDED', amount: { amountMinor: -2000 }, order: { id: orders[1].orderId } },
    { kind: 'PURCHASE', state: 'POSTED', amount: { amountMinor: -1000 }, order: { id: orders[0].orderId } },
    { kind: 'DEPOSIT', state: 'POSTED', amount: { amountMinor: 5000 }, order: null },
  ]);
});

test('pages of transactions neither skip nor repeat, in both directions, while new ones arrive', async () => {
  const world = await openWorld();
  const ada = world.player();
  for (let n = 1n; n <= 7n; n++) await world.deposit(ada, n);
  const forward: number[] = [];
  let last: Page | null = null;
  do {
    const { transactions }: { transactions: Page } = await readWallet(world, ada, {
      first: 3,
      after: last?.pageInfo.endCursor ?? null,
    });
    forward.push(...transactions.nodes.map((node) => node.amount.amountMinor));
    await world.deposit(ada, 1000n);
    last = transactions;
  } while (last.pageInfo.hasNextPage);
  expect(forward).toEqual([7, 6, 5, 4, 3, 2, 1]);

  const backward = await readWallet(world, ada, { last: 2 });
  expect(backward.transactions.nodes.map((node) => node.amount.amountMinor)).toEqual([2, 1]);
  const before = backward.transactions.pageInfo.startCursor;
  const further = await readWallet(world, ada, { last: 2, before });
  expect(further.transactions.nodes.map((node) => node.amount.amountMinor)).toEqual([4, 3]);
});

test.each([
  [{ first: -1 }, 'first'],
  [{ first: 101 }, 'first'],
  [{ first: 1, last: 1 }, 'last'],
  [{ first: 1, before: 'x' }, 'before'],
  [{ after: 'nonsense' }, 'after'],
  [{ after: encodeCursor([1]) }, 'after'],
  [{ last: 1, before: encodeCursor(['a', 'b']) }, 'before'],
])('a page of transactions asked for with %o is BAD_USER_INPUT at %s', async (variables, field) => {
  const world = await openWorld();
  const ada = world.player();
  const answer = await world.run(ada, WALLET, { users: [{ __typename: 'User', id: ada }], ...variables });
  expect(answer.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field });
});

test('a wallet with its transactions costs two queries', async () => {
  const world = await openWorld();
  const ada = await world.richPlayer(100n);
  const { queries } = await meterStoreQueries(() => readWallet(world, ada));
  expect(queries).toBe(2);
});

const UPDATES = (after: string | null) => `subscription {
  walletUpdated(after: ${JSON.stringify(after)}) {
    cursor sequence occurredAt
    wallet { balance { amountMinor } available { amountMinor } }
    transaction { kind state settledAt amount { amountMinor } order { id } }
  }
}`;

test('the owner follows every change of the wallet, live and from where it was left', async () => {
  const world = await openWorld();
  const ada = await world.richPlayer(5000n);
  const order = world.order(ada, 1000n);
  const fromStart = encodeStreamCursor(walletIdOf(ada), 0);
  const updates = world.subscribe(ada, UPDATES(fromStart));
  const next = async () => (await updates.next()).value?.data?.walletUpdated as Record<string, unknown>;

  expect(await next()).toMatchObject({ sequence: 1, transaction: { kind: 'DEPOSIT', state: 'POSTED' } });
  const live = next();
  await world.requestPayment(order);
  const held = await live;
  expect(held).toMatchObject({
    sequence: 2,
    wallet: { balance: { amountMinor: 5000 }, available: { amountMinor: 4000 } },
    transaction: { state: 'PENDING', settledAt: null, amount: { amountMinor: -1000 }, order: { id: order.orderId } },
  });
  await world.decide('order.paid', order);
  expect(await next()).toMatchObject({
    sequence: 3,
    wallet: { balance: { amountMinor: 4000 } },
    transaction: { state: 'POSTED' },
  });
  await updates.return();

  const resumed = world.subscribe(ada, UPDATES(String(held.cursor)));
  expect((await resumed.next()).value?.data?.walletUpdated).toMatchObject({ sequence: 3 });
  await resumed.return();
});

test('following a wallet from what is no cursor of its own is BAD_USER_INPUT', async () => {
  const world = await openWorld();
  const [ada, bob] = [world.player(), world.player()];
  const foreign = encodeStreamCursor(walletIdOf(bob), 0);
  const impossible = [-1, 1e99].map((seq) => encodeStreamCursor(walletIdOf(ada), seq));
  for (const after of ['nonsense', foreign, ...impossible]) {
    const updates = world.subscribe(ada, UPDATES(after));
    const answer = await updates.next();
    expect(answer.value?.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'after' });
    await updates.return();
  }
});

test('nobody follows a wallet without signing in', async () => {
  const world = await openWorld();
  const updates = world.subscribe(null, UPDATES(null));
  const answer = await updates.next();
  expect(answer.value?.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED');
});
