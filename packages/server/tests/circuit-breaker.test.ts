import { createManualClock } from '@playgraph/kernel/clock';
import {
  BREAKER_CALLS_MIN,
  BREAKER_OPEN_MS,
  BREAKER_WINDOW_MS,
  createCircuitBreaker,
} from '@playgraph/server/circuit-breaker';
import { expect, test } from 'vitest';

function createWorld(startMs = 1_000_000) {
  const clock = createManualClock(startMs);
  const changes: string[] = [];
  const breaker = createCircuitBreaker({ clock, onStateChange: (from, to) => void changes.push(`${from}>${to}`) });
  const call = (result: 'SUCCESS' | 'FAILURE' | 'UNKNOWN') => {
    const permit = breaker.admit();
    if (permit !== null) breaker.settle(permit, result);
    return permit !== null;
  };
  const calls = (count: number, result: 'SUCCESS' | 'FAILURE' | 'UNKNOWN') => {
    for (let index = 0; index < count; index++) call(result);
  };
  return { clock, changes, breaker, call, calls };
}

test('a breaker opens at its failure ratio, not one call before', () => {
  const { breaker, calls, call } = createWorld();
  calls(BREAKER_CALLS_MIN, 'SUCCESS');
  calls(BREAKER_CALLS_MIN - 1, 'FAILURE');
  expect(breaker.state()).toBe('CLOSED');
  call('FAILURE');
  expect(breaker.state()).toBe('OPEN');
  expect(call('SUCCESS')).toBe(false);
});

test('a few failures of a quiet subgraph do not open the breaker', () => {
  const { breaker, calls } = createWorld();
  calls(BREAKER_CALLS_MIN - 1, 'FAILURE');
  expect(breaker.state()).toBe('CLOSED');
  calls(1, 'FAILURE');
  expect(breaker.state()).toBe('OPEN');
});

test('failures count as long as the window, and are forgotten after', () => {
  const { breaker, calls, clock } = createWorld();
  calls(BREAKER_CALLS_MIN - 1, 'FAILURE');
  for (const beyond of [1, 1.1, 1.5]) {
    clock.advance(BREAKER_WINDOW_MS * beyond);
    calls(BREAKER_CALLS_MIN - 1, 'FAILURE');
    expect(breaker.state()).toBe('CLOSED');
  }
  clock.advance(BREAKER_WINDOW_MS);
  calls(1, 'FAILURE');
  clock.advance(BREAKER_WINDOW_MS / 2);
  calls(BREAKER_CALLS_MIN - 1, 'FAILURE');
  expect(breaker.state()).toBe('OPEN');
});

test('calls whose end says nothing are not counted', () => {
  const { breaker, calls } = createWorld();
  calls(10 * BREAKER_CALLS_MIN, 'UNKNOWN');
  calls(BREAKER_CALLS_MIN, 'FAILURE');
  expect(breaker.state()).toBe('OPEN');
});

test('an open breaker lets one call try after its time, and closes when that succeeds', () => {
  const { breaker, calls, call, clock, changes } = createWorld();
  calls(BREAKER_CALLS_MIN, 'FAILURE');
  clock.advance(BREAKER_OPEN_MS - 1);
  expect(call('SUCCESS')).toBe(false);
  clock.advance(1);
  const probe = breaker.admit();
  expect([probe === null, breaker.state(), breaker.admit()]).toEqual([false, 'HALF_OPEN', null]);
  if (probe !== null) breaker.settle(probe, 'SUCCESS');
  expect(breaker.state()).toBe('CLOSED');
  expect(changes).toEqual(['CLOSED>OPEN', 'OPEN>HALF_OPEN', 'HALF_OPEN>CLOSED']);
  calls(BREAKER_CALLS_MIN - 1, 'FAILURE');
  expect(breaker.state()).toBe('CLOSED');
});

test('a trial that fails opens the breaker for its whole time again', () => {
  const { breaker, calls, call, clock } = createWorld();
  calls(BREAKER_CALLS_MIN, 'FAILURE');
  clock.advance(BREAKER_OPEN_MS);
  expect(call('FAILURE')).toBe(true);
  clock.advance(BREAKER_OPEN_MS - 1);
  expect([breaker.state(), call('SUCCESS')]).toEqual(['OPEN', false]);
  clock.advance(1);
  expect([call('SUCCESS'), breaker.state()]).toEqual([true, 'CLOSED']);
});

test('a trial whose caller left makes room for another', () => {
  const { breaker, calls, call, clock } = createWorld();
  calls(BREAKER_CALLS_MIN, 'FAILURE');
  clock.advance(BREAKER_OPEN_MS);
  expect([call('UNKNOWN'), breaker.state()]).toEqual([true, 'HALF_OPEN']);
  expect([call('SUCCESS'), breaker.state()]).toEqual([true, 'CLOSED']);
});

test('a call from before the breaker opened does not decide for the trial', () => {
  const { breaker, calls, clock } = createWorld();
  const late = [breaker.admit(), breaker.admit()];
  calls(BREAKER_CALLS_MIN, 'FAILURE');
  clock.advance(BREAKER_OPEN_MS);
  breaker.admit();
  for (const [index, permit] of late.entries()) breaker.settle(permit ?? -1, index === 0 ? 'SUCCESS' : 'FAILURE');
  expect(breaker.state()).toBe('HALF_OPEN');
});

test('a clock that is set back does not keep a breaker open', () => {
  const { breaker, calls, call, clock } = createWorld(10 * BREAKER_WINDOW_MS);
  calls(BREAKER_CALLS_MIN, 'FAILURE');
  clock.advance(-5 * BREAKER_WINDOW_MS);
  expect([call('SUCCESS'), breaker.state()]).toEqual([true, 'CLOSED']);
});
