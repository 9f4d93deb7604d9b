import { FIRST_NAMES, LAST_NAMES } from './demo-texts.ts';
import type { DemoPlayer } from './demo-world.ts';
import { createStory } from './seeded-story.ts';

const DAY_MS = 24 * 60 * 60_000;
/** The world began this long ago, with ada and grace. */
const WORLD_AGE_MS = 365 * DAY_MS;
/** Nobody joined later than this long ago. */
const YOUNGEST_MS = 14 * DAY_MS;

/** The players that a visitor signs in as. */
const FIRST_PLAYERS: readonly (readonly [username: string, displayName: string])[] = [
  ['ada', 'Ada'],
  ['grace', 'Grace'],
];

/** The player of that number, 0 being ada: the same in a world of any size. */
export function inventPlayer(seed: string, index: number, now: Date): DemoPlayer {
  const story = createStory(`${seed} player ${index}`);
  const begunMs = now.getTime() - WORLD_AGE_MS;
  const named = FIRST_PLAYERS[index];
  const joinedMs = named ? index * DAY_MS : story.fraction() * (WORLD_AGE_MS - YOUNGEST_MS);
  const joinedAt = new Date(begunMs + Math.floor(joinedMs));
  const [first, last] = [story.pick(FIRST_NAMES), story.pick(LAST_NAMES)];
  const [username, displayName] = named ?? [`${first}_${last}${index}`.toLowerCase(), `${first} ${last}`];
  return {
    id: story.idAt('user', joinedAt),
    username,
    displayName,
    email: `${username}@demo.playgraph.example`,
    joinedAt,
  };
}
