/** Who is told when a signal aborts. */
export type AbortListener = { onAbort(): void };

/**
 * Listeners by signal. One client request makes many calls under one signal: an `EventTarget` walks through all its
 * listeners to add or remove one and warns of a leak from eleven on, so that it gets a single one from us.
 */
const listeners = new WeakMap<AbortSignal, Set<AbortListener>>();

/** Tells `listener` once when `signal` aborts, unless it is forgotten before. */
export function watchAbort(signal: AbortSignal, listener: AbortListener): void {
  const known = listeners.get(signal);
  if (known) {
    known.add(listener);
    return;
  }
  const first = new Set([listener]);
  listeners.set(signal, first);
  const tellAll = () => {
    for (const one of first) {
      first.delete(one);
      one.onAbort();
    }
  };
  signal.addEventListener('abort', tellAll, { once: true });
}

/** Takes `listener` off again. */
export function unwatchAbort(signal: AbortSignal, listener: AbortListener): void {
  listeners.get(signal)?.delete(listener);
}
