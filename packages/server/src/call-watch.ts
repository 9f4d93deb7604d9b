import { setMaxListeners } from 'node:events';

/** Watches over one call to a subgraph: its client may leave, its time may run out. */
export type CallWatch = {
  /** Why the call is over before it was answered; null while it may go on. */
  stopped: 'ABORTED' | 'DEADLINE' | null;
  /** Called at most once, when the call has to stop; whoever works on the call puts their own here. */
  onStop: () => void;
  /** Ends the watch: nothing is called any more. */
  end(): void;
};

/** A watch that begins now. `signal` must not be aborted yet. */
export function watchCall(signal: AbortSignal, deadlineMs: number): CallWatch {
  const stop = (reason: 'ABORTED' | 'DEADLINE'): void => {
    if (watch.stopped) return;
    watch.stopped = reason;
    watch.end();
    watch.onStop();
  };
  const removeListener = onAbort(signal, () => stop('ABORTED'));
  const timer = setTimeout(stop, deadlineMs, 'DEADLINE');
  const watch: CallWatch = {
    stopped: null,
    onStop: () => undefined,
    end() {
      clearTimeout(timer);
      removeListener();
    },
  };
  return watch;
}

/** Calls `listener` once when `signal` aborts; gives what takes it off again. */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  // One client request makes many calls under one signal: that is no leak to warn of.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}
