import { DomainError } from '@playgraph/kernel/errors';
import { expect, test } from 'vitest';
import { claimIdempotencyKey, IDEMPOTENCY_TTL_MS, type IdempotentRequest } from '../src/idempotency.ts';
import { createWorld, type World } from './world.ts';

const key = 'a-key_of-16-chars';
const input = { cart: ['a', 'b'], totalMinor: 4999n, at: new Date(0), note: null };

/** A use case: has its effect unless the key replays, or refuses. */
async function createUseCase() {
  const world = await createWorld();
  const db = world.shards.forBucket(0);
  let effects = 0;
  const run = (request: Partial<IdempotentRequest> = {}, outcome: 'done' | 'refused' | 'crashed' = 'done') =>
    db.$transaction(async (tx) => {
      const claim = await claimIdempotencyKey(
        tx,
        { owner: 'user_1', operation: 'placeOrder', key, input, ...request },
        world.clock,
      );
      if (claim.replay !== null) return claim.replay;
      if (outcome === 'refused') return 'refused';
      await claim.save(`order ${++effects}`);
      if (outcome === 'crashed') throw new Error('crashed');
      return `order ${effects}`;
    });
  return { world, db, run, effectCount: () => effects };
}

const rows = (world: World) => world.shards.forBucket(0).idempotencyRecord.findMany();

test('the same key with the same input has its effect once, and answers the same again', async () => {
  const { run, effectCount } = await createUseCase();
  expect(await run()).toBe('order 1');
  expect(await run()).toBe('order 1');
  // The same facts, written in another order.
  expect(await run({ input: { note: null, at: new Date(0), totalMinor: 4999n, cart: ['a', 'b'] } })).toBe('order 1');
  expect(effectCount()).toBe(1);
});

test('of many requests at once with one key one has its effect, and all get its answer', async () => {
  const { run, effectCount } = await createUseCase();
  const answers = await Promise.all(Array.from({ length: 20 }, () => run()));
  expect(new Set(answers)).toEqual(new Set(['order 1']));
  expect(effectCount()).toBe(1);
});

test('the same key with another input is a conflict, and changes nothing', async () => {
  const { world, run, effectCount } = await createUseCase();
  await run();
  const before = await rows(world);
  for (const other of [
    { ...input, totalMinor: 5000n },
    { ...input, cart: ['b', 'a'] },
    { ...input, at: '1970-01-01T00:00:00.000Z' },
  ]) {
    await expect(run({ input: other })).rejects.toMatchObject({
      code: 'CONFLICT',
      details: { field: 'input.idempotencyKey' },
    });
  }
  expect(await rows(world)).toEqual(before);
  expect(effectCount()).toBe(1);
});

test('keys of other owners and operations are other keys', async () => {
  const { run } = await createUseCase();
  expect(await run()).toBe('order 1');
  expect(await run({ owner: 'user_2' })).toBe('order 2');
  expect(await run({ operation: 'deposit' })).toBe('order 3');
});

test('a request that crashed, or was refused, leaves its key free, for another input too', async () => {
  const { run } = await createUseCase();
  await expect(run({}, 'crashed')).rejects.toThrow('crashed');
  expect(await run({}, 'refused')).toBe('refused');
  expect(await run({ input: 'another' }, 'refused')).toBe('refused');
  expect(await run({ input: 'a third' })).toBe('order 2');
  await expect(run()).rejects.toThrow(DomainError);
});

test('a key counts for 24 hours', async () => {
  const { world, run } = await createUseCase();
  await run();
  world.clock.advance(IDEMPOTENCY_TTL_MS - 1);
  expect(await run()).toBe('order 1');
  world.clock.advance(1);
  expect(await run({ input: 'another' })).toBe('order 2');
  expect(await run({ input: 'another' })).toBe('order 2');
});

test('a malformed key is refused where it stands, and nothing is written', async () => {
  const { world, run, effectCount } = await createUseCase();
  for (const bad of [
    '',
    'x'.repeat(15),
    'x'.repeat(129),
    `${'x'.repeat(20)} `,
    `${'x'.repeat(20)}é`,
    `${'x'.repeat(20)}\n`,
  ]) {
    await expect(run({ key: bad })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { field: 'input.idempotencyKey' },
    });
  }
  expect(await rows(world)).toEqual([]);
  expect(effectCount()).toBe(0);
  for (const good of ['x'.repeat(16), 'Az09_-'.repeat(20)]) await run({ key: good });
  expect(effectCount()).toBe(2);
});
