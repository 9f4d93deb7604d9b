import { expect, test } from 'vitest';
import { deriveTitle } from '../src/title.ts';

test.each([
  ['supertuxkart', '3D racer', 'In SuperTuxKart you race.', 'SuperTuxKart'],
  ['0ad', 'Strategy game', '0 A.D. (pronounced "zero ey-dee") is free', '0 A.D.'],
  ['extremetuxracer', 'Racing game', 'Extreme\nTux Racer is fun', 'Extreme Tux Racer'],
  ['mrboom', 'Bomberman clone', 'Play Mr. Boom. Now.', 'Mr. Boom'],
  ['crawl', 'Dungeon Crawl, a text-based roguelike', '', 'Crawl'],
  ['angrydd', 'Angry Drunken Dwarves - falling blocks puzzle game', '', 'Angry Drunken Dwarves'],
  ['abe', 'Side-scrolling game named "Abe\'s Amazing Adventure"', 'An old game', 'Abe'],
  ['wesnoth', 'Fantasy turn-based strategy game - complete suite', 'the game of wesnoth', 'Wesnoth'],
  ['ace-of-penguins', 'Solitaire games', '', 'Ace of Penguins'],
  ['fillets-ng', 'Puzzle game', '', 'Fillets NG'],
  ['xgalaga++', 'Shooter', 'XGalaga++ is a shooter', 'XGalaga++'],
])('%s is called by its own spelling, its tagline or its slug in words', (slug, tagline, description, title) => {
  expect(deriveTitle({ slug, tagline, description })).toBe(title);
});
