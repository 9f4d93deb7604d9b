import { LeanAbortController } from '@playgraph/server/watch-abort';
import { expect, test } from 'vitest';
import { BUSY_RUNS_MAX, createTurns, TURN_MS_MAX } from '../../src/calls/turns.ts';

/** Turns in a process whose every turn of the event loop takes so long; with as many runs under way as a busy one has. */
function openBusyProcess() {
  let nowMs = 0;
  const turns = createTurns(() => nowMs);
  for (let i = 0; i < BUSY_RUNS_MAX; i++) expect(turns.begin(new LeanAbortController())).toBeNull();
  return {
    turns,
    passTurn: (ms: number) => {
      nowMs += ms;
      return new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** Asks for a turn that has to be waited for; says the name when it has come. */
function wait(turns: ReturnType<typeof createTurns>, name: string, begun: string[]) {
  const leaving = new LeanAbortController();
  const turn = turns.begin(leaving);
  expect(turn).not.toBeNull();
  turn?.then(
    () => begun.push(name),
    (reason: unknown) => begun.push(`${name} left: ${reason}`),
  );
  return leaving;
}

test('while the process is busy a run begins for each that ends, in the order in which they came', async () => {
  const { turns, passTurn } = openBusyProcess();
  const begun: string[] = [];
  for (const name of ['first', 'second', 'third']) wait(turns, name, begun);
  for (let i = 0; i < 5; i++) await passTurn(1);
  expect(begun).toEqual([]);
  expect(turns.waiting()).toBe(3);
  turns.end();
  await passTurn(1);
  expect(begun).toEqual(['first']);
  turns.end();
  turns.end();
  await passTurn(1);
  expect(begun).toEqual(['first', 'second', 'third']);
  expect(turns.waiting()).toBe(0);
});

test('one more begins in each turn in which the process has nothing to do', async () => {
  const { turns, passTurn } = openBusyProcess();
  const begun: string[] = [];
  for (const name of ['first', 'second', 'third']) wait(turns, name, begun);
  await passTurn(0);
  expect(begun).toEqual(['first']);
  await passTurn(1);
  expect(begun).toEqual(['first']);
  await passTurn(0);
  await passTurn(0);
  expect(begun).toEqual(['first', 'second', 'third']);
});

test('a run begins after its time, however busy the process is', async () => {
  const { turns, passTurn } = openBusyProcess();
  const begun: string[] = [];
  wait(turns, 'first', begun);
  await passTurn(1);
  wait(turns, 'second', begun);
  await passTurn(TURN_MS_MAX);
  expect(begun).toEqual(['first']);
  await passTurn(2);
  expect(begun).toEqual(['first', 'second']);
});

test('who comes while others wait does not begin before them', async () => {
  const { turns, passTurn } = openBusyProcess();
  const begun: string[] = [];
  wait(turns, 'first', begun);
  turns.end();
  wait(turns, 'second', begun);
  await passTurn(1);
  expect(begun).toEqual(['first']);
});

test('who leaves while it waits is told at once, and the next one has its place', async () => {
  const { turns, passTurn } = openBusyProcess();
  const begun: string[] = [];
  const leaving = wait(turns, 'first', begun);
  wait(turns, 'second', begun);
  leaving.abort('done');
  await passTurn(1);
  expect([begun, turns.waiting()]).toEqual([['first left: done'], 1]);
  turns.end();
  await passTurn(1);
  expect(begun).toEqual(['first left: done', 'second']);
});
