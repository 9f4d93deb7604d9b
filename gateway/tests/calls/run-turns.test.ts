import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGate } from '@playgraph/testkit/gate';
import { expect, onTestFinished, test } from 'vitest';
import { createCallRunner } from '../../src/calls/call-runner.ts';
import { BUSY_RUNS_MAX } from '../../src/calls/turns.ts';
import { CHAIN, createChain } from './chain.ts';
import { createClient, type createWalkedWorld, toChange, toExecution } from './walk.ts';
import { createWorld, createWorldTransport } from './world.ts';

const ANSWER = { body: Buffer.from('{}'), outcome: 'DATA', status: null, cacheControl: null } as const;

/** A runner whose runs end when they are told to. */
function openRunner(isMutation: boolean) {
  const runner = createCallRunner({ transports: () => new Map(), sharing: true, prediction: false });
  let begun = 0;
  return {
    begun: () => begun,
    waiting: () => runner.stats().waiting,
    /** Its run ends with `gate`, by an error when it `fails`. */
    start(name: string, { gate = createGate(), fails = false } = {}) {
      const client = createClient();
      const ended = runner.run({
        operationId: name,
        variablesKey: '',
        isMutation,
        client: client.info,
        async execute() {
          begun += 1;
          await gate.opened;
          if (fails) throw new Error(`${name} has failed`);
          return ANSWER;
        },
      });
      return { ended: ended.catch((error: unknown) => error), leave: client.leave, gate };
    },
  };
}

test.each([
  ['query', false],
  ['mutation', true],
])(
  'neither a client that leaves before the turn of its %s, nor a run that fails, takes a turn along',
  async (_type, isMutation) => {
    const { start, begun, waiting } = openRunner(isMutation);
    const first = Array.from({ length: BUSY_RUNS_MAX }, (_, i) => start(`first ${i}`, { fails: i % 2 === 0 }));
    const left = start('left');
    expect(waiting()).toBe(1);
    left.leave();
    expect(waiting()).toBe(0);
    expect(await left.ended).toMatchObject({ name: 'AbortError' });
    for (const { gate } of first) gate.open();
    await Promise.all(first.map(({ ended }) => ended));
    await nextTurn();
    expect(begun()).toBe(BUSY_RUNS_MAX);
    const later = Array.from({ length: BUSY_RUNS_MAX }, (_, i) => start(`later ${i}`));
    expect([begun(), waiting()]).toEqual([2 * BUSY_RUNS_MAX, 0]);
    const more = start('one more');
    expect(waiting()).toBe(1);
    more.leave();
    for (const { gate } of later) gate.open();
    await Promise.all(later.map(({ ended }) => ended));
  },
);

/** As many as may be under way in a busy process, none of which comes to its end. */
function occupy(runner: ReturnType<typeof createWalkedWorld>['runner']): void {
  const { info, leave } = createClient();
  for (let i = 0; i < BUSY_RUNS_MAX; i++) {
    const roots = [100 + i];
    runner.run(toExecution({ roots, steps: 1 }, info)).catch(() => undefined);
  }
  onTestFinished(leave);
}

test.each([
  ['query', toExecution.bind(null, { roots: [1], steps: 1 })],
  ['mutation', toChange.bind(null, 1)],
])('a %s whose turn comes when another graph is in force asks the subgraphs of its own', async (_type, executionOf) => {
  const world = createWorld();
  let { transports } = world;
  const runner = createCallRunner({ transports: () => transports, sharing: true, prediction: false });
  occupy(runner);
  const answer = runner.run(executionOf(createClient().info));
  expect(runner.stats().waiting).toBe(1);
  const removed = createWorldTransport(() => Promise.reject(new Error('this subgraph is of another graph')));
  transports = new Map([...transports.keys()].map((name) => [name, removed]));
  runner.forget();
  while (runner.stats().waiting > 0) await nextTurn();
  await world.deliverAll();
  expect(JSON.parse((await answer).answer.body.toString())).toMatchObject({ data: [{ id: 1 }] });
});

test('what was forgotten while a run waited for its turn is not learned again from it', async () => {
  const world = createChain();
  await world.finish(CHAIN);
  expect(world.runner.stats().remembered.executions).toBe(1);
  occupy(world.runner);
  const { executions } = world.notes;
  const answer = world.start(CHAIN);
  expect([world.runner.stats().waiting, world.notes.executions]).toEqual([1, executions]);
  world.runner.forget();
  while (world.runner.stats().waiting > 0) await nextTurn();
  await world.deliver(1);
  await world.deliver(2);
  await world.deliver(3);
  expect((await answer).how).toBe('EXECUTED');
  expect(world.runner.stats().remembered.executions).toBe(0);
});
