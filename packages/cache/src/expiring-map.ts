import type { Clock } from '@playgraph/kernel/clock';

/** A map whose entries expire, and which never holds more than a named number of them. */
export type ExpiringMap<Value> = {
  /** The value of `key`; undefined when absent or expired. */
  get(key: string): Value | undefined;
  /** Sets `key` until `expiresAtMs` (the first instant at which it is gone) and makes it the newest entry. */
  set(key: string, value: Value, expiresAtMs: number): void;
  delete(key: string): void;
  clear(): void;
  /** How many entries are held, expired ones that nobody met yet included. */
  size(): number;
};

type Entry<Value> = { readonly value: Value; readonly expiresAtMs: number };
type Expiry = { readonly key: string; readonly atMs: number };

/** Stale heap items (their key was set anew or deleted) are swept when they outnumber the entries by this factor. */
const HEAP_SLACK = 2;
const HEAP_SWEEP_MIN = 64;

/** Room is made by removing what has expired, then what was set longest ago. All operations cost O(log n) amortised. */
export function createExpiringMap<Value>(deps: { clock: Clock; entriesMax: number }): ExpiringMap<Value> {
  // A Map iterates in the order of insertion, so its first key is the oldest.
  const entries = new Map<string, Entry<Value>>();
  let heap: Expiry[] = [];

  const makeRoom = (): void => {
    const nowMs = deps.clock.nowMs();
    for (let top = heap[0]; top && top.atMs <= nowMs; top = heap[0]) {
      popHeap(heap);
      if (entries.get(top.key)?.expiresAtMs === top.atMs) entries.delete(top.key);
    }
    for (const oldest of entries.keys()) {
      if (entries.size < deps.entriesMax) return;
      entries.delete(oldest);
    }
  };

  return {
    get(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      if (entry.expiresAtMs > deps.clock.nowMs()) return entry.value;
      entries.delete(key);
      return undefined;
    },
    set(key, value, expiresAtMs) {
      entries.delete(key);
      if (entries.size >= deps.entriesMax) makeRoom();
      entries.set(key, { value, expiresAtMs });
      pushHeap(heap, { key, atMs: expiresAtMs });
      if (heap.length > HEAP_SWEEP_MIN && heap.length > entries.size * HEAP_SLACK) {
        // A sorted array is a heap.
        heap = Array.from(entries, ([name, entry]) => ({ key: name, atMs: entry.expiresAtMs }));
        heap.sort((left, right) => left.atMs - right.atMs);
      }
    },
    delete: (key) => void entries.delete(key),
    clear() {
      entries.clear();
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
