import type { Clock } from '@playgraph/kernel/clock';
import { isUniqueViolation } from '@playgraph/sharding/prisma-errors';
import type { InboxTx } from './event-db.ts';
import type { DomainEvent } from './event-log.ts';

/**
 * Notes in the caller's transaction that `consumer` dealt with the event: true the first time. False when it was noted
 * before; the effect is there then and must not be repeated. Rolls back with the effect.
 */
export async function noteDelivery(
  tx: InboxTx,
  delivery: { consumer: string; event: DomainEvent },
  clock: Clock,
): Promise<boolean> {
  try {
    const entry = { consumer: delivery.consumer, eventId: delivery.event.id, at: clock.now() };
    await tx.inboxEntry.createMany({ data: [entry] });
    return true;
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}
