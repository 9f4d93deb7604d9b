import { badUserInput } from './errors.ts';
import { type Keyset, type PageArgs, type PageRequest, parsePage } from './page.ts';

/** The most milliseconds that a date can have, on either side of the epoch. */
export const DATE_MS_MAX = 8.64e15;

/** A place in a list that goes by time and then by id. */
export type TimePlace = { readonly at: Date; readonly id: string };

/** One page of such a list to read: strictly beyond `place`, from the very end when it is null. */
export type TimePage = PageRequest & { readonly place: TimePlace | null };

/** Checks the Relay arguments of a list by time and id. @throws DomainError BAD_USER_INPUT as `parsePage`, and when a forged cursor holds no instant. */
export function parseTimePage(args: PageArgs): TimePage {
  const page = parsePage(args, ['number', 'string']);
  if (!page.keyset) return { ...page, place: null };
  const [ms, id] = page.keyset;
  if (!Number.isInteger(ms) || Math.abs(Number(ms)) > DATE_MS_MAX) {
    throw badUserInput('Not a cursor of this list.', page.direction === 'forward' ? 'after' : 'before');
  }
  return { ...page, place: { at: new Date(Number(ms)), id: String(id) } };
}

/** The keyset of a row of such a list, for `toConnection`. */
export function timeKeyset({ at, id }: TimePlace): Keyset {
  return [at.getTime(), id];
}
