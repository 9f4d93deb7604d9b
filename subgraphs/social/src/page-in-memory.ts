import type { TimePage, TimePlace } from '@playgraph/kernel/time-page';

/** The rows of a page out of a whole list in memory, up to one more than it shows, as the store would give them. */
export function pageInMemory<Row>(
  newestFirst: readonly Row[],
  page: TimePage,
  placeOf: (row: Row) => TimePlace,
): Row[] {
  const { place } = page;
  const rows = page.direction === 'forward' ? newestFirst : newestFirst.toReversed();
  const isBeyond = (row: Row): boolean => {
    if (!place) return true;
    const order = compare(placeOf(row), place);
    return page.direction === 'forward' ? order < 0 : order > 0;
  };
  return rows.filter(isBeyond).slice(0, page.limit + 1);
}

/** Where a friend, request or block stands in its list. */
export function placeOfRelation(relation: { readonly since: Date; readonly otherId: string }): TimePlace {
  return { at: relation.since, id: relation.otherId };
}

/** Negative when `left` is older. */
function compare(left: TimePlace, right: TimePlace): number {
  const ms = left.at.getTime() - right.at.getTime();
  return ms !== 0 ? ms : left.id < right.id ? -1 : left.id > right.id ? 1 : 0;
}
