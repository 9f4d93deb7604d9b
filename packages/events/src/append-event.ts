import type { Clock } from '@playgraph/kernel/clock';
import { bucketOf, type Ids } from '@playgraph/kernel/ids';
import { isUniqueViolation } from '@playgraph/sharding/prisma-errors';
import type { OutboxRow, OutboxTx } from './event-db.ts';
import type { DomainEvent } from './event-log.ts';

/** An event that is about to be written. */
export type EventDraft<Type extends string = string, Data = unknown> = {
  readonly stream: string;
  readonly type: Type;
  readonly data: Data;
};

/** The longest `stream` and `type`: what their columns hold. */
export const EVENT_NAME_CHARS_MAX = 80;
/** The longest `data` as JSON. Events carry facts and ids, not documents. */
export const EVENT_DATA_CHARS_MAX = 64 * 1024;

/**
 * Writes an event in the caller's transaction. Transactions that append to one stream run one after the other (the
 * stream's head row is locked until they end), so `seq` has no gaps and whoever sees an event sees all before it.
 * @throws RangeError when a name or the data is too long, TypeError when the data is not JSON-safe.
 */
export async function appendEvent<Type extends string, Data>(
  tx: OutboxTx,
  draft: EventDraft<Type, Data>,
  deps: { clock: Clock; ids: Ids },
): Promise<DomainEvent<Type, Data>> {
  const { stream, type, data } = draft;
  const json = encodeData(draft);
  const seq = await nextSeq(tx, stream);
  const id = deps.ids.make('event', bucketOfStream(stream) ?? undefined);
  const at = deps.clock.now();
  await tx.outboxEvent.createMany({ data: [{ id, stream, seq, type, at, data: json }] });
  return { id, stream, seq, type, at: at.toISOString(), data };
}

/** The event that a row of the outbox holds. */
export function toEvent(row: OutboxRow): DomainEvent {
  const { id, stream, seq, type, at, data } = row;
  return { id, stream, seq, type, at: at.toISOString(), data: JSON.parse(data) };
}

/** The bucket of the id that a stream is named after (`order_...`, `library:user_...`); null when it has none. */
export function bucketOfStream(stream: string): number | null {
  try {
    return bucketOf(stream);
  } catch {
    return null;
  }
}

function encodeData({ stream, type, data }: EventDraft): string {
  if (stream.length > EVENT_NAME_CHARS_MAX || type.length > EVENT_NAME_CHARS_MAX) {
    throw new RangeError(`stream and type have at most ${EVENT_NAME_CHARS_MAX} characters: ${stream}, ${type}`);
  }
  const json: string | undefined = JSON.stringify(data);
  if (json === undefined) throw new TypeError(`the data of ${type} is not JSON-safe`);
  if (json.length > EVENT_DATA_CHARS_MAX) throw new RangeError(`the data of ${type} is too long`);
  return json;
}

async function nextSeq(tx: OutboxTx, stream: string): Promise<number> {
  // An increment first: it locks the row until the transaction ends, and needs no value read before.
  if (!(await bumpHead(tx, stream))) {
    if (await createHead(tx, stream)) return 1;
    // Somebody else created it meanwhile, and has committed: the insert waited for that.
    await bumpHead(tx, stream);
  }
  const head = await tx.streamHead.findUnique({ where: { stream } });
  if (!head) throw new Error(`the head of stream ${stream} is missing`);
  return head.seq;
}

async function bumpHead(tx: OutboxTx, stream: string): Promise<boolean> {
  const { count } = await tx.streamHead.updateMany({ where: { stream }, data: { seq: { increment: 1 } } });
  return count === 1;
}

async function createHead(tx: OutboxTx, stream: string): Promise<boolean> {
  try {
    await tx.streamHead.createMany({ data: [{ stream, seq: 1 }] });
    return true;
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}
