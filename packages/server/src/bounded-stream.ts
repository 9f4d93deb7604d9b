import { type CancelSignal, unwatchAbort, watchAbort } from './watch-abort.ts';

/** How much may wait to be read. */
export type StreamLimits = {
  readonly itemsMax: number;
  /** No item is added on top of so many bytes; the last one that is added may go beyond. */
  readonly bytesMax: number;
};

/** One side fills it, the other reads it. Nothing is lost, doubled or out of order while `push` says true. */
export type BoundedStream<Item> = {
  /** For one reader. `return()` ends it at once, also while `next()` waits, and what still waited is forgotten. */
  readonly items: AsyncGenerator<Item, void, void>;
  /** What waits to be read. */
  waiting(): { readonly items: number; readonly bytes: number };
  /** Adds an item of about `bytes`. False when it does not fit, or when nobody reads any more: nothing was added. */
  push(item: Item, bytes: number): boolean;
  /** Drops what waits. */
  clear(): void;
  /** No more items: those that wait are still read, then the reader is done; with an `error`, it is thrown there. */
  end(error?: unknown): void;
};

type Waiter<Item> = {
  resolve(result: IteratorResult<Item, void>): void;
  reject(error: unknown): void;
};
type State<Item> = {
  waiting: { item: Item; bytes: number }[];
  waitingBytes: number;
  waiters: Waiter<Item>[];
  ended: { error: unknown } | null;
  /** Called when the reader has its end; null once it was. */
  onDone: (() => void) | null;
};

/** A queue between a source that pushes and a reader that pulls. */
export function createBoundedStream<Item>(options: {
  readonly limits: StreamLimits;
  /** The reader took an item that had to wait. */
  readonly onTaken?: () => void;
  /** The reader left. Called once. */
  readonly onReturn?: () => void;
  /** Nothing more will be read: the reader left, or it took the end. Called once. */
  readonly onDone?: () => void;
}): BoundedStream<Item> {
  const { limits, onDone = null } = options;
  const state: State<Item> = { waiting: [], waitingBytes: 0, waiters: [], ended: null, onDone };
  let hasLeft = false;
  const leave = (): void => {
    if (hasLeft) return;
    hasLeft = true;
    clear(state);
    end(state, undefined);
    done(state);
    options.onReturn?.();
  };
  return {
    items: toGenerator(() => take(state, options.onTaken), leave),
    waiting: () => ({ items: state.waiting.length, bytes: state.waitingBytes }),
    push: (item, bytes) => !state.ended && push(state, { item, bytes }, limits),
    clear: () => clear(state),
    end: (error) => end(state, error),
  };
}

/**
 * Makes `start`'s generator end at once when it is returned, also while it waits: its signal aborts then, and with
 * `signal`. (A generator that waits for its source cannot be returned before the source gives way.)
 */
export function abortOnReturn<Item>(
  start: (signal: AbortSignal) => AsyncGenerator<Item, void, void>,
  signal: CancelSignal,
): AsyncGenerator<Item, void, void> {
  const leaving = new AbortController();
  const leave = (): void => leaving.abort();
  const leaver = { onAbort: leave };
  // Not AbortSignal.any: the signals of a process live long, and each would remember every stream that ever was.
  if (signal.aborted) leave();
  else watchAbort(signal, leaver);
  const unlink = (): void => unwatchAbort(signal, leaver);
  const items = start(leaving.signal);
  const next = async (): Promise<IteratorResult<Item, void>> => {
    try {
      const result = await items.next();
      if (result.done) unlink();
      return result;
    } catch (error) {
      unlink();
      throw error;
    }
  };
  const leaveAndWait = async (): Promise<void> => {
    unlink();
    leave();
    await items.return();
  };
  return toGenerator(next, leaveAndWait);
}

function toGenerator<Item>(
  next: () => Promise<IteratorResult<Item, void>>,
  leave: () => void | Promise<void>,
): AsyncGenerator<Item, void, void> {
  const items = {
    next,
    async return() {
      await leave();
      return { done: true as const, value: undefined };
    },
    async throw(error: unknown) {
      await leave();
      throw error;
    },
    [Symbol.asyncIterator]: () => items as AsyncGenerator<Item, void, void>,
    [Symbol.asyncDispose]: async () => leave(),
  };
  return items as AsyncGenerator<Item, void, void>;
}

function push<Item>(state: State<Item>, entry: { item: Item; bytes: number }, limits: StreamLimits): boolean {
  const waiter = state.waiters.shift();
  if (waiter) {
    waiter.resolve({ done: false, value: entry.item });
    return true;
  }
  if (state.waiting.length >= limits.itemsMax || state.waitingBytes >= limits.bytesMax) return false;
  state.waiting.push(entry);
  state.waitingBytes += entry.bytes;
  return true;
}

function take<Item>(state: State<Item>, onTaken: (() => void) | undefined): Promise<IteratorResult<Item, void>> {
  const entry = state.waiting.shift();
  if (entry) {
    state.waitingBytes -= entry.bytes;
    onTaken?.();
    return Promise.resolve({ done: false, value: entry.item });
  }
  const { ended } = state;
  if (ended) {
    state.ended = { error: undefined };
    done(state);
    return ended.error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(ended.error);
  }
  return new Promise((resolve, reject) => state.waiters.push({ resolve, reject }));
}

function clear<Item>(state: State<Item>): void {
  state.waiting = [];
  state.waitingBytes = 0;
}

function end<Item>(state: State<Item>, error: unknown): void {
  if (state.ended) return;
  state.ended = { error };
  const [first, ...others] = state.waiters.splice(0);
  if (!first) return;
  done(state);
  // The first reader in line learns why; for the others there is only the end.
  state.ended = { error: undefined };
  if (error === undefined) first.resolve({ done: true, value: undefined });
  else first.reject(error);
  for (const other of others) other.resolve({ done: true, value: undefined });
}

function done<Item>(state: State<Item>): void {
  const { onDone } = state;
  state.onDone = null;
  onDone?.();
}
