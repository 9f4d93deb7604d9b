/** Who is told when a signal aborts. */
export type AbortListener = { onAbort(): void };

/**
 * What of an `AbortSignal` a request needs. Not one of Node's, since Node 20 makes a hidden class for each of them, which
 * lies in the old space and takes every place that looks at a signal its fast path (ADR 11). Whoever calls what knows
 * Node's signals only gives it `toAbortSignal`'s.
 */
export type LeanAbortSignal = {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  watch(listener: AbortListener): void;
  unwatch(listener: AbortListener): void;
};

/** A signal of either kind. */
export type CancelSignal = AbortSignal | LeanAbortSignal;

/** As an `AbortController`, for a `LeanAbortSignal`. */
export class LeanAbortController implements LeanAbortSignal {
  aborted = false;
  reason: unknown = undefined;
  /** Most signals have one listener at a time, and few ever a second one. */
  #first: AbortListener | null = null;
  #more: Set<AbortListener> | null = null;

  get signal(): LeanAbortSignal {
    return this;
  }

  /** Tells every listener, once, in the order in which they came. */
  abort(reason: unknown = new DOMException('This operation was aborted', 'AbortError')): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    // One that is told may take another off: who is next is looked up each time.
    for (let next = this.#take(); next !== null; next = this.#take()) tell(next);
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  watch(listener: AbortListener): void {
    if (this.aborted || this.#first === listener) return;
    if (this.#first === null && !this.#more?.size) {
      this.#first = listener;
      return;
    }
    this.#more ??= new Set();
    this.#more.add(listener);
  }

  unwatch(listener: AbortListener): void {
    if (this.#first === listener) this.#first = null;
    else this.#more?.delete(listener);
  }

  #take(): AbortListener | null {
    const next = this.#first ?? this.#more?.values().next().value ?? null;
    if (next !== null) this.unwatch(next);
    return next;
  }
}

/**
 * Listeners by signal. One client request makes many calls under one signal: an `EventTarget` walks through all its
 * listeners to add or remove one and warns of a leak from eleven on, so that it gets a single one from us.
 */
const watches = new WeakMap<AbortSignal, { readonly listeners: Set<AbortListener>; readonly tellAll: () => void }>();

/**
 * Tells `listener` once when `signal` aborts, unless it is taken off before; who comes first is told first. A signal that
 * has aborted tells nobody more: look at `aborted` before. What a listener throws keeps it from no other one.
 */
export function watchAbort(signal: CancelSignal, listener: AbortListener): void {
  if (signal.aborted) return;
  if ('watch' in signal) {
    signal.watch(listener);
    return;
  }
  const known = watches.get(signal);
  if (known) {
    known.listeners.add(listener);
    return;
  }
  const listeners = new Set([listener]);
  const tellAll = () => {
    for (const one of listeners) {
      listeners.delete(one);
      tell(one);
    }
  };
  watches.set(signal, { listeners, tellAll });
  signal.addEventListener('abort', tellAll, { once: true });
}

/** Takes `listener` off again: some signals live as long as the process, and nothing stays behind on them. */
export function unwatchAbort(signal: CancelSignal, listener: AbortListener): void {
  if ('watch' in signal) {
    signal.unwatch(listener);
    return;
  }
  const watch = watches.get(signal);
  if (!watch?.listeners.delete(listener) || watch.listeners.size > 0) return;
  watches.delete(signal);
  signal.removeEventListener('abort', watch.tellAll);
}

/** A signal of Node's that aborts with `signal`, for what takes no other. */
export function toAbortSignal(signal: CancelSignal): AbortSignal {
  if (!('watch' in signal)) return signal;
  if (signal.aborted) return AbortSignal.abort(signal.reason);
  const controller = new AbortController();
  signal.watch({ onAbort: () => controller.abort(signal.reason) });
  return controller.signal;
}

/** As an `EventTarget` does it: what a listener throws is the process's to hear of, and not of who aborts. */
function tell(listener: AbortListener): void {
  try {
    listener.onAbort();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
