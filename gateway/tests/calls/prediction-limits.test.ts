import { answerOf, type TransportAnswer } from '@playgraph/server/transport';
import { expect, test } from 'vitest';
import { createCallRunner, type Execution } from '../../src/calls/call-runner.ts';
import { RECORDED_CALLS_MAX } from '../../src/calls/recorder.ts';
import { CHAIN, createChain } from './chain.ts';
import { createClient, createWalkedWorld, identityOf, requestFor, toChange } from './walk.ts';
import { createWorldTransport } from './world.ts';

test('one client never gets what another one was told', async () => {
  const world = createChain();
  await world.finish(CHAIN, { identity: identityOf('ann') });
  for (const identity of [null, identityOf('bob'), identityOf('ann', ['admin'])]) {
    const { answer, how, calls } = await world.finish(CHAIN, { identity });
    expect([how, calls.predicted]).toEqual(['EXECUTED', 0]);
    expect(answer.body.toString()).toContain(JSON.stringify({ viewer: identity?.userId ?? null }).slice(1, -1));
  }
  expect((await world.finish(CHAIN, { identity: identityOf('ann') })).how).toBe('REMEMBERED');
});

test('forwarded headers set clients apart, trace context does not', async () => {
  const world = createChain();
  await world.finish(CHAIN, { headers: { 'accept-language': 'de', traceparent: '00-1' } });
  expect((await world.finish(CHAIN, { headers: { 'accept-language': 'fr' } })).how).toBe('EXECUTED');
  expect((await world.finish(CHAIN, { headers: { 'accept-language': 'de', traceparent: '00-2' } })).how).toBe(
    'REMEMBERED',
  );
});

test('other variables are another execution', async () => {
  const world = createChain();
  await world.finish(CHAIN);
  expect((await world.finish({ roots: [2], steps: 3 })).calls.predicted).toBe(0);
});

test.each([
  ['an answer made for it alone', { allowsSharing: false }],
  ['a metered answer', { isMetered: true }],
])('a client that asks for %s neither learns nor teaches', async (_what, client) => {
  const world = createChain();
  await world.finish(CHAIN, client);
  expect((await world.finish(CHAIN, client)).calls.predicted).toBe(0);
  expect((await world.finish(CHAIN)).calls.predicted).toBe(0);
  await world.finish(CHAIN, client);
  expect(world.runner.stats().predicted).toBe(0);
});

test('mutations are never foreseen', async () => {
  const world = createChain();
  for (const _ of [1, 2]) {
    const change = world.runner.run(toChange(1, createClient().info));
    expect(world.pendingNodes()).toEqual([1]);
    await world.deliverAll();
    expect((await change).calls).toMatchObject({ sent: 2, predicted: 0 });
  }
  expect(world.runner.stats().remembered.executions).toBe(0);
});

test('nothing is sent ahead to a subgraph that opted out, and every answer that needs it is executed', async () => {
  const world = createChain({ predictionOptOut: new Set(['gamma']) });
  await world.finish(CHAIN);
  const result = world.start(CHAIN);
  expect(world.pendingNodes()).toEqual([1, 3]);
  await world.deliver(1);
  expect(world.pendingNodes()).toEqual([3, 2]);
  await world.deliverAll();
  expect(await result).toMatchObject({ how: 'EXECUTED', calls: { predicted: 2, claimed: 2, sent: 3 } });
});

test('answers that never were bytes are not remembered', async () => {
  const world = createChain();
  const transports = [...world.transports].map(
    ([name, transport]) =>
      [
        name,
        {
          ...transport,
          execute: async (...sent: Parameters<typeof transport.execute>) => ({
            ...(await transport.execute(...sent)),
            bytes: null,
          }),
        },
      ] as const,
  );
  for (const [name, transport] of transports) world.transports.set(name, transport);
  await world.finish(CHAIN);
  expect((await world.finish(CHAIN)).steps).toBe(3);
  expect(world.runner.stats().remembered.executions).toBe(0);
});

test('after the graph has changed nothing is remembered, nor learned from what began before', async () => {
  const world = createChain();
  await world.finish(CHAIN);
  const old = world.start(CHAIN);
  world.set(3, { value: 'new' });
  world.runner.forget();
  await world.deliverAll();
  await old;
  expect(world.runner.stats().remembered).toEqual({ executions: 0, bytes: 0 });
  expect((await world.finish(CHAIN)).calls.predicted).toBe(0);
});

test('an execution with more calls than are recorded sends ahead a part and is executed every time', async () => {
  const world = createWalkedWorld({ prediction: true });
  const wide = { roots: Array.from({ length: RECORDED_CALLS_MAX + 6 }, (_, i) => i), steps: 1 };
  await world.finish(wide);
  const { how, calls } = await world.finish(wide);
  expect(how).toBe('EXECUTED');
  expect(calls).toMatchObject({ sent: RECORDED_CALLS_MAX + 6, predicted: RECORDED_CALLS_MAX });
});

test('nothing is sent ahead when prediction is off', async () => {
  const world = createChain({ prediction: false });
  await world.finish(CHAIN);
  expect((await world.finish(CHAIN)).steps).toBe(3);
  expect(world.runner.stats().remembered.executions).toBe(0);
});

test.each([
  ['that comes over the wire is learned once, and then foreseen', true],
  ['of a subgraph in this process teaches nothing, and is not to be learned again', false],
])('what %s', async (_what, isWire) => {
  let count = 0;
  const execute = async (): Promise<TransportAnswer> => {
    const answer = answerOf({ data: { count: count++ } });
    return isWire ? { ...answer, bytes: Buffer.from(JSON.stringify(answer.read())) } : answer;
  };
  const transports = new Map([['alpha', createWorldTransport(execute)]]);
  const runner = createCallRunner({ transports: () => transports, sharing: true, prediction: true });
  const learned: boolean[] = [];
  const execution: Execution = {
    operationId: 'op',
    variablesKey: '{}',
    isMutation: false,
    client: createClient().info,
    async execute(call, _foreseen, { isLearned }) {
      learned.push(isLearned);
      const { bytes } = await call('alpha', requestFor(1));
      return { body: bytes ?? Buffer.from('{}'), outcome: 'DATA', status: null, cacheControl: null };
    },
  };
  for (let i = 0; i < 3; i++) await runner.run(execution);
  expect(learned).toEqual([true, false, false]);
  expect(runner.stats().predicted).toBe(isWire ? 2 : 0);
});
