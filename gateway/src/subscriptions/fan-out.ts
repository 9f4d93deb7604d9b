import { setImmediate as nextTurn } from 'node:timers/promises';
import { type BoundedStream, createBoundedStream, type StreamLimits } from '@playgraph/server/bounded-stream';
import { type CancelSignal, unwatchAbort, watchAbort } from '@playgraph/server/watch-abort';
import type { SlowReaderPolicy, StreamObserver } from './stream-observer.ts';

/** How many events wait for one client. */
const QUEUE_EVENTS_MAX = 256;
/** On top of how many bytes no further event waits for one client. */
const QUEUE_BYTES_MAX = 1024 * 1024;
/** While even the fastest reader has so many events, or bytes of them, to read, the source is not asked for the next. */
const READ_AHEAD_EVENTS = 4;
const READ_AHEAD_BYTES = 64 * 1024;
/** How many events are handed on in a row before others have their turn: a burst must not stop the process. */
const BURST_EVENTS_MAX = 64;
/** How long the source waits for readers of whom none reads. */
const STALLED_MS_MAX = 20_000;

/** What a fan-out has to know of what it hands on. */
export type ItemRules<Item> = {
  /** What an item takes while it waits, about. */
  bytesOf(item: Item): number;
  /** No event, but the last word of the source. */
  isLast(item: Item): boolean;
  /** Whether a source that begins with it says no. */
  isRefusal(item: Item): boolean;
  /** The last word for a reader that does not keep up. */
  tooSlow(): Item;
};

export type FanOutOptions<Item> = {
  /** The events, from when the first reader comes until the last one goes: then its signal aborts. */
  readonly start: (signal: AbortSignal) => AsyncGenerator<Item, void, void>;
  readonly rules: ItemRules<Item>;
  readonly slowReader: SlowReaderPolicy;
  readonly observer: StreamObserver;
  /** The source has ended, or nobody reads any more: the next reader needs another fan-out. Called once. */
  readonly onEnded: () => void;
  /** The source began with a refusal: whoever comes now would miss the reason of its end. */
  readonly onRefused: () => void;
  readonly limits?: StreamLimits;
  readonly stalledMsMax?: number;
};

/** One source for many readers. */
export type FanOut<Item> = {
  /**
   * Every event from now on, in order. A reader that falls behind the fastest by more than its queue holds is dealt
   * with as `slowReader` says. Leaving, by `return()` or by `signal`, takes effect at once.
   */
  join(signal: CancelSignal): AsyncGenerator<Item, void, void>;
  /** Everybody gets `item` as the last one. */
  end(item: Item): void;
};

type Reader<Item> = BoundedStream<Item>;
type State<Item> = {
  readonly options: FanOutOptions<Item>;
  readonly readers: Set<Reader<Item>>;
  readonly over: AbortController;
  isStarted: boolean;
  /** Wakes the source that waits for its readers. */
  wake: () => void;
};

/**
 * Memory is bounded for each reader by QUEUE_EVENTS_MAX and QUEUE_BYTES_MAX. The fastest reader sets the pace of a
 * source that can wait, so that a burst for one client is no reason to part with it.
 */
export function createFanOut<Item>(options: FanOutOptions<Item>): FanOut<Item> {
  const state: State<Item> = {
    options,
    readers: new Set(),
    over: new AbortController(),
    isStarted: false,
    wake: () => undefined,
  };
  return {
    join: (signal) => join(state, signal),
    end(item) {
      for (const reader of [...state.readers]) giveLast(state, reader, item);
      finish(state);
    },
  };
}

function join<Item>(state: State<Item>, signal: CancelSignal): AsyncGenerator<Item, void, void> {
  const leaver = { onAbort: () => void reader.items.return() };
  const reader: Reader<Item> = createBoundedStream<Item>({
    limits: limitsOf(state.options),
    onTaken: () => state.wake(),
    onReturn: () => remove(state, reader),
    // A signal may live much longer than what it stops.
    onDone: () => unwatchAbort(signal, leaver),
  });
  state.readers.add(reader);
  state.options.observer.onStreamOpened?.({ isShared: state.readers.size > 1 });
  if (signal.aborted) leaver.onAbort();
  else watchAbort(signal, leaver);
  if (!state.isStarted && !state.over.signal.aborted) {
    state.isStarted = true;
    void pump(state);
  }
  return reader.items;
}

function limitsOf<Item>({ limits }: FanOutOptions<Item>): StreamLimits {
  return limits ?? { itemsMax: QUEUE_EVENTS_MAX, bytesMax: QUEUE_BYTES_MAX };
}

async function pump<Item>(state: State<Item>): Promise<void> {
  const { signal } = state.over;
  const { rules } = state.options;
  let events = 0;
  try {
    for await (const item of state.options.start(signal)) {
      if (signal.aborted) break;
      if (events === 0 && rules.isRefusal(item)) state.options.onRefused();
      events += 1;
      const isLast = rules.isLast(item);
      for (const reader of [...state.readers]) {
        if (isLast) giveLast(state, reader, item);
        else give(state, reader, item);
      }
      if (isLast) break;
      await untilRead(state);
      if (events % BURST_EVENTS_MAX === 0) await nextTurn();
    }
    for (const reader of [...state.readers]) part(state, reader);
  } catch (error) {
    for (const reader of [...state.readers]) part(state, reader, error);
  }
  finish(state);
}

function give<Item>(state: State<Item>, reader: Reader<Item>, item: Item): void {
  const { observer, slowReader, rules } = state.options;
  const bytes = rules.bytesOf(item);
  if (reader.push(item, bytes)) {
    observer.onEventOut?.(bytes);
    return;
  }
  observer.onSlowReader?.(slowReader);
  if (slowReader === 'close') {
    giveLast(state, reader, rules.tooSlow());
    return;
  }
  reader.clear();
  reader.push(item, bytes);
}

/** A queue that is full makes room: what waited there is worth nothing without what follows. */
function giveLast<Item>(state: State<Item>, reader: Reader<Item>, item: Item): void {
  const bytes = state.options.rules.bytesOf(item);
  if (!reader.push(item, bytes)) {
    reader.clear();
    reader.push(item, bytes);
  }
  part(state, reader);
}

function part<Item>(state: State<Item>, reader: Reader<Item>, error?: unknown): void {
  reader.end(error);
  remove(state, reader);
}

function remove<Item>(state: State<Item>, reader: Reader<Item>): void {
  if (!state.readers.delete(reader)) return;
  state.options.observer.onStreamClosed?.();
  if (state.readers.size === 0) finish(state);
  state.wake();
}

/** Resolves when the source may go on. */
async function untilRead<Item>(state: State<Item>): Promise<void> {
  const { options, readers, over } = state;
  const { itemsMax, bytesMax } = limitsOf(options);
  const isFull = (reader: Reader<Item>) => {
    const { items, bytes } = reader.waiting();
    return items >= Math.min(READ_AHEAD_EVENTS, itemsMax) || bytes >= Math.min(READ_AHEAD_BYTES, bytesMax);
  };
  const isBehind = () => !over.signal.aborted && [...readers].every(isFull);
  if (!isBehind()) return;
  if (options.slowReader === 'coalesce') {
    // Nobody waits for a slow reader here; but others in this process want their turn.
    await nextTurn();
    return;
  }
  const stalled = setTimeout(() => closeStalled(state), options.stalledMsMax ?? STALLED_MS_MAX);
  while (isBehind()) {
    await new Promise<void>((resolve) => {
      state.wake = resolve;
    });
    stalled.refresh();
  }
  clearTimeout(stalled);
}

function closeStalled<Item>(state: State<Item>): void {
  for (const reader of [...state.readers]) {
    state.options.observer.onSlowReader?.('close');
    giveLast(state, reader, state.options.rules.tooSlow());
  }
}

function finish<Item>(state: State<Item>): void {
  if (state.over.signal.aborted) return;
  state.over.abort();
  state.wake();
  state.options.onEnded();
}
