/** Names of genres whose slug does not read well. */
const GENRE_NAMES: Readonly<Record<string, string>> = {
  board: 'Board game',
  'board-chess': 'Chess',
  card: 'Card game',
  fps: 'First-person shooter',
  mud: 'Multi-user dungeon',
  platform: 'Platformer',
  rpg: 'Role-playing',
  'rpg-rogue': 'Roguelike',
  'sport-racing': 'Racing',
  tetris: 'Falling blocks',
};

/** A genre's name for people; a slug without one is put in words. */
export function nameOfGenre(slug: string): string {
  const words = slug.replaceAll('-', ' ');
  return GENRE_NAMES[slug] ?? words.charAt(0).toUpperCase() + words.slice(1);
}
