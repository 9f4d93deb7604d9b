/** The only source of time for services. Passed in, so that tests and replays are deterministic. */
export type Clock = {
  /** The current instant. */
  now(): Date;
  /** The current instant in milliseconds since the Unix epoch. */
  nowMs(): number;
};

/** A clock that a test moves by hand. */
export type ManualClock = Clock & { advance(byMs: number): void };

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  nowMs: () => Date.now(),
};

/** A clock that stands at `startMs` until it is advanced. */
export function createManualClock(startMs: number): ManualClock {
  let currentMs = startMs;
  return {
    now: () => new Date(currentMs),
    nowMs: () => currentMs,
    advance: (byMs) => {
      currentMs += byMs;
    },
  };
}
