import { badUserInput } from '@playgraph/kernel/errors';
import { encodeCursor, parsePage } from '@playgraph/kernel/page';

/** The largest sequence number: what its column holds. */
export const SEQ_MAX = 2 ** 31 - 1;

/** Where a follower of `stream` stands: right behind its event number `seq` (0: at the very beginning). */
export function encodeStreamCursor(stream: string, seq: number): string {
  return encodeCursor([stream, seq]);
}

/**
 * The sequence number that a follower of `stream` goes on behind; null, from now on, when there is no cursor.
 * @throws DomainError BAD_USER_INPUT at `after` when it is no cursor of this stream.
 */
export function parseStreamCursor(stream: string, after: string | null | undefined): number | null {
  const { keyset } = parsePage({ after }, ['string', 'number']);
  if (!keyset) return null;
  const [owner, seq] = keyset;
  if (owner !== stream || !isSeq(seq)) throw badUserInput('Not a cursor of this stream.', 'after');
  return seq;
}

function isSeq(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= SEQ_MAX;
}
