import type { EventDraft } from './append-event.ts';
import type { OutboxTx } from './event-db.ts';
import type { DomainEvent } from './event-log.ts';
import type { EventStore } from './event-store.ts';

/** Writes an event in the transaction under way. */
export type Emit = (draft: EventDraft) => Promise<void>;

/** What a transaction with events needs. */
export type TransactWithEventsDeps<Tx> = {
  /** Runs `work` in one transaction on the shard that owns `id`; when it met a race perhaps again, from the start. */
  readonly store: { transact<Result>(id: string, work: (tx: Tx) => Promise<Result>): Promise<Result> };
  readonly events: Pick<EventStore, 'append' | 'committed'>;
};

/**
 * Runs `work` in one transaction on the shard of `id` with the events that it emits; after the commit the relay and the followers are told.
 * Only the events of the attempt that was committed count.
 */
export async function transactWithEvents<Tx extends OutboxTx, Result>(
  deps: TransactWithEventsDeps<Tx>,
  id: string,
  work: (tx: Tx, emit: Emit) => Promise<Result>,
): Promise<Result> {
  let appended: DomainEvent[] = [];
  const result = await deps.store.transact(id, (tx) => {
    appended = [];
    return work(tx, async (draft) => {
      appended.push(await deps.events.append(tx, draft));
    });
  });
  if (appended.length > 0) deps.events.committed(appended);
  return result;
}
