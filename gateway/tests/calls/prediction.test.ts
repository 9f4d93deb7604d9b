import { expect, test } from 'vitest';
import { CHAIN, createChain } from './chain.ts';
import { createClient, requestFor, toExecution, walkPlainly } from './walk.ts';

test('what an operation sent last time is sent at once', async () => {
  const world = createChain();
  expect((await world.finish(CHAIN)).steps).toBe(3);
  const result = world.start(CHAIN);
  expect(world.pendingNodes()).toEqual([1, 2, 3]);
  await world.deliverAll();
  expect((await result).calls).toMatchObject({ sent: 3, predicted: 3, claimed: 3, unclaimed: 0, unforeseen: 0 });
});

test('answers that are equal byte for byte give the remembered bytes, and nothing is executed', async () => {
  const world = createChain();
  const first = await world.finish(CHAIN);
  const second = await world.finish(CHAIN);
  expect(second.how).toBe('REMEMBERED');
  expect(second.answer.body.equals(first.answer.body)).toBe(true);
  expect(world.notes.executions).toBe(1);
  expect(world.runner.stats()).toMatchObject({ runs: 2, rememberedRuns: 1, sent: 6 });
});

test('every answer is of now: a change is in the very next answer', async () => {
  const world = createChain();
  await world.finish(CHAIN);
  world.set(3, { value: 'new' });
  const { answer, how, steps } = await world.finish(CHAIN);
  expect(answer.body.toString()).toContain('"value":"new"');
  expect(answer.body.toString()).toBe(await walkPlainly(world, CHAIN));
  expect([how, steps]).toEqual(['EXECUTED', 1]);
});

test('the executor starts at the first answer that differs, while others are on their way', async () => {
  const world = createChain();
  await world.finish(CHAIN);
  world.set(1, { next: [2, 4] });
  const result = world.start(CHAIN);
  await world.deliver(2);
  expect(world.notes.executions).toBe(1);
  await world.deliver(1);
  expect(world.notes.executions).toBe(2);
  expect(world.pendingNodes()).toEqual([3, 4]);
  await world.deliverAll();
  expect((await result).calls).toMatchObject({ predicted: 3, claimed: 3, unforeseen: 1 });
});

test('a request of a later step that is answered before the root changes nothing about the answer', async () => {
  const world = createChain();
  await world.finish(CHAIN);
  world.set(2, { value: 'new' });
  const result = world.start(CHAIN);
  await world.deliver(3);
  await world.deliver(2);
  await world.deliver(1);
  expect((await result).answer.body.toString()).toBe(await walkPlainly(world, CHAIN));
});

test('a request that was foreseen and is not needed delays nothing and is cancelled', async () => {
  const world = createChain();
  await world.finish(CHAIN);
  world.set(1, { next: [] });
  const result = world.start(CHAIN);
  await world.deliver(1);
  expect((await result).calls).toMatchObject({ predicted: 3, claimed: 1, unclaimed: 2 });
  expect(world.pending()).toEqual([]);
  expect(world.sendings.slice(-2).map(({ isAborted }) => isAborted)).toEqual([true, true]);
});

test('waste is counted with the bytes that came for nothing', async () => {
  const world = createChain();
  await world.finish(CHAIN);
  world.set(1, { next: [] });
  const result = world.start(CHAIN);
  await world.deliver(3);
  await world.deliver(1);
  const [, second, third] = world.sendings.slice(-3);
  const bodies = (second?.request.body.length ?? 0) + (third?.request.body.length ?? 0);
  expect((await result).calls.unclaimedBytes).toBe(bodies + (third?.answer?.bytes?.length ?? 0));
  expect(world.runner.stats().unclaimedBytes).toBe((await result).calls.unclaimedBytes);
});

test('an answer that comes again and again is parsed once', async () => {
  const world = createChain();
  const parses: number[] = [];
  for (const value of ['a', 'b', 'c', 'd']) {
    world.set(1, { value });
    const before = world.parses();
    await world.finish(CHAIN);
    parses.push(world.parses() - before);
  }
  // The second time tells that nodes 2 and 3 stay as they are; from then on they are kept parsed.
  expect(parses).toEqual([3, 3, 1, 1]);
});

test('an answer that may be kept for another time is another answer', async () => {
  const world = createChain();
  await world.finish(CHAIN);
  world.set(3, { maxAge: 5 });
  const { answer, how } = await world.finish(CHAIN);
  expect([answer.cacheControl, how]).toEqual(['max-age=5', 'EXECUTED']);
});

test('a subgraph that gives no answer is told as such, and what was remembered stays the guess', async () => {
  const world = createChain();
  for (const _ of [1, 2, 3, 4]) await world.finish(CHAIN);
  const broken = world.start(CHAIN);
  world.pending()[0]?.fail();
  await world.deliverAll();
  expect((await broken).answer.body.toString()).toContain('There is no way there.');
  expect((await world.finish(CHAIN)).calls).toMatchObject({ predicted: 3, claimed: 3 });
});

test('a failure of a late step does not shorten what is sent ahead', async () => {
  const world = createChain();
  for (const _ of [1, 2]) await world.finish(CHAIN);
  const broken = world.start(CHAIN);
  world.pending().at(-1)?.fail();
  await world.deliverAll();
  await broken;
  expect((await world.finish(CHAIN)).calls).toMatchObject({ predicted: 3, claimed: 3, unforeseen: 0 });
});

test('a failure is never taken for an equal answer, also when the operation failed last time', async () => {
  const world = createChain();
  for (const _ of [1, 2]) {
    const broken = world.start(CHAIN);
    world.pending()[0]?.fail();
    await world.deliverAll();
    expect((await broken).how).toBe('EXECUTED');
  }
  expect(world.runner.stats().remembered.executions).toBe(0);
});

test('an answer with errors is executed every time, since errors may belong to one request', async () => {
  const world = createChain();
  world.set(3, { errors: [{ message: 'half of it' }] });
  await world.finish(CHAIN);
  const second = await world.finish(CHAIN);
  expect([second.how, second.steps]).toEqual(['EXECUTED', 1]);
  expect(second.answer.body.toString()).toContain('half of it');
});

test('an operation whose guesses are wrong stops guessing, and guesses again when it could have been right', async () => {
  const world = createChain();
  const walkTo = async (next: readonly number[]) => {
    world.set(1, { next });
    return (await world.finish(CHAIN)).calls.predicted > 0;
  };
  await walkTo([10]);
  expect(await walkTo([20])).toBe(true);
  expect(await walkTo([30])).toBe(false);
  expect(await walkTo([40])).toBe(false);
  const low = world.runner.confidenceOf('walk of 3');
  const guesses = [];
  for (let i = 0; i < 10; i += 1) guesses.push(await walkTo([40]));
  expect(guesses.indexOf(true)).toBeGreaterThan(1);
  expect(guesses.lastIndexOf(false)).toBe(guesses.indexOf(true) - 1);
  expect(world.runner.confidenceOf('walk of 3')).toBeGreaterThan(low);
});

test('an executor that puts its requests together in other ways each time can tell what is on its way', async () => {
  const world = createChain();
  const told: unknown[] = [];
  const run = async () => {
    const result = world.runner.run({
      ...toExecution(CHAIN, createClient().info),
      async execute(call, foreseen) {
        told.push(foreseen.map(({ purpose }) => purpose));
        const [known] = foreseen;
        const answer = known ? known.claim() : call('beta', requestFor(1), 'node 1 at least');
        const { data } = (await answer).read();
        await call('gamma', requestFor(2));
        return { body: Buffer.from(JSON.stringify(data)), outcome: 'DATA', status: null, cacheControl: null };
      },
    });
    await world.deliverAll();
    return result;
  };
  await run();
  for (const value of ['a', 'b']) {
    world.set(1, { value });
    const { answer, calls } = await run();
    expect(answer.body.toString()).toContain(`"value":"${value}"`);
    expect(calls).toMatchObject({ sent: 2, claimed: 2, unclaimed: 0, unforeseen: 0 });
  }
  expect(told).toEqual([[], ['node 1 at least'], ['node 1 at least']]);
});

test('within a run equal requests are one', async () => {
  const world = createChain();
  const { calls, answer } = await world.finish({ roots: [1, 1], steps: 2 });
  expect(calls.sent).toBe(2);
  expect(JSON.parse(answer.body.toString()).data).toHaveLength(2);
});

test('a client that goes while its answers are on their way takes the requests with it', async () => {
  const world = createChain();
  await world.finish(CHAIN);
  const { info, leave } = createClient();
  const gone = world.start(CHAIN, info);
  leave();
  await expect(gone).rejects.toBe(info.signal.reason);
  expect(world.pending()).toEqual([]);
  expect(world.notes.executions).toBe(1);
});
