import { type CancelSignal, unwatchAbort, watchAbort } from '@playgraph/server/watch-abort';

/** How many runs are under way at once while the process has no time for more. */
export const BUSY_RUNS_MAX = 8;
/** A run begins after so long, however busy the process is. */
export const TURN_MS_MAX = 100;
/** A turn of the event loop that took less had nothing to do. */
const IDLE_LOOP_MS_MAX = 0.1;

/**
 * Who begins when. A process that is busy all the time does not get more done by having more under way: every run then
 * waits for all the others with what it was told so far in memory, which the collector copies again and again, and all
 * answers come late instead of the first ones early. So a run waits for one of `BUSY_RUNS_MAX` to end, unless the process
 * waits as well: for subgraphs that take their time, as many run at once as it has time for.
 */
export type Turns = {
  /**
   * Null: begin at once; else resolves when it is time, and rejects with the signal's reason when that aborts before. First
   * come, first served. Who is let begin calls `end` once.
   */
  begin(signal: CancelSignal): Promise<void> | null;
  end(): void;
  /** How many have not begun. */
  waiting(): number;
};

type Waiter = { readonly sinceMs: number; readonly begin: () => void };

/** `readMs` is a clock that never goes back. */
export function createTurns(readMs = () => performance.now()): Turns {
  const waiters: Waiter[] = [];
  let running = 0;
  let lookedAtMs = 0;

  /** Once in each turn of the event loop, after all that the turn had to do, for as long as somebody waits. */
  const look = (): void => {
    const nowMs = readMs();
    const isIdle = nowMs - lookedAtMs < IDLE_LOOP_MS_MAX;
    lookedAtMs = nowMs;
    // One more: it takes up the time that was found, and there will be as many under way as leave none.
    const runsMax = isIdle ? Math.max(BUSY_RUNS_MAX, running + 1) : BUSY_RUNS_MAX;
    for (let next = waiters[0]; next && (running < runsMax || nowMs - next.sinceMs > TURN_MS_MAX); next = waiters[0]) {
      waiters.shift();
      running += 1;
      next.begin();
    }
    if (waiters.length > 0) setImmediate(look);
  };
  return {
    begin(signal) {
      if (running < BUSY_RUNS_MAX && waiters.length === 0) {
        running += 1;
        return null;
      }
      const sinceMs = readMs();
      if (waiters.length === 0) {
        lookedAtMs = sinceMs;
        setImmediate(look);
      }
      return new Promise((resolve, reject) => {
        const leaver = {
          onAbort() {
            waiters.splice(waiters.indexOf(waiter), 1);
            reject(signal.reason);
          },
        };
        const waiter: Waiter = {
          sinceMs,
          begin() {
            unwatchAbort(signal, leaver);
            resolve();
          },
        };
        watchAbort(signal, leaver);
        waiters.push(waiter);
      });
    },
    end() {
      running -= 1;
    },
    waiting: () => waiters.length,
  };
}
