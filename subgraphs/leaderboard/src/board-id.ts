import { createHash } from 'node:crypto';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** A ULID's time (ten characters) and the bucket after it (two): taken over from the game, so that both share a shard. */
const PREFIX_CHARS = 12;
const HASH_CHARS = 14;

/**
 * The id of a game's board with that key. It follows from the two alone: whoever creates the board, and however
 * often, it is the same one.
 */
export function boardIdOf(gameId: string, key: string): string {
  const ulid = gameId.slice(gameId.lastIndexOf('_') + 1);
  const hash = createHash('sha256').update(`${gameId}:${key}`).digest();
  const tail = Array.from(hash.subarray(0, HASH_CHARS), (byte) => CROCKFORD.charAt(byte & 31)).join('');
  return `leaderboard_${ulid.slice(0, PREFIX_CHARS)}${tail}`;
}
