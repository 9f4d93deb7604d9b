/**
 * A wake-up that cannot be lost between a read and a wait: take `version` before reading, and `wait` returns at once
 * when `raise` was called since.
 */
export type WakeSignal = {
  /** How often the signal was raised. */
  readonly version: number;
  /** Wakes everyone who waits. */
  raise(): void;
  /** Resolves when `version` is past `seenVersion`, after `timeoutMs` at the latest. */
  wait(seenVersion: number, timeoutMs: number): Promise<void>;
};

/** A signal that nobody raised yet. */
export function createWakeSignal(): WakeSignal {
  let version = 0;
  const waiting = new Set<() => void>();
  return {
    get version() {
      return version;
    },
    raise() {
      version++;
      for (const wake of [...waiting]) wake();
    },
    wait(seenVersion, timeoutMs) {
      if (version !== seenVersion) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, timeoutMs);
        waiting.add(wake);
      });
    },
  };
}
