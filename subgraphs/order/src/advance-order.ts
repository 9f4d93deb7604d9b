import { transition } from '@playgraph/kernel/transition';
import { enteredAtColumn, isOpen, type Order, type OrderState, orderTransitions } from './domain.ts';
import { deleteClaims, type OrderGuard, type OrderPatch, updateOrder } from './store.ts';
import type { OrderEventType, Unit } from './transaction.ts';

const eventOf = {
  RESERVED: 'order.reserved',
  PAID: 'order.paid',
  FULFILLED: 'order.fulfilled',
  CANCELLED: 'order.cancelled',
  EXPIRED: 'order.expired',
} as const satisfies { readonly [State in Exclude<OrderState, 'PENDING'>]: OrderEventType };

/**
 * Moves an order on and emits the event of its new state. Guarded by the state that `order` was read in: of two racing
 * transitions one wins, and the other gets null, having written nothing. An order that ends unpaid lets go of its
 * claims at once; its copies go back when `order.cancelled` or `order.expired` is handled (see settle-copies.ts).
 */
export async function advanceOrder(
  unit: Unit,
  order: Order,
  step: {
    readonly to: keyof typeof eventOf;
    readonly at: Date;
    readonly set?: OrderPatch;
    readonly guard?: OrderGuard;
  },
): Promise<Order | null> {
  const state = step.to;
  transition<OrderState>(orderTransitions, order.state, state);
  const patch = { ...step.set, [enteredAtColumn(state)]: step.at };
  const hasWon = await updateOrder(unit.tx, order.id, {
    guard: { ...step.guard, state: order.state },
    set: { ...patch, state },
  });
  if (!hasWon) return null;
  if (state === 'CANCELLED' || state === 'EXPIRED') await deleteClaims(unit.tx, order.id);
  const advanced: Order = { ...order, ...patch, state, seq: order.seq + 1 };
  await unit.emit(eventOf[state], advanced);
  return advanced;
}

/** Changes an open order without moving it on, and emits `type`. Null when the guard did not hold. */
export async function noteOnOrder(
  unit: Unit,
  order: Order,
  note: { readonly type: OrderEventType; readonly set: OrderPatch; readonly guard: OrderGuard },
): Promise<Order | null> {
  if (!isOpen(order.state)) return null;
  const guard = { ...note.guard, state: order.state };
  if (!(await updateOrder(unit.tx, order.id, { guard, set: note.set }))) return null;
  const changed: Order = { ...order, ...note.set, seq: order.seq + 1 };
  await unit.emit(note.type, changed);
  return changed;
}
