import { type BackOff, backOffMs } from './back-off.ts';

/** The streams whose publishing failed: each is set aside until its back-off is over. */
export type FailingStreams = {
  readonly count: number;
  /** All of them, due or not. */
  names(): string[];
  /** Those that may be tried again, the one that failed first before the others. */
  due(): string[];
  /** Sets a stream aside; gives how often it has failed in a row. */
  add(stream: string): number;
  /** The stream is well again. */
  remove(stream: string): void;
  /** Stops the timers. */
  close(): void;
};

type Failing = { readonly attempts: number; isDue: boolean; readonly timer: NodeJS.Timeout };

/** No stream fails yet. `onDue` is called whenever one may be tried again. */
export function createFailingStreams(deps: { readonly retry: BackOff; readonly onDue: () => void }): FailingStreams {
  const failing = new Map<string, Failing>();
  const becomeDue = (stream: string): void => {
    const entry = failing.get(stream);
    if (entry) entry.isDue = true;
    deps.onDue();
  };
  return {
    get count() {
      return failing.size;
    },
    names: () => [...failing.keys()],
    due: () => [...failing].filter(([, entry]) => entry.isDue).map(([stream]) => stream),
    add(stream) {
      const attempts = (failing.get(stream)?.attempts ?? 0) + 1;
      const timer = setTimeout(() => becomeDue(stream), backOffMs(deps.retry, attempts));
      failing.set(stream, { attempts, isDue: false, timer });
      return attempts;
    },
    remove: (stream) => void failing.delete(stream),
    close() {
      for (const { timer } of failing.values()) clearTimeout(timer);
    },
  };
}
