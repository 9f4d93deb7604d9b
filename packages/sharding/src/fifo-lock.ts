/** Why a lock was not given. */
export type LockRefusal = 'TIMEOUT' | 'FULL' | 'CLOSED';

/** The lock was not given: nothing was done. */
export class LockError extends Error {
  override readonly name = 'LockError';
  readonly reason: LockRefusal;

  constructor(reason: LockRefusal, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** One holder at a time; whoever asks first gets it first. */
export type FifoLock = {
  /**
   * Resolves with the function that gives the lock back (calling it again does nothing).
   * @throws LockError TIMEOUT after `waitMsMax`, FULL when `waitersMax` wait already, CLOSED after `close`.
   */
  acquire(): Promise<() => void>;
  /** Refuses everybody who waits and everybody who comes; the holder keeps it. */
  close(): void;
};

type Waiter = { readonly give: (release: () => void) => void; readonly refuse: (error: LockError) => void };

/** A lock for one process, free at first. */
export function createFifoLock(limits: { readonly waitMsMax: number; readonly waitersMax: number }): FifoLock {
  // A Set keeps the order of arrival, and whoever gives up leaves it in constant time.
  const waiters = new Set<Waiter>();
  let isHeld = false;
  let isClosed = false;

  const handOut = (): (() => void) => {
    isHeld = true;
    let isGivenBack = false;
    return () => {
      if (isGivenBack) return;
      isGivenBack = true;
      if (waiters.size === 0) isHeld = false;
      // Not at once: holders that follow each other without a pause would keep the event loop from the network.
      else setImmediate(passOn);
    };
  };

  const passOn = (): void => {
    const [next] = waiters;
    if (next) next.give(handOut());
    else isHeld = false;
  };

  const wait = (): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        waiters.delete(waiter);
      };
      const waiter: Waiter = {
        give: (release) => {
          leave();
          resolve(release);
        },
        refuse: (error) => {
          leave();
          reject(error);
        },
      };
      const timer = setTimeout(() => waiter.refuse(timeout(limits.waitMsMax)), limits.waitMsMax);
      waiters.add(waiter);
    });

  return {
    acquire: async () => {
      if (isClosed) throw new LockError('CLOSED', 'The lock is closed.');
      if (!isHeld) return handOut();
      if (waiters.size >= limits.waitersMax) throw new LockError('FULL', `${limits.waitersMax} wait already.`);
      return wait();
    },
    close: () => {
      isClosed = true;
      for (const waiter of [...waiters]) waiter.refuse(new LockError('CLOSED', 'The lock was closed.'));
    },
  };
}

function timeout(waitMsMax: number): LockError {
  return new LockError('TIMEOUT', `The lock was not free within ${waitMsMax} ms.`);
}
