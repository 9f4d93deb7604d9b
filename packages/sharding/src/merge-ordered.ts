/**
 * The first `limit` rows of all `lists` together, each of which is in the order of `compare` already. Rows that compare
 * equal come in the order of their lists.
 */
export function mergeOrdered<Row>(
  lists: readonly (readonly Row[])[],
  options: { readonly limit: number; readonly compare: (left: Row, right: Row) => number },
): Row[] {
  const heads = lists.filter((list) => list.length > 0).map((list) => ({ list, at: 0 }));
  const merged: Row[] = [];
  while (merged.length < options.limit && heads.length > 0) {
    const best = heads.reduce((left, right) => (options.compare(rowOf(left), rowOf(right)) <= 0 ? left : right));
    merged.push(rowOf(best));
    best.at += 1;
    if (best.at === best.list.length) heads.splice(heads.indexOf(best), 1);
  }
  return merged;
}

function rowOf<Row>(head: { readonly list: readonly Row[]; readonly at: number }): Row {
  // Heads past the end of their list are taken out, so there is a row; it may itself be undefined.
  return head.list[head.at] as Row;
}
