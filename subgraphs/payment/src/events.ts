import { type DomainEvent, topicOf } from '@playgraph/events/event-log';
import { z } from 'zod';
import { authorizePayment, PAYMENT_CONSUMER } from './authorize-payment.ts';
import type { PaymentDeps } from './deps.ts';
import { capturePayment, releasePayment } from './settle-payment.ts';

const decidedOrder = z.object({
  orderId: z.string(),
  buyerId: z.string(),
  totalMinor: z.string().regex(/^\d+$/).transform(BigInt),
});
const paymentRequested = decidedOrder.extend({ paymentId: z.string(), currency: z.enum(['EUR', 'USD']) });

/** By event type; others are not this subgraph's business. */
export type Handlers = Readonly<Record<string, (event: DomainEvent) => Promise<void>>>;

/** Starts to consume the saga's steps that move money. */
export async function consumeEvents(deps: PaymentDeps): Promise<void> {
  await deps.events.consume({ consumer: PAYMENT_CONSUMER, topics: [topicOf('order')], handlers: handlersOf(deps) });
}

/** Each handler can meet its event any number of times: effect, event and inbox entry are one transaction. */
export function handlersOf(deps: PaymentDeps): Handlers {
  return {
    'order.payment_requested': (event) => authorizePayment(deps, event, paymentRequested.parse(event.data)),
    'order.paid': (event) => capturePayment(deps, event, decidedOrder.parse(event.data)),
    'order.cancelled': (event) => releasePayment(deps, event, decidedOrder.parse(event.data)),
    'order.expired': (event) => releasePayment(deps, event, decidedOrder.parse(event.data)),
  };
}
