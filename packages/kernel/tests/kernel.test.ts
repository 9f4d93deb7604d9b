import { ConfigError, parseConfig } from '@playgraph/kernel/config';
import { addMoney, MINOR_UNITS_MAX, parsePositiveAmount } from '@playgraph/kernel/money';
import { createSeededRandom } from '@playgraph/kernel/random';
import { canTransition, transition } from '@playgraph/kernel/transition';
import { expect, test } from 'vitest';
import { z } from 'zod';

test('a transition table allows what it lists and refuses every other pair', () => {
  const table = { OPEN: ['PAID', 'CLOSED'], PAID: ['CLOSED'], CLOSED: [] } as const;
  const states = ['OPEN', 'PAID', 'CLOSED'] as const;
  const allowed = states.flatMap((from) =>
    states.filter((to) => canTransition(table, from, to)).map((to) => [from, to]),
  );
  expect(allowed).toEqual([
    ['OPEN', 'PAID'],
    ['OPEN', 'CLOSED'],
    ['PAID', 'CLOSED'],
  ]);
  expect(() => transition(table, 'CLOSED', 'OPEN')).toThrow(
    expect.objectContaining({ code: 'CONFLICT', details: { from: 'CLOSED', to: 'OPEN' } }) as Error,
  );
});

test('all bad variables are reported at once, without their values', () => {
  const schema = z.object({ PORT: z.coerce.number().int(), TOKEN_SECRET: z.string().min(32) });
  const run = () => parseConfig(schema, { PORT: 'x', TOKEN_SECRET: 'hunter2' });
  expect(run).toThrow(ConfigError);
  expect(run).toThrow(/PORT[\s\S]*TOKEN_SECRET/);
  expect(run).not.toThrow(/hunter2/);
});

test('an empty variable counts as absent', () => {
  expect(parseConfig(z.object({ HOST: z.string().default('127.0.0.1') }), { HOST: '' })).toEqual({ HOST: '127.0.0.1' });
});

test('money of two currencies is never added, and a sum never leaves the exact range', () => {
  const eur = (amountMinor: bigint) => ({ amountMinor, currency: 'EUR' as const });
  expect(addMoney(eur(1n), eur(2n))).toEqual(eur(3n));
  expect(() => addMoney(eur(1n), { amountMinor: 1n, currency: 'USD' })).toThrow(TypeError);
  expect(() => addMoney(eur(MINOR_UNITS_MAX), eur(1n))).toThrow(RangeError);
});

test.each([0n, -1n, MINOR_UNITS_MAX + 1n])('%s minor units are no positive amount', (amountMinor) => {
  expect(() => parsePositiveAmount(amountMinor, 'input.amount')).toThrow(
    expect.objectContaining({ code: 'BAD_USER_INPUT' }) as Error,
  );
});

test('the same seed gives the same sequence, another seed another one', () => {
  const draw = (seed: string) => {
    const random = createSeededRandom(seed);
    return [...random.bytes(40), random.int(1_000), random.int(1_000)];
  };
  expect(draw('a')).toEqual(draw('a'));
  expect(draw('a')).not.toEqual(draw('b'));
});
