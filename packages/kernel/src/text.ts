/** The zero character, and halves of surrogate pairs. */
const UNSTORABLE = /[\p{Cs}\0]/u;

/**
 * True when every store and every wire gives the text back as it was. The zero character ends a text for some of them
 * (bcrypt, C libraries, a `text` column), and half of a surrogate pair has no UTF-8: all halves come back as the same
 * U+FFFD.
 */
export function isStorableText(text: string): boolean {
  return !UNSTORABLE.test(text);
}
