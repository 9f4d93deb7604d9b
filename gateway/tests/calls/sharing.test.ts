import { OperationTypeNode } from 'graphql';
import { expect, test } from 'vitest';
import type { Execution } from '../../src/calls/call-runner.ts';
import type { ClientInfo } from '../../src/client-request.ts';
import {
  changeAndWalk,
  createClient,
  createWalkedWorld,
  identityOf,
  requestFor,
  toChange,
  toExecution,
  walk,
} from './walk.ts';
import { turn } from './world.ts';

const WALK = { roots: [1], steps: 2 };
const LONGER_WALK = { roots: [1], steps: 3 };

function createShared(options: Parameters<typeof createWalkedWorld>[0] = {}) {
  const world = createWalkedWorld({ sharing: true, ...options });
  world.set(1, { next: [2] });
  return world;
}

test('equal queries under way at the same time are one', async () => {
  const world = createShared();
  const results = [world.start(WALK), world.start(WALK), world.start(WALK)];
  await world.deliverAll();
  const [first, second] = await Promise.all(results);
  expect(world.notes.executions).toBe(1);
  expect(second?.answer).toBe(first?.answer);
  expect([first?.how, second?.how]).toEqual(['EXECUTED', 'JOINED']);
  expect(world.runner.stats()).toMatchObject({ runs: 1, joinedRuns: 2, sent: 2, inFlight: { runs: 0, calls: 0 } });
});

test('a query that comes when the other one is answered is asked anew', async () => {
  const world = createShared();
  await world.finish(WALK);
  world.set(1, { value: 'new' });
  const { answer, how } = await world.finish(WALK);
  expect([how, answer.body.toString().includes('new')]).toEqual(['EXECUTED', true]);
});

test.each<[string, Partial<ClientInfo>]>([
  ['another identity', { identity: identityOf('bob') }],
  ['the same user with other scopes', { identity: identityOf('ann', ['admin']) }],
  ['nobody', { identity: null }],
  ['other forwarded headers', { headers: { 'accept-language': 'de' } }],
  ['a metered client', { isMetered: true }],
  ['a client that wants an answer of its own', { allowsSharing: false }],
])('%s waits for nobody', async (_who, other) => {
  const world = createShared();
  const ann = { identity: identityOf('ann') };
  const results = [world.start(WALK, ann), world.start(WALK, { ...ann, ...other })];
  await world.deliverAll();
  expect((await Promise.all(results)).map(({ how }) => how)).toEqual(['EXECUTED', 'EXECUTED']);
  expect(world.sendings).toHaveLength(4);
  expect(world.runner.stats().shared).toBe(0);
});

test('no client can pass off a header as a part of another one', async () => {
  const world = createShared();
  const one = world.start(WALK, { headers: { a: '1', b: '2' } });
  const other = world.start(WALK, { headers: { a: '1b2' } });
  const third = world.start(WALK, { headers: { a: '11:b1:2' } });
  await world.deliverAll();
  await Promise.all([one, other, third]);
  expect(world.runner.stats()).toMatchObject({ runs: 3, shared: 0 });
});

test('other variables or another operation are not the same query', async () => {
  const world = createShared();
  const results = [world.start(WALK), world.start({ ...WALK, roots: [2] }), world.start(LONGER_WALK)];
  await world.deliverAll();
  await Promise.all(results);
  expect(world.runner.stats()).toMatchObject({ runs: 3, joinedRuns: 0 });
});

test('equal subgraph requests of different queries are one, and carry the first one`s correlation id', async () => {
  const world = createShared();
  const first = world.start(WALK, { correlationId: 'first' });
  const second = world.start(LONGER_WALK, { correlationId: 'second' });
  expect(world.sendings.map(({ info }) => info.correlationId)).toEqual(['first']);
  await world.deliverAll();
  expect((await first).calls).toMatchObject({ sent: 2, shared: 0 });
  expect((await second).calls).toMatchObject({ sent: 0, shared: 2 });
});

test('who goes away does not take the others` work along; the last one does', async () => {
  const world = createShared();
  const [ann, bob] = [createClient(), createClient()];
  const first = world.start(WALK, ann.info);
  const second = world.start(WALK, bob.info);
  ann.leave();
  await expect(first).rejects.toBe(ann.info.signal.reason);
  expect(world.pending()).toHaveLength(1);
  bob.leave();
  await expect(second).rejects.toBe(bob.info.signal.reason);
  expect(world.pending()).toEqual([]);
  await turn();
  expect(world.runner.stats().inFlight).toEqual({ runs: 0, calls: 0 });
});

test('the one who stays gets the answer of the run that another one began', async () => {
  const world = createShared();
  const ann = createClient();
  const first = world.start(WALK, ann.info);
  const second = world.start(WALK);
  ann.leave();
  await expect(first).rejects.toBeDefined();
  await world.deliverAll();
  expect((await second).answer.body.toString()).toContain('v2');
});

test('a subgraph request is cancelled only when all queries that wait for it have gone', async () => {
  const world = createShared();
  const [ann, bob] = [createClient(), createClient()];
  const first = world.start(WALK, ann.info);
  const second = world.start(LONGER_WALK, bob.info);
  ann.leave();
  await expect(first).rejects.toBeDefined();
  expect(world.pending()).toHaveLength(1);
  bob.leave();
  await expect(second).rejects.toBeDefined();
  expect(world.pending()).toEqual([]);
});

test('what was cancelled is never handed to one who comes later', async () => {
  const world = createShared();
  const ann = createClient();
  const gone = world.start(WALK, ann.info);
  ann.leave();
  const result = world.start(WALK);
  await expect(gone).rejects.toBeDefined();
  await world.deliverAll();
  expect((await result).how).toBe('EXECUTED');
});

test('a client that has gone before it begins asks nothing', async () => {
  const world = createShared();
  const ann = createClient();
  ann.leave();
  await expect(world.start(WALK, ann.info)).rejects.toBe(ann.info.signal.reason);
  expect(world.sendings).toEqual([]);
});

test('a failure is shared as an answer is, and not kept', async () => {
  const world = createShared();
  const failing = (client: ClientInfo): Execution => ({
    ...toExecution(WALK, client),
    execute: async (call) => {
      await call('alpha', requestFor(3));
      throw new TypeError('a bug');
    },
  });
  const results = [1, 2].map(() => world.runner.run(failing(createClient().info)));
  const settled = Promise.allSettled(results);
  await world.deliverAll();
  for (const result of await settled)
    expect(result).toMatchObject({ status: 'rejected', reason: { message: 'a bug' } });
  expect(world.sendings).toHaveLength(1);
  expect((await world.finish(WALK)).how).toBe('EXECUTED');
});

test('mutations are never shared, with each other or with what they read', async () => {
  const world = createShared();
  const changes = [1, 2].map(() => world.runner.run(toChange(1, createClient().info)));
  const reading = world.start({ roots: [1], steps: 1 });
  await world.deliverAll();
  await Promise.all([...changes, reading]);
  expect(world.sendings).toHaveLength(5);
  expect(world.runner.stats().shared).toBe(0);
});

test.each([
  ['the same query', WALK],
  ['a query that needs the same from a subgraph', LONGER_WALK],
])('%s, asked after a change, does not wait for what was asked before it', async (_what, walkAfter) => {
  const world = createShared();
  const before = world.start(WALK);
  const [asked] = world.pending();
  asked?.produce();
  const change = world.runner.run(toChange(1, createClient().info));
  for (const sending of world.pending().slice(1)) sending.deliver();
  await turn();
  for (const sending of world.pending().slice(1)) sending.deliver();
  await change;
  const after = world.start(walkAfter);
  await world.deliverAll();
  expect((await before).answer.body.toString()).toContain('"v1"');
  expect((await after).answer.body.toString()).toContain('"v1+"');
});

test('after the graph has changed nobody joins what is under way', async () => {
  const world = createShared();
  const before = world.start(WALK);
  world.runner.forget();
  const after = [world.start(WALK), world.start(LONGER_WALK)];
  expect(world.pendingNodes()).toEqual([1, 1]);
  await world.deliverAll();
  expect([(await before).how, (await after[0])?.how]).toEqual(['EXECUTED', 'EXECUTED']);
  await after[1];
});

test('what began before a change of the graph ends without a trace on what began after it', async () => {
  const world = createShared();
  const before = world.start(WALK);
  const [old] = world.pending();
  world.runner.forget();
  const after = world.start(WALK);
  old?.deliver();
  await turn();
  await world.deliver(2);
  await before;
  const joined = world.start(WALK);
  await world.deliverAll();
  expect([(await after).how, (await joined).how]).toEqual(['EXECUTED', 'JOINED']);
});

test.each([
  ['in different runs', { sharing: true }],
  ['in one run', { sharing: false, prediction: true }],
])('equal requests to two subgraphs are two, %s', async (_where, options) => {
  const world = createShared(options);
  const execution: Execution = {
    ...toExecution(WALK, createClient().info),
    execute: async (call) => {
      await Promise.all([call('alpha', requestFor(1)), call('beta', requestFor(1))]);
      return walk(WALK, call);
    },
  };
  const result = world.runner.run(execution);
  expect(world.pending().map(({ subgraph }) => subgraph)).toEqual(['alpha', 'beta']);
  await world.deliverAll();
  await result;
});

test('nothing is shared between requests when sharing is off, with and without prediction', async () => {
  for (const prediction of [false, true]) {
    const world = createShared({ sharing: false, prediction });
    await world.finish(WALK);
    const results = [world.start(WALK), world.start(WALK), world.start(LONGER_WALK)];
    await world.deliverAll();
    await Promise.all(results);
    expect(world.runner.stats()).toMatchObject({ runs: 4, joinedRuns: 0, shared: 0 });
    expect(world.sendings).toHaveLength(8);
  }
});

test('requests that are sent ahead are shared too, and one query`s waste is another one`s answer', async () => {
  const world = createShared({ prediction: true });
  await world.finish(WALK);
  world.set(1, { next: [] });
  const first = world.start(WALK);
  const second = world.start({ roots: [2], steps: 1 });
  await world.deliver(1);
  expect((await first).calls.unclaimed).toBe(1);
  expect(world.pendingNodes()).toEqual([2]);
  await world.deliver(2);
  expect((await second).answer.body.toString()).toContain('v2');
});

test('a change that is asked for outside a run closes what is under way, too', async () => {
  const world = createShared();
  const before = world.start(WALK);
  const change = world.runner.callFor(createClient().info)('beta', requestFor(1, OperationTypeNode.MUTATION));
  world.pending().at(-1)?.deliver();
  await change;
  const after = world.start(WALK);
  await world.deliverAll();
  expect([(await before).how, (await after).how]).toEqual(['EXECUTED', 'EXECUTED']);
});

test('calls for an event of a subscription wait for nothing that was asked before the event', async () => {
  const world = createShared();
  const reading = world.start(WALK);
  const ofEvent = world.runner.callFor(createClient().info)('beta', requestFor(1));
  expect(world.pending()).toHaveLength(2);
  await world.deliverAll();
  await Promise.all([reading, ofEvent]);
});

test('a subgraph that the graph does not have is an error of the run', async () => {
  const world = createShared();
  const { info } = createClient();
  const execution = { ...toExecution(WALK, info), execute: (call) => changeAndWalk(1, call) } satisfies Execution;
  world.transports.delete('beta');
  await expect(world.runner.run(execution)).rejects.toThrow('no transport to the subgraph beta');
  await expect(world.runner.run({ ...execution, isMutation: true })).rejects.toThrow('no transport');
});
