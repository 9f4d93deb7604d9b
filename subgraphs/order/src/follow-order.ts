import { type Identity, requireIdentity } from '@playgraph/auth/identity';
import type { DomainEvent } from '@playgraph/events/event-log';
import { parseId } from '@playgraph/kernel/ids';
import { encodeCursor, parsePage } from '@playgraph/kernel/page';
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

/** Where a follower stands on an order's stream: right behind the event with this sequence number. */
export function eventCursorOf(orderId: string, seq: number): string {
  return encodeCursor([orderId, seq]);
}

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
  const cursorSeq = parseEventCursor(orderId, args.after);
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

function parseEventCursor(orderId: string, after: string | null | undefined): number | null {
  const keyset = parsePage({ after }, ['string', 'number']).keyset;
  if (!keyset) return null;
  const [stream, seq] = keyset;
  if (stream !== orderId || !Number.isSafeInteger(seq)) throw orderErrors.notACursor();
  return Number(seq);
}

function toOrderEvent(event: DomainEvent, order: Order): OrderEvent {
  const data = event.data as OrderEventData;
  return {
    cursor: eventCursorOf(order.id, event.seq),
    sequence: event.seq,
    occurredAt: new Date(event.at),
    change: changeOf[event.type as OrderEventType],
    state: data.state as OrderState,
    order,
  };
}
