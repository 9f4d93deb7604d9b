import { type Identity, requireIdentity } from '@playgraph/auth/identity';
import type { DomainEvent } from '@playgraph/events/event-log';
import { encodeStreamCursor, parseStreamCursor } from '@playgraph/events/stream-cursor';
import { parseId } from '@playgraph/kernel/ids';
import type { OrderDeps } from './deps.ts';
import { isFinal, type Order, type OrderState } from './domain.ts';
import { orderErrors } from './errors.ts';
import type { OrderEventData, OrderEventType } from './transaction.ts';

export type OrderChange =
  | 'PLACED'
  | 'RESERVED'
  | 'PAYMENT_REQUESTED'
  | 'PAYMENT_DECLINED'
  | 'PAID'
  | 'FULFILLED'
  | 'CANCELLED'
  | 'EXPIRED';

export type OrderEvent = {
  readonly cursor: string;
  readonly sequence: number;
  readonly occurredAt: Date;
  readonly change: OrderChange;
  readonly state: OrderState;
  readonly order: Order;
};

const changeOf: { readonly [Type in OrderEventType]: OrderChange } = {
  'order.placed': 'PLACED',
  'order.reserved': 'RESERVED',
  'order.payment_requested': 'PAYMENT_REQUESTED',
  'order.payment_declined': 'PAYMENT_DECLINED',
  'order.paid': 'PAID',
  'order.fulfilled': 'FULFILLED',
  'order.cancelled': 'CANCELLED',
  'order.expired': 'EXPIRED',
};

/**
 * What happens to an order of the viewer, from `after` on; ends when the order has reached a final state.
 * @throws DomainError UNAUTHENTICATED, NOT_FOUND, or BAD_USER_INPUT at `orderId` or `after`, before anything is followed.
 */
export async function followOrder(
  deps: OrderDeps,
  viewer: { readonly identity: Identity | null; readonly signal: AbortSignal },
  args: { readonly orderId: string; readonly after?: string | null | undefined },
): Promise<AsyncGenerator<OrderEvent>> {
  const { userId } = requireIdentity(viewer.identity);
  const orderId = parseId('order', args.orderId, 'orderId');
  const cursorSeq = parseStreamCursor(orderId, args.after);
  const order = await deps.store.findOrder(orderId);
  if (order?.buyerId !== userId) throw orderErrors.notFound();
  // "From now on" is from this read on: an event that comes before the follower listens is not missed.
  return readEvents(deps, { order, afterSeq: cursorSeq ?? order.seq, signal: viewer.signal });
}

async function* readEvents(
  deps: OrderDeps,
  { order, afterSeq, signal }: { readonly order: Order; readonly afterSeq: number; readonly signal: AbortSignal },
): AsyncGenerator<OrderEvent> {
  if (isFinal(order.state) && afterSeq >= order.seq) return;
  const db = deps.store.shards.forId(order.id);
  for await (const event of deps.events.follow({ stream: order.id, afterSeq, db, signal })) {
    const orderEvent = toOrderEvent(event, (await deps.store.findOrder(order.id)) ?? order);
    yield orderEvent;
    if (isFinal(orderEvent.state)) return;
  }
}

function toOrderEvent(event: DomainEvent, order: Order): OrderEvent {
  const data = event.data as OrderEventData;
  return {
    cursor: encodeStreamCursor(order.id, event.seq),
    sequence: event.seq,
    occurredAt: new Date(event.at),
    change: changeOf[event.type as OrderEventType],
    state: data.state as OrderState,
    order,
  };
}
