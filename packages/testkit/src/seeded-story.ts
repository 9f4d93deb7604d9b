import { createHash } from 'node:crypto';
import { createIds, type IdKind } from '@playgraph/kernel/ids';
import type { Random } from '@playgraph/kernel/random';

/**
 * A deterministic sequence for inventing large worlds: the same seed gives the same choices and ids on every machine.
 * Many times faster than `createSeededRandom`, and as little fit for secrets.
 */
export type Story = Random & {
  /** A number in [0, 1). */
  fraction(): number;
  /** True `percent` times in a hundred. */
  chance(percent: number): boolean;
  /** An integer from `min` to `max`, both included. */
  between(min: number, max: number): number;
  /** One of `items`, which is not empty. */
  pick<Item>(items: readonly Item[]): Item;
  /** An id that was made at `at`; its bucket is drawn when none is given. */
  idAt(kind: IdKind, at: Date, bucket?: number): string;
};

/** The sequence of `seed`: SHA-256 of it starts the generator sfc32. */
export function createStory(seed: string): Story {
  const next = createSfc32(createHash('sha256').update(seed).digest());
  const fraction = (): number => next() / 2 ** 32;
  const int = (maxExclusive: number): number => Math.floor(fraction() * maxExclusive);
  const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => next() & 0xff);
  const random: Random = { bytes, int };
  return {
    ...random,
    fraction,
    chance: (percent) => int(100) < percent,
    between: (min, max) => min + int(max - min + 1),
    pick(items) {
      const item = items[int(items.length)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
    idAt: (kind, at, bucket) =>
      createIds({ clock: { now: () => at, nowMs: () => at.getTime() }, random }).make(kind, bucket),
  };
}

/** Chris Doty-Humphrey's sfc32: 32 uniformly random bits a call. */
function createSfc32(seed: Buffer): () => number {
  let [a, b, c, counter] = [seed.readInt32LE(0), seed.readInt32LE(4), seed.readInt32LE(8), seed.readInt32LE(12)];
  const next = (): number => {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  };
  return next;
}
