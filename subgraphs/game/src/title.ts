/** The longest title that is taken from a game's texts. */
const TITLE_LENGTH_MAX = 60;
/** How many characters may stand between two letters of a slug where a text spells it out: `0 A.D.` */
const GAP_LENGTH_MAX = 2;

/**
 * A readable title for a game that comes with a slug and texts only. In this order:
 * 1. the slug as the texts spell it with a capital or digit first: `supertuxkart` -> SuperTuxKart, `0ad` -> 0 A.D.;
 * 2. the name in `named "..."`, or the one that the tagline opens with before a dash, a colon or ", a", when the
 *    slug abbreviates it: `angrydd`, "Angry Drunken Dwarves - falling blocks" -> Angry Drunken Dwarves;
 * 3. the slug in words: `ace-of-penguins` -> Ace of Penguins.
 */
export function deriveTitle(game: { slug: string; tagline: string; description: string }): string {
  return (
    findOwnSpelling(game.slug, `${game.tagline}\n${game.description}`) ??
    findNamedInTagline(game.slug, game.tagline) ??
    titleOfSlug(game.slug)
  );
}

function findOwnSpelling(slug: string, text: string): string | null {
  const letters = [...lettersOf(slug)];
  if (letters.length < 2) return null;
  const gap = `[\\s.'’-]{0,${GAP_LENGTH_MAX}}`;
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])${letters.join(gap)}(?![\\p{L}\\p{N}])(?:\\.|\\++)?`, 'giu');
  const spellings = [...text.matchAll(pattern)]
    .map(([match]) => withoutSentenceDot(match).replace(/\s+/g, ' '))
    .filter((spelling) => /^[\p{Lu}\p{N}]/u.test(spelling) && /\p{L}/u.test(spelling));
  // A text may shout the name once and write it properly elsewhere.
  return spellings.find((spelling) => /\p{Ll}/u.test(spelling)) ?? spellings[0] ?? null;
}

/** The dot of `0 A.D.` belongs to the name, that of `Play Mr. Boom.` does not. */
function withoutSentenceDot(match: string): string {
  return match.endsWith('.') && !/\.\p{L}\.$/u.test(match) ? match.slice(0, -1) : match;
}

function findNamedInTagline(slug: string, tagline: string): string | null {
  const quoted = /\bnamed "([^"]+)"/.exec(tagline)?.[1];
  const opening = /^(.+?)(?:\s+-+\s|:\s|,\s(?=an?\s|the\s))/.exec(tagline)?.[1];
  const name = quoted ?? opening;
  return name && name.length <= TITLE_LENGTH_MAX && abbreviates(slug, name) ? name : null;
}

/** True when the letters of `slug` occur in `name` in their order, the first one at the beginning of a word. */
function abbreviates(slug: string, name: string): boolean {
  const letters = lettersOf(slug);
  const words = name.split(/\s+/).map(lettersOf);
  return words.some((_, start) => isSubsequence(letters, words.slice(start).join('')));
}

function isSubsequence(letters: string, text: string): boolean {
  if (letters[0] !== text[0]) return false;
  let next = 0;
  for (const letter of text) if (letter === letters[next]) next++;
  return next === letters.length;
}

const SMALL_WORDS: ReadonlySet<string> = new Set(['a', 'and', 'for', 'in', 'of', 'or', 'the', 'to', 'with']);
/** Words of slugs that are written in capitals. */
const INITIALS: ReadonlySet<string> = new Set(['3d', 'dda', 'gl', 'gnu', 'rpg', 'sdl', 'sgt', 'tnt', 'x11', 'ng']);

function titleOfSlug(slug: string): string {
  const words = slug.split(/[-_]+/).filter((word) => word !== '');
  return words
    .map((word, i) => {
      if (INITIALS.has(word)) return word.toUpperCase();
      if (i > 0 && SMALL_WORDS.has(word)) return word;
      return word.charAt(0).toUpperCase() + word.slice(1);
    })
    .join(' ');
}

function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
