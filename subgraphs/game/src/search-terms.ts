import { foldText } from './domain.ts';

/** How many different words of a query count. */
const QUERY_TERMS_MAX = 8;
/** Shorter words forgive no typo. */
const TYPO_TERM_LENGTH_MIN = 4;
/** From this length on a word forgives two typos. */
const TWO_TYPOS_TERM_LENGTH_MIN = 8;
/** Words that say nothing about a game; they count when a query has no others. */
const STOP_WORDS: ReadonlySet<string> = new Set(
  'a an and are as at be by for from in is it its of on or that the this to with you your'.split(' '),
);

/** The words of a text: folded runs of letters and digits. */
export function wordsOf(text: string): string[] {
  return foldText(text).match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** The words of a title or slug, also where capitals join them (`SuperTuxKart`), and all of them as one word. */
export function wordsOfName(name: string): string[] {
  const whole = wordsOf(name);
  const parts = wordsOf(name.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2'));
  return [...new Set([...whole, ...parts, whole.join('')])];
}

/** What a query asks for: its different words in their order, at most QUERY_TERMS_MAX. */
export function termsOfQuery(query: string): string[] {
  const words = [...new Set(wordsOf(query))];
  const telling = words.filter((word) => !STOP_WORDS.has(word));
  return (telling.length > 0 ? telling : words).slice(0, QUERY_TERMS_MAX);
}

/** How many typos a word of a query may have. A swap of two neighbouring letters counts as one. */
export function typosAllowed(term: string): number {
  if (term.length < TYPO_TERM_LENGTH_MIN) return 0;
  return term.length < TWO_TYPOS_TERM_LENGTH_MIN ? 1 : 2;
}

/** How many single-letter changes and neighbour swaps make `right` out of `left` (optimal string alignment). */
export function typosBetween(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 1; i <= left.length; i++) {
    const row = [i];
    for (let j = 1; j <= right.length; j++) {
      const change = at(last, j - 1) + (left[i - 1] === right[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, change, isSwap ? at(beforeLast, j - 2) + 1 : Infinity));
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, right.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
