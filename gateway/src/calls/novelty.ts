import { LRUCache } from 'lru-cache';

/** How many operations are watched, and how many keys that came once are known. */
const OPERATIONS_MAX = 2_000;
const KEYS_MAX = 20_000;
/** How long these keys are together: a key has the client's variables in it, which may be long. */
const KEY_CHARS_MAX = 4 * 1024 * 1024;
const LEVEL_MAX = 15;
/** From here on a key is remembered only when it comes again. */
const LEVEL_NEW = 8;
const REPEAT_BY = 2;

/** Knows operations whose variables hardly ever come again: remembering what they sent would be work for nobody. */
export type Novelty = {
  /** Notes one execution; whether it is worth remembering. `isKnown`: something is remembered for its key. */
  note(operationId: string, key: string, isKnown: boolean): boolean;
  /** Notes whether there was anything to remember of an execution: answers of a subgraph in this process never are. */
  noteTaught(operationId: string, hasTaught: boolean): void;
  /** Whether there was something to remember the last time, or nobody knows. */
  mayTeach(operationId: string): boolean;
  clear(): void;
};

export function createNovelty(): Novelty {
  const levels = new LRUCache<string, { level: number; mayTeach: boolean }>({ max: OPERATIONS_MAX });
  const seenOnce = new LRUCache<string, true>({
    max: KEYS_MAX,
    maxSize: KEY_CHARS_MAX,
    sizeCalculation: (_seen, key) => key.length,
  });
  return {
    note(operationId, key, isKnown) {
      const known = levels.get(operationId) ?? { level: 0, mayTeach: true };
      levels.set(operationId, known);
      known.level = isKnown ? Math.max(0, known.level - REPEAT_BY) : Math.min(LEVEL_MAX, known.level + 1);
      if (isKnown || known.level < LEVEL_NEW || seenOnce.has(key)) return true;
      seenOnce.set(key, true);
      return false;
    },
    noteTaught(operationId, hasTaught) {
      const known = levels.get(operationId);
      if (known) known.mayTeach = hasTaught;
    },
    mayTeach: (operationId) => levels.get(operationId)?.mayTeach ?? true,
    clear() {
      levels.clear();
      seenOnce.clear();
    },
  };
}
