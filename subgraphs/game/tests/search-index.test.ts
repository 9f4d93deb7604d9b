import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Game } from '../src/domain.ts';
import { createSearchIndex } from '../src/search-index.ts';

const GAMES = 500;
const ROUNDS = 20;
const START_MS = Date.UTC(2026, 10, 21);

function createGame(number: number, version: number): Game {
  const at = new Date(START_MS + version);
  const title = `Game ${number.toString(36)} quux${number}`;
  return {
    id: `game_${String(number).padStart(26, '0')}`,
    slug: `game-${number}`,
    title,
    sortTitle: title.toLowerCase(),
    summary: `summary${version} of alpha${number}`,
    description: `words${version * GAMES + number} that change at every round`,
    homepage: null,
    version: String(version),
    genres: [],
    features: [],
    upstreamSizeBytes: 1,
    upstreamInstalledSizeBytes: 1,
    upstreamSha256: '0'.repeat(64),
    publishedAt: new Date(START_MS),
    updatedAt: at,
    fingerprint: `${number} ${version}`,
  } as unknown as Game;
}

test('games that are replaced while the index cleans itself up stay found', async () => {
  const index = createSearchIndex();
  for (let version = 0; version < ROUNDS; version++) {
    for (let first = 0; first < GAMES; first += 50) {
      index.put(Array.from({ length: 50 }, (_, i) => createGame(first + i, version)));
      // Lets a clean-up that works in batches get in between.
      await delay(1);
    }
  }
  expect(index.search('quux499', null)?.matches.map(({ game }) => game.fingerprint)).toContain(`499 ${ROUNDS - 1}`);
  expect(index.search(`words${(ROUNDS - 1) * GAMES + 7}`, null)?.matches).toHaveLength(1);
});
