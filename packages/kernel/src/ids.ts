import { createHash } from 'node:crypto';
import type { Clock } from './clock.ts';
import { badUserInput } from './errors.ts';
import type { Random } from './random.ts';

/** How many buckets the key space has. Fixed for ever: an id carries its bucket. */
export const BUCKET_COUNT = 1024;

/** What a `<kind>_<ULID>` can name. A new entity adds its kind here. */
export type IdKind =
  | 'user'
  | 'session'
  | 'game'
  | 'genre'
  | 'entitlement'
  | 'download'
  | 'play'
  | 'order'
  | 'line'
  | 'reservation'
  | 'offer'
  | 'wallet'
  | 'transfer'
  | 'payment'
  | 'friendship'
  | 'conversation'
  | 'message'
  | 'leaderboard'
  | 'score'
  | 'event';

/** Makes ids. */
export type Ids = {
  /**
   * A new id `<kind>_<ULID>`, time-ordered to the millisecond and increasing within one.
   * The first ten of the ULID's random bits are `bucket`; without one it is drawn at random.
   */
  make(kind: IdKind, bucket?: number): string;
};

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_CHARS = 10;
const RANDOM_CHARS = 16;
const BUCKET_CHARS = 2;
const ULID_PATTERN = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const TAIL_MAX = 2n ** 70n - 1n;

/** Ids drawn from `clock` and `random`. */
export function createIds(deps: { clock: Clock; random: Random }): Ids {
  let lastMs = -1;
  let tail = 0n;
  return {
    make(kind, bucket = deps.random.int(BUCKET_COUNT)) {
      const nowMs = Math.max(deps.clock.nowMs(), lastMs);
      // Within a millisecond the tail counts up, so that ids of one process never go back or repeat.
      tail = nowMs === lastMs && tail < TAIL_MAX ? tail + 1n : randomTail(deps.random);
      lastMs = nowMs;
      return `${kind}_${encode(BigInt(nowMs), TIME_CHARS)}${encode(BigInt(bucket), BUCKET_CHARS)}${encode(tail, RANDOM_CHARS - BUCKET_CHARS)}`;
    },
  };
}

/** True when `value` is a well-formed id of that kind. */
export function isId(kind: IdKind, value: string): boolean {
  return value.startsWith(`${kind}_`) && ULID_PATTERN.test(value.slice(kind.length + 1));
}

/**
 * Returns `value` when it is a well-formed id of that kind.
 * @throws DomainError BAD_USER_INPUT naming `field` (the input's path) otherwise.
 */
export function parseId(kind: IdKind, value: string, field: string): string {
  if (!isId(kind, value)) throw badUserInput(`Not an id of the kind ${kind}.`, field);
  return value;
}

/** The bucket (0..1023) that a well-formed id carries. */
export function bucketOf(id: string): number {
  const ulid = id.slice(id.lastIndexOf('_') + 1);
  const high = CROCKFORD.indexOf(ulid.charAt(TIME_CHARS));
  const low = CROCKFORD.indexOf(ulid.charAt(TIME_CHARS + 1));
  if (ulid.length !== TIME_CHARS + RANDOM_CHARS || high < 0 || low < 0) throw new TypeError(`not an id: ${id}`);
  return high * 32 + low;
}

/** The bucket of a unique name (email, username, slug): by hash of its lower-cased form. */
export function bucketOfName(name: string): number {
  return createHash('sha256').update(name.toLowerCase()).digest().readUInt32BE(0) % BUCKET_COUNT;
}

function randomTail(random: Random): bigint {
  // 68 random bits: head-room below the 70 of the tail keeps the counter from running over within a millisecond.
  const bytes = random.bytes(9);
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`) >> 4n;
}

function encode(value: bigint, length: number): string {
  let text = '';
  for (let rest = value, i = 0; i < length; i++, rest >>= 5n) text = CROCKFORD.charAt(Number(rest & 31n)) + text;
  return text;
}
