import type { Random } from '@playgraph/kernel/random';

/** Choices from one source of randomness. */
export type Draw = {
  /** An integer from `min` to `max`, both included. */
  between(min: number, max: number): number;
  /** True in `percent` of a hundred cases. */
  chance(percent: number): boolean;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** Null when there is nothing to pick from. */
  pickFrom<T>(items: readonly T[]): T | null;
  /** `count` different items in random order; all of them when there are fewer. */
  sample<T>(items: readonly T[], count: number): T[];
};

export function createDraw(random: Random): Draw {
  const pickFrom = <T>(items: readonly T[]): T | null =>
    items.length === 0 ? null : (items[random.int(items.length)] ?? null);
  return {
    between: (min, max) => min + random.int(max - min + 1),
    chance: (percent) => random.int(100) < percent,
    pick: (items) => pickFrom(items) ?? items[0],
    pickFrom,
    sample: (items, count) => {
      const left = [...items];
      const taken = [];
      while (taken.length < count && left.length > 0) taken.push(...left.splice(random.int(left.length), 1));
      return taken;
    },
  };
}

/** An even 32-bit hash of a text: what makes generated data a function of its place. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
