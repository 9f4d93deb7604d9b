import { badUserInput } from '@playgraph/kernel/errors';
import type { Keyset, PageRequest } from '@playgraph/kernel/page';

/** What the cursor of a list by time and id looks like. */
export const TIME_AND_ID = ['number', 'string'] as const;
const INSTANT_MS_MAX = 8.64e15;

/** The place in a list that goes by time, the newest first, and then by id. */
export type TimePlace = { readonly at: Date; readonly id: string };

/** @throws DomainError BAD_USER_INPUT when a forged cursor holds no instant. */
export function placeOf(page: PageRequest): TimePlace | null {
  if (!page.keyset) return null;
  const [ms, id] = page.keyset;
  if (!Number.isInteger(ms) || Math.abs(Number(ms)) > INSTANT_MS_MAX) {
    throw badUserInput('Not a cursor of this list.', page.direction === 'forward' ? 'after' : 'before');
  }
  return { at: new Date(Number(ms)), id: String(id) };
}

/** Where a friend, request or block stands in its list. */
export function placeOfRelation(relation: { readonly since: Date; readonly otherId: string }): TimePlace {
  return { at: relation.since, id: relation.otherId };
}

export function keysetOf(place: TimePlace): Keyset {
  return [place.at.getTime(), place.id];
}

/** The condition and the order of a page by the columns `time` and `id`. */
export function timePage(page: PageRequest, columns: { readonly time: string; readonly id: string }) {
  const place = placeOf(page);
  const isForward = page.direction === 'forward';
  const order = isForward ? ('desc' as const) : ('asc' as const);
  const orderBy = [{ [columns.time]: order }, { [columns.id]: order }];
  if (!place) return { where: {}, orderBy };
  const [beyond, from] = isForward ? ['lt', 'lte'] : ['gt', 'gte'];
  const where = {
    // The first condition says nothing new, but it alone can be read off the index.
    AND: [
      { [columns.time]: { [from]: place.at } },
      {
        OR: [
          { [columns.time]: { [beyond]: place.at } },
          { [columns.time]: place.at, [columns.id]: { [beyond]: place.id } },
        ],
      },
    ],
  };
  return { where, orderBy };
}

/** The rows of a page out of a whole list in memory, up to one more than it shows, as the store would give them. */
export function pageInMemory<Row>(
  newestFirst: readonly Row[],
  page: PageRequest,
  placeAt: (row: Row) => TimePlace,
): Row[] {
  const place = placeOf(page);
  const rows = page.direction === 'forward' ? newestFirst : newestFirst.toReversed();
  const isBeyond = (row: Row): boolean => {
    if (!place) return true;
    const order = compare(placeAt(row), place);
    return page.direction === 'forward' ? order < 0 : order > 0;
  };
  return rows.filter(isBeyond).slice(0, page.limit + 1);
}

/** Negative when `left` is older. */
export function compare(left: TimePlace, right: TimePlace): number {
  const ms = left.at.getTime() - right.at.getTime();
  return ms !== 0 ? ms : left.id < right.id ? -1 : left.id > right.id ? 1 : 0;
}
