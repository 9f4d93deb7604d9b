import type { CacheParts } from './cache-parts.ts';
import type { GenerationsRead } from './generations.ts';

/**
 * The generations of `keys` and the values of `valueKeys`, in their order; null when the store does not answer. What is
 * asked for in one turn is one read: all fetches that a step of a plan begins with.
 */
export type CachedReads = (keys: readonly string[], valueKeys: readonly string[]) => Promise<GenerationsRead | null>;

type Turn = {
  readonly keys: Set<string>;
  readonly valueKeys: string[];
  readonly read: Promise<GenerationsRead | null>;
};

export function createCachedReads({ guard, generations }: Pick<CacheParts, 'guard' | 'generations'>): CachedReads {
  let turn: Turn | null = null;
  const begin = (): Turn => {
    const keys = new Set<string>();
    const valueKeys: string[] = [];
    const read = Promise.resolve().then(() => {
      turn = null;
      return guard.ask(() => generations.read([...keys], valueKeys));
    });
    return { keys, valueKeys, read };
  };
  return async (keys, valueKeys) => {
    turn ??= begin();
    const { read, ...together } = turn;
    const from = together.valueKeys.length;
    for (const key of keys) together.keys.add(key);
    together.valueKeys.push(...valueKeys);
    const found = await read;
    return found && { ...found, values: found.values.slice(from, from + valueKeys.length) };
  };
}
