/** Names longer than this are not compared: none of ours is, and the work grows with the square. */
const NAME_CHARS_MAX = 80;

/** The candidate that was most likely meant by a name that is none of them; null when none is near. */
export function findNearMiss(name: string, candidates: Iterable<string>): string | null {
  if (name.length > NAME_CHARS_MAX) return null;
  const given = plain(name);
  let best: { readonly candidate: string; readonly edits: number } | null = null;
  for (const candidate of candidates) {
    if (candidate.length > NAME_CHARS_MAX) continue;
    const edits = countEdits(given, plain(candidate));
    // A third of the letters: enough for slips, too few for another word.
    if (edits <= Math.floor(given.length / 3) && edits < (best?.edits ?? Number.POSITIVE_INFINITY))
      best = { candidate, edits };
  }
  return best?.candidate ?? null;
}

/** What to add to a sentence about an unknown name: the one that was most likely meant, or nothing. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const near = findNearMiss(name, candidates);
  return near === null ? '' : `; did you mean ${near}?`;
}

/** `my_orders`, `my-orders` and `myOrders` are the same to the eye. */
function plain(name: string): string {
  return name.replace(/[-_ ]/g, '').toLowerCase();
}

/** Letters put in, left out, changed, or swapped with their neighbour (optimal string alignment). */
function countEdits(from: string, to: string): number {
  let [beforeLast, last]: [number[], number[]] = [[], Array.from({ length: to.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = (last[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swap = isSwap ? (beforeLast[j - 2] ?? 0) + 1 : change;
      row[j] = Math.min(change, swap, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
    }
    [beforeLast, last] = [last, row];
  }
  return last[to.length] ?? 0;
}
