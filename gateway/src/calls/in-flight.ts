import {
  type CancelSignal,
  LeanAbortController,
  type LeanAbortSignal,
  unwatchAbort,
  watchAbort,
} from '@playgraph/server/watch-abort';

/** Work that is under way and that others who want the same may wait for, too. */
export type Flight<Value> = {
  /** Settles for everyone alike: a failure is shared as an answer is. */
  readonly value: Promise<Value>;
  /** Whether the caller found it under way. */
  readonly isJoined: boolean;
  /** To be called once, by one who no longer waits. The last to leave stops the work. */
  leave(): void;
};

/** What is under way now, by scope and key. Holds one entry for as long as its work takes. */
export type InFlight<Value> = {
  /**
   * The work under way for `key` in `scope`, or `start`ed now. What was stopped, because all who waited for it have gone,
   * is never joined. Keys are long: one text of both would be put together and hashed anew each time.
   */
  join(key: string, start: (signal: LeanAbortSignal) => Promise<Value>, scope?: string): Flight<Value>;
  /** From now on nobody joins what is under way: it may not know of what has just happened. */
  seal(): void;
  /** How many can be joined. */
  size(): number;
};

type Work<Value> = {
  /**
   * Null once it is settled. A `Map` that grows leaves its older tables behind, each linked to the next, until the next
   * collection of the whole heap: what they mention must not hold on to the answer, and all that was made of it, as well.
   */
  value: Promise<Value> | null;
  readonly controller: LeanAbortController;
  waiters: number;
};

type Place = { readonly scope: string; readonly key: string };

export function createInFlight<Value>(): InFlight<Value> {
  const open = new Map<string, Map<string, Work<Value>>>();

  const close = (place: Place, work: Work<Value>): void => {
    const inScope = open.get(place.scope);
    // After `seal` the key may already belong to newer work.
    if (inScope?.get(place.key) !== work) return;
    inScope.delete(place.key);
    if (inScope.size === 0) open.delete(place.scope);
  };
  const begin = (place: Place, start: (signal: LeanAbortSignal) => Promise<Value>) => {
    const controller = new LeanAbortController();
    const value = start(controller.signal);
    const work: Work<Value> = { value, controller, waiters: 0 };
    const inScope = open.get(place.scope) ?? new Map<string, Work<Value>>();
    open.set(place.scope, inScope.set(place.key, work));
    const settle = () => {
      work.value = null;
      close(place, work);
    };
    // First in line, so that whoever continues after the work finds its key free again.
    value.then(settle, settle);
    return { work, value };
  };
  return {
    join(key, start, scope = '') {
      const place = { scope, key };
      const known = open.get(scope)?.get(key);
      const { work, value } = known?.value ? { work: known, value: known.value } : begin(place, start);
      work.waiters += 1;
      const leave = () => {
        work.waiters -= 1;
        if (work.waiters > 0 || work.value === null) return;
        close(place, work);
        work.controller.abort();
      };
      return { value, isJoined: known !== undefined, leave };
    },
    seal: () => open.clear(),
    size() {
      let size = 0;
      for (const inScope of open.values()) size += inScope.size;
      return size;
    },
  };
}

/** The flight's value; rejects with the signal's reason, and leaves the flight, as soon as `signal` aborts. */
export function waitFor<Value>(flight: Flight<Value>, signal: CancelSignal): Promise<Value> {
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
