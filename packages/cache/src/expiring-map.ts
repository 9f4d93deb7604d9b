import type { Clock } from '@playgraph/kernel/clock';

/** A map whose entries expire, and which never holds more than a named number of them, nor more than a named weight. */
export type ExpiringMap<Value> = {
  /** The value of `key`; undefined when absent or expired. */
  get(key: string): Value | undefined;
  /**
   * Sets `key` until `expiresAtMs` (the first instant at which it is gone) and makes it the newest entry. What is heavier
   * than all that may be held is not: then there is nothing under `key`.
   */
  set(key: string, value: Value, expiresAtMs: number): void;
  delete(key: string): void;
  clear(): void;
  /** How many entries are held, expired ones that nobody met yet included. */
  size(): number;
};

export type ExpiringMapDeps<Value> = {
  readonly clock: Clock;
  readonly entriesMax: number;
  /** What an entry weighs, in the unit of `weightMax`; entries weigh nothing when absent. */
  readonly weigh?: (value: Value, key: string) => number;
  readonly weightMax?: number;
};

type Entry<Value> = { readonly value: Value; readonly expiresAtMs: number; readonly weight: number };
type Expiry = { readonly key: string; readonly atMs: number };

/** Stale heap items (their key was set anew or deleted) are swept when they outnumber the entries by this factor. */
const HEAP_SLACK = 2;
const HEAP_SWEEP_MIN = 64;

/** Room is made by removing what has expired, then what was set longest ago. All operations cost O(log n) amortised. */
export function createExpiringMap<Value>(deps: ExpiringMapDeps<Value>): ExpiringMap<Value> {
  const { clock, entriesMax, weigh = () => 0, weightMax = Number.POSITIVE_INFINITY } = deps;
  // A Map iterates in the order of insertion, so its first key is the oldest.
  const entries = new Map<string, Entry<Value>>();
  let heap: Expiry[] = [];
  let held = 0;

  const remove = (key: string): void => {
    held -= entries.get(key)?.weight ?? 0;
    entries.delete(key);
  };
  const isFull = (weight: number): boolean => entries.size >= entriesMax || held + weight > weightMax;
  const makeRoom = (weight: number): void => {
    const nowMs = clock.nowMs();
    for (let top = heap[0]; top && top.atMs <= nowMs; top = heap[0]) {
      popHeap(heap);
      if (entries.get(top.key)?.expiresAtMs === top.atMs) remove(top.key);
    }
    for (const oldest of entries.keys()) {
      if (!isFull(weight)) return;
      remove(oldest);
    }
  };

  return {
    get(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      if (entry.expiresAtMs > clock.nowMs()) return entry.value;
      remove(key);
      return undefined;
    },
    set(key, value, expiresAtMs) {
      remove(key);
      const weight = weigh(value, key);
      if (weight > weightMax) return;
      if (isFull(weight)) makeRoom(weight);
      entries.set(key, { value, expiresAtMs, weight });
      held += weight;
      pushHeap(heap, { key, atMs: expiresAtMs });
      if (heap.length > HEAP_SWEEP_MIN && heap.length > entries.size * HEAP_SLACK) {
        // A sorted array is a heap.
        heap = Array.from(entries, ([name, entry]) => ({ key: name, atMs: entry.expiresAtMs }));
        heap.sort((left, right) => left.atMs - right.atMs);
      }
    },
    delete: remove,
    clear() {
      entries.clear();
      held = 0;
      heap = [];
    },
    size: () => entries.size,
  };
}

function pushHeap(heap: Expiry[], item: Expiry): void {
  let at = heap.push(item) - 1;
  while (at > 0) {
    const parentAt = (at - 1) >> 1;
    const parent = heap[parentAt];
    if (!parent || parent.atMs <= item.atMs) break;
    heap[at] = parent;
    at = parentAt;
  }
  heap[at] = item;
}

function popHeap(heap: Expiry[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const leftAt = 2 * at + 1;
    const left = heap[leftAt];
    const right = heap[leftAt + 1];
    if (!left) break;
    const isRightSooner = right !== undefined && right.atMs < left.atMs;
    const child = isRightSooner ? right : left;
    if (child.atMs >= last.atMs) break;
    heap[at] = child;
    at = isRightSooner ? leftAt + 1 : leftAt;
  }
  heap[at] = last;
}
