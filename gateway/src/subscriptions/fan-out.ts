import { setImmediate as nextTurn } from 'node:timers/promises';
import { type BoundedStream, createBoundedStream, type StreamLimits } from '@playgraph/server/bounded-stream';
import { printEnd, type StreamAnswer } from './stream-answer.ts';
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

export type FanOutOptions = {
  /** The events, from when the first reader comes until the last one goes: then its signal aborts. */
  readonly start: (signal: AbortSignal) => AsyncGenerator<StreamAnswer, void, void>;
  readonly slowReader: SlowReaderPolicy;
  readonly observer: StreamObserver;
  /** The source has ended, or nobody reads any more: the next reader needs another fan-out. Called once. */
  readonly onEnded: () => void;
  /** The source began with an answer without data: whoever comes now would miss the reason of its end. */
  readonly onRefused: () => void;
  readonly limits?: StreamLimits;
  readonly stalledMsMax?: number;
};

/** One source for many readers. */
export type FanOut = {
  /**
   * Every event from now on, in order. A reader that falls behind the fastest by more than its queue holds is dealt
   * with as `slowReader` says. Leaving, by `return()` or by `signal`, takes effect at once.
   */
  join(signal: AbortSignal): AsyncGenerator<StreamAnswer, void, void>;
  /** Everybody gets `answer` as the last one. */
  end(answer: StreamAnswer): void;
};

type Reader = BoundedStream<StreamAnswer>;
type State = {
  readonly options: FanOutOptions;
  readonly readers: Set<Reader>;
  readonly over: AbortController;
  isStarted: boolean;
  /** Wakes the source that waits for its readers. */
  wake: () => void;
};

/**
 * Memory is bounded for each reader by QUEUE_EVENTS_MAX and QUEUE_BYTES_MAX. The fastest reader sets the pace of a
 * source that can wait, so that a burst for one client is no reason to part with it.
 */
export function createFanOut(options: FanOutOptions): FanOut {
  const state: State = {
    options,
    readers: new Set(),
    over: new AbortController(),
    isStarted: false,
    wake: () => undefined,
  };
  return {
    join: (signal) => join(state, signal),
    end(answer) {
      for (const reader of [...state.readers]) giveLast(state, reader, answer);
      finish(state);
    },
  };
}

function join(state: State, signal: AbortSignal): AsyncGenerator<StreamAnswer, void, void> {
  const leave = (): void => void reader.items.return();
  const reader: Reader = createBoundedStream<StreamAnswer>({
    limits: limitsOf(state.options),
    onTaken: () => state.wake(),
    onReturn: () => {
      signal.removeEventListener('abort', leave);
      remove(state, reader);
    },
  });
  state.readers.add(reader);
  state.options.observer.onStreamOpened?.({ isShared: state.readers.size > 1 });
  if (signal.aborted) leave();
  else signal.addEventListener('abort', leave, { once: true });
  if (!state.isStarted && !state.over.signal.aborted) {
    state.isStarted = true;
    void pump(state);
  }
  return reader.items;
}

function limitsOf({ limits }: FanOutOptions): StreamLimits {
  return limits ?? { itemsMax: QUEUE_EVENTS_MAX, bytesMax: QUEUE_BYTES_MAX };
}

async function pump(state: State): Promise<void> {
  const { signal } = state.over;
  let events = 0;
  try {
    for await (const answer of state.options.start(signal)) {
      if (signal.aborted) break;
      if (events === 0 && answer.outcome !== 'DATA') state.options.onRefused();
      events += 1;
      for (const reader of [...state.readers]) {
        if (answer.ends) giveLast(state, reader, answer);
        else give(state, reader, answer);
      }
      if (answer.ends) break;
      await untilRead(state);
      if (events % BURST_EVENTS_MAX === 0) await nextTurn();
    }
    for (const reader of [...state.readers]) part(state, reader);
  } catch (error) {
    for (const reader of [...state.readers]) part(state, reader, error);
  }
  finish(state);
}

function give(state: State, reader: Reader, answer: StreamAnswer): void {
  const { observer, slowReader } = state.options;
  if (reader.push(answer, answer.body.length)) {
    observer.onEventOut?.(answer.body.length);
    return;
  }
  observer.onSlowReader?.(slowReader);
  if (slowReader === 'close') {
    giveLast(state, reader, printEnd('TOO_SLOW'));
    return;
  }
  reader.clear();
  reader.push(answer, answer.body.length);
}

/** A queue that is full makes room: what waited there is worth nothing without what follows. */
function giveLast(state: State, reader: Reader, answer: StreamAnswer): void {
  if (!reader.push(answer, answer.body.length)) {
    reader.clear();
    reader.push(answer, answer.body.length);
  }
  part(state, reader);
}

function part(state: State, reader: Reader, error?: unknown): void {
  reader.end(error);
  remove(state, reader);
}

function remove(state: State, reader: Reader): void {
  if (!state.readers.delete(reader)) return;
  state.options.observer.onStreamClosed?.();
  if (state.readers.size === 0) finish(state);
  state.wake();
}

/** Resolves when the source may go on. */
async function untilRead(state: State): Promise<void> {
  const { options, readers, over } = state;
  const { itemsMax, bytesMax } = limitsOf(options);
  const isFull = (reader: Reader) => {
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

function closeStalled(state: State): void {
  for (const reader of [...state.readers]) {
    state.options.observer.onSlowReader?.('close');
    giveLast(state, reader, printEnd('TOO_SLOW'));
  }
}

function finish(state: State): void {
  if (state.over.signal.aborted) return;
  state.over.abort();
  state.wake();
  state.options.onEnded();
}
