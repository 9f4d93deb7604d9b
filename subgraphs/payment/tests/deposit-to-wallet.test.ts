import { freshKey } from '@playgraph/testkit/idempotency-keys';
import { expect, test } from 'vitest';
import { BALANCE_MAX_MINOR, DEPOSIT_MAX_MINOR } from '../src/domain.ts';
import type { PaymentProvider } from '../src/provider.ts';
import { resumeDeposits } from '../src/resume-deposits.ts';
import { createSandboxProvider } from '../src/sandbox-provider.ts';
import { balancesOf, openWorld } from './world.ts';

const DEPOSIT = `mutation ($input: DepositToWalletInput!) {
  depositToWallet(input: $input) {
    __typename
    ... on DepositToWalletSuccess {
      wallet { balance { amountMinor currency } held { amountMinor } available { amountMinor } }
      transaction { id kind state amount { amountMinor } at settledAt order { id } }
    }
    ... on Refusal { code message }
    ... on DepositDeclined { reason }
    ... on WalletLimitReached { balanceMax { amountMinor } depositableNow { amountMinor } }
  }
}`;

function inputOf(amountMinor: unknown, currency = 'EUR', idempotencyKey = freshKey()) {
  return { input: { idempotencyKey, amount: { amountMinor, currency } } };
}

test('a player deposits money and finds it in the wallet', async () => {
  const world = await openWorld();
  const ada = world.player();
  const answer = await world.run(ada, DEPOSIT, inputOf(5000));
  expect(answer).toMatchObject({
    data: {
      depositToWallet: {
        __typename: 'DepositToWalletSuccess',
        wallet: {
          balance: { amountMinor: 5000, currency: 'EUR' },
          held: { amountMinor: 0 },
          available: { amountMinor: 5000 },
        },
        transaction: { kind: 'DEPOSIT', state: 'POSTED', amount: { amountMinor: 5000 }, order: null },
      },
    },
  });
  expect((await world.audit()).isSound).toBe(true);
});

test('the same key deposits once, however often and however concurrently it is sent', async () => {
  const world = await openWorld();
  const ada = world.player();
  const key = freshKey();
  const answers = await Promise.all(Array.from({ length: 12 }, () => world.deposit(ada, 700n, key)));
  const again = await world.deposit(ada, 700n, key);
  const ids = [...answers, again].map((it) =>
    it.__typename === 'DepositToWalletSuccess' ? it.transaction.id : it.code,
  );
  expect(new Set(ids).size).toBe(1);
  expect(balancesOf(await world.wallet(ada))).toEqual({ posted: 700n, held: 0n, available: 700n });
});

test('two players may use the same key', async () => {
  const world = await openWorld();
  const [ada, grace] = [world.player(), world.player()];
  const key = freshKey();
  await Promise.all([world.deposit(ada, 100n, key), world.deposit(grace, 200n, key)]);
  expect((await world.wallet(ada)).postedMinor).toBe(100n);
  expect((await world.wallet(grace)).postedMinor).toBe(200n);
});

test('a key that was used with another amount is a conflict and moves nothing', async () => {
  const world = await openWorld();
  const ada = world.player();
  const key = freshKey();
  await world.deposit(ada, 700n, key);
  const before = await world.contents();
  const answer = await world.run(ada, DEPOSIT, inputOf(701, 'EUR', key));
  expect(answer.errors?.[0]?.extensions?.code).toBe('CONFLICT');
  expect(await world.contents()).toEqual(before);
});

test.each([
  [1013, 'CARD_DECLINED'],
  [2014, 'CARD_EXPIRED'],
])('a deposit of %d minor units is declined as %s and the wallet is as it was', async (amountMinor, reason) => {
  const world = await openWorld();
  const ada = await world.richPlayer(900n);
  const before = await world.wallet(ada);
  const variables = inputOf(amountMinor);
  for (const attempt of ['first', 'repeated']) {
    const answer = await world.run(ada, DEPOSIT, variables);
    expect(answer.data?.depositToWallet, attempt).toMatchObject({ code: 'DEPOSIT_DECLINED', reason });
  }
  expect(await world.wallet(ada)).toEqual(before);
  const [contents] = (await world.contents()).map(({ transfers }) => transfers).filter((rows) => rows.length > 0);
  expect(contents).toHaveLength(1);
  expect((await world.audit()).isSound).toBe(true);
});

test('a deposit over the largest balance is refused with what would still fit, and nothing changes', async () => {
  const world = await openWorld();
  const ada = world.player();
  for (let full = 0n; full < BALANCE_MAX_MINOR; full += DEPOSIT_MAX_MINOR) {
    const last = full + DEPOSIT_MAX_MINOR === BALANCE_MAX_MINOR;
    await world.deposit(ada, last ? DEPOSIT_MAX_MINOR - 40n : DEPOSIT_MAX_MINOR);
  }
  const before = await world.contents();
  const answer = await world.run(ada, DEPOSIT, inputOf(41));
  expect(answer.data?.depositToWallet).toMatchObject({
    code: 'WALLET_LIMIT_REACHED',
    balanceMax: { amountMinor: Number(BALANCE_MAX_MINOR) },
    depositableNow: { amountMinor: 40 },
  });
  expect(await world.contents()).toEqual(before);
  await world.run(ada, DEPOSIT, inputOf(40));
  expect((await world.wallet(ada)).postedMinor).toBe(BALANCE_MAX_MINOR);
});

test('deposits at the same time cannot take a wallet over the largest balance together', async () => {
  const world = await openWorld();
  const ada = world.player();
  const results = await Promise.all(Array.from({ length: 10 }, () => world.deposit(ada, DEPOSIT_MAX_MINOR)));
  const taken = results.filter((result) => result.__typename === 'DepositToWalletSuccess');
  expect(taken).toHaveLength(4);
  expect((await world.wallet(ada)).postedMinor).toBe(BALANCE_MAX_MINOR);
});

test.each([
  ['an amount of zero', inputOf(0), 'input.amount.amountMinor'],
  ['a negative amount', inputOf(-1), 'input.amount.amountMinor'],
  ['more than the largest deposit', inputOf(Number(DEPOSIT_MAX_MINOR) + 1), 'input.amount.amountMinor'],
  ['the largest exact integer', inputOf(Number.MAX_SAFE_INTEGER), 'input.amount.amountMinor'],
  ['an integer that is not exact', inputOf(2 ** 53), null],
  ['a fraction', inputOf(10.5), null],
  ['an amount in words', inputOf('ten'), null],
  ['another currency', inputOf(100, 'USD'), 'input.amount.currency'],
  ['an unknown currency', inputOf(100, 'XXX'), null],
  ['a short key', inputOf(100, 'EUR', 'short'), 'input.idempotencyKey'],
  ['a long key', inputOf(100, 'EUR', 'k'.repeat(129)), 'input.idempotencyKey'],
  ['a key with a space', inputOf(100, 'EUR', 'a key with some spaces'), 'input.idempotencyKey'],
  ['no input', {}, null],
])('a deposit with %s is BAD_USER_INPUT and changes nothing', async (_what, variables, field) => {
  const world = await openWorld();
  const before = await world.contents();
  const answer = await world.run(world.player(), DEPOSIT, variables);
  expect(answer.errors).toHaveLength(1);
  expect(answer.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', ...(field ? { field } : {}) });
  expect(await world.contents()).toEqual(before);
});

test('nobody deposits without signing in', async () => {
  const world = await openWorld();
  const before = await world.contents();
  const answer = await world.run(null, DEPOSIT, inputOf(100));
  expect(answer.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED');
  expect(await world.contents()).toEqual(before);
});

/** A provider that loses its first `losses` answers after it has taken the money. */
function createSilentProvider(losses: number): PaymentProvider & { readonly charged: Set<string> } {
  const sandbox = createSandboxProvider();
  const charged = new Set<string>();
  let left = losses;
  return {
    charged,
    async charge(request, signal) {
      const outcome = await sandbox.charge(request, signal);
      charged.add(request.reference);
      if (left-- > 0) throw new Error('connection reset');
      return outcome;
    },
  };
}

test('a deposit whose answer was lost is finished by the same key, charged once', async () => {
  const provider = createSilentProvider(1);
  const world = await openWorld({ provider });
  const ada = world.player();
  const variables = inputOf(800);
  const lost = await world.run(ada, DEPOSIT, variables);
  expect(lost.errors?.[0]?.extensions).toMatchObject({ code: 'UNAVAILABLE', retryAfterSeconds: 5 });
  expect(JSON.stringify(lost)).not.toContain('connection reset');
  expect(balancesOf(await world.wallet(ada))).toEqual({ posted: 0n, held: 0n, available: 0n });
  expect((await world.audit()).isSound).toBe(true);

  const again = await world.run(ada, DEPOSIT, variables);
  expect(again.data?.depositToWallet).toMatchObject({ wallet: { balance: { amountMinor: 800 } } });
  expect(provider.charged.size).toBe(1);
});

test('a deposit that nobody asks for again is finished by the resumer', async () => {
  const provider = createSilentProvider(2);
  const world = await openWorld({ provider, limits: { resumeAfterMs: 30_000 } });
  const ada = world.player();
  await world.run(ada, DEPOSIT, inputOf(800));
  expect(await resumeDeposits(world.deps)).toBe(0); // too young: its request may still be running

  world.clock.advance(30_001);
  expect(await resumeDeposits(world.deps)).toBe(0); // the provider is silent once more
  expect((await world.wallet(ada)).postedMinor).toBe(0n);
  expect(await resumeDeposits(world.deps)).toBe(1);
  expect(balancesOf(await world.wallet(ada))).toEqual({ posted: 800n, held: 0n, available: 800n });
  expect(await resumeDeposits(world.deps)).toBe(0);
  expect((await world.audit()).isSound).toBe(true);
});

test('the resumer works through more deposits than one batch, past those that stay silent', async () => {
  let isSilent = true;
  const sandbox = createSandboxProvider();
  const provider: PaymentProvider = {
    async charge(request, signal) {
      if (isSilent || request.amount.amountMinor === 1n) throw new Error('silent');
      return sandbox.charge(request, signal);
    },
  };
  const world = await openWorld({ provider, limits: { resumeBatchSize: 2 } });
  const ada = world.player();
  for (const amountMinor of [1n, 1n, 100n, 13n, 200n]) {
    await expect(world.deposit(ada, amountMinor)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  }
  isSilent = false;
  world.clock.advance(60_000);
  expect(await resumeDeposits(world.deps)).toBe(3);
  expect(balancesOf(await world.wallet(ada))).toEqual({ posted: 300n, held: 0n, available: 300n });
  expect((await world.audit()).isSound).toBe(true);
});
