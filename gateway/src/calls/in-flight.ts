import { unwatchAbort, watchAbort } from '@playgraph/server/watch-abort';

/** Work that is under way and that others who want the same may wait for, too. */
export type Flight<Value> = {
  /** Settles for everyone alike: a failure is shared as an answer is. */
  readonly value: Promise<Value>;
  /** Whether the caller found it under way. */
  readonly isJoined: boolean;
  /** To be called once, by one who no longer waits. The last to leave stops the work. */
  leave(): void;
};

/** What is under way now, by key. Holds one entry a key for as long as its work takes. */
export type InFlight<Value> = {
  /**
   * The work under way for `key`, or `start`ed now; null as key is work that nobody can join. What was stopped, because
   * all who waited for it have gone, is never joined.
   */
  join(key: string | null, start: (signal: AbortSignal) => Promise<Value>): Flight<Value>;
  /** From now on nobody joins what is under way: it may not know of what has just happened. */
  seal(): void;
  /** How many can be joined. */
  size(): number;
};

type Work<Value> = {
  readonly value: Promise<Value>;
  readonly controller: AbortController;
  waiters: number;
  isSettled: boolean;
};

export function createInFlight<Value>(): InFlight<Value> {
  const open = new Map<string, Work<Value>>();

  const close = (key: string | null, work: Work<Value>): void => {
    // After `seal` the key may already belong to newer work.
    if (key !== null && open.get(key) === work) open.delete(key);
  };
  const begin = (key: string | null, start: (signal: AbortSignal) => Promise<Value>): Work<Value> => {
    const controller = new AbortController();
    const work: Work<Value> = { value: start(controller.signal), controller, waiters: 0, isSettled: false };
    if (key !== null) open.set(key, work);
    const settle = () => {
      work.isSettled = true;
      close(key, work);
    };
    // First in line, so that whoever continues after the work finds its key free again.
    work.value.then(settle, settle);
    return work;
  };
  return {
    join(key, start) {
      const known = key === null ? undefined : open.get(key);
      const work = known ?? begin(key, start);
      work.waiters += 1;
      const leave = () => {
        work.waiters -= 1;
        if (work.waiters > 0 || work.isSettled) return;
        close(key, work);
        work.controller.abort();
      };
      return { value: work.value, isJoined: known !== undefined, leave };
    },
    seal: () => open.clear(),
    size: () => open.size,
  };
}

/** The flight's value; rejects with the signal's reason, and leaves the flight, as soon as `signal` aborts. */
export function waitFor<Value>(flight: Flight<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const leaver = {
      onAbort() {
        flight.leave();
        reject(signal.reason);
      },
    };
    watchAbort(signal, leaver);
    flight.value.then(
      (value) => {
        unwatchAbort(signal, leaver);
        resolve(value);
      },
      (error: unknown) => {
        unwatchAbort(signal, leaver);
        reject(error);
      },
    );
  });
}
