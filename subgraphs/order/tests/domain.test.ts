import { canTransition } from '@playgraph/kernel/transition';
import { expect, test } from 'vitest';
import {
  isFinal,
  LOW_STOCK_MAX,
  type OrderState,
  orderTransitions,
  reservationTransitions,
  stockBandOf,
} from '../src/domain.ts';

const allowedOrderSteps = [
  'PENDING->RESERVED',
  'PENDING->CANCELLED',
  'PENDING->EXPIRED',
  'RESERVED->PAID',
  'RESERVED->CANCELLED',
  'RESERVED->EXPIRED',
  'PAID->FULFILLED',
];

function pairsOf<State extends string>(states: readonly State[]): [State, State][] {
  return states.flatMap((from) => states.map((to): [State, State] => [from, to]));
}

test('an order takes exactly the allowed steps, of all pairs of states', () => {
  const states = Object.keys(orderTransitions) as OrderState[];
  const taken = pairsOf(states).filter(([from, to]) => canTransition<OrderState>(orderTransitions, from, to));
  expect(taken.map((pair) => pair.join('->')).sort()).toEqual([...allowedOrderSteps].sort());
});

test('no order can come back to a state that it has left', () => {
  const reachable = (from: OrderState): OrderState[] =>
    orderTransitions[from].flatMap((to: OrderState) => [to, ...reachable(to)]);
  for (const state of Object.keys(orderTransitions) as OrderState[]) expect(reachable(state)).not.toContain(state);
});

test('only fulfilled, cancelled and expired orders are final', () => {
  const states = Object.keys(orderTransitions) as OrderState[];
  expect(states.filter(isFinal)).toEqual(['FULFILLED', 'CANCELLED', 'EXPIRED']);
});

test('a kept copy is settled once, one way or the other', () => {
  const states = ['HELD', 'COMMITTED', 'RELEASED'] as const;
  const taken = pairsOf<(typeof states)[number]>(states).filter(([from, to]) =>
    canTransition(reservationTransitions, from, to),
  );
  expect(taken).toEqual([
    ['HELD', 'COMMITTED'],
    ['HELD', 'RELEASED'],
  ]);
});

test('the stock band tells about how many copies are left', () => {
  expect([null, 0, 1, LOW_STOCK_MAX, LOW_STOCK_MAX + 1].map(stockBandOf)).toEqual([
    'UNLIMITED',
    'SOLD_OUT',
    'LOW',
    'LOW',
    'IN_STOCK',
  ]);
});
