import type { Logger } from './logger.ts';

/** Work that is done again and again, one run at a time. */
export type Sweeper = {
  /** Starts no further run and waits for the one under way. */
  close(): Promise<void>;
};

/** Runs `run`, waits `everyMs`, and so on. A run that fails is logged; the next one comes all the same. */
export function startSweeper(options: {
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<unknown>;
  readonly logger: Logger;
}): Sweeper {
  const { name, everyMs, run, logger } = options;
  let timer: NodeJS.Timeout | null = null;
  let underWay: Promise<void> = Promise.resolve();
  let isClosed = false;
  const schedule = (): void => {
    if (isClosed) return;
    timer = setTimeout(() => {
      // Started within the chain: what throws before it gives a promise is a failed run too.
      underWay = Promise.resolve()
        .then(run)
        .then(
          () => undefined,
          (error: unknown) => logger.error({ err: error, sweeper: name }, 'a sweep failed'),
        )
        .then(schedule);
    }, everyMs);
    timer.unref();
  };
  schedule();
  return {
    async close() {
      isClosed = true;
      if (timer) clearTimeout(timer);
      await underWay;
    },
  };
}
