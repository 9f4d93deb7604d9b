/** The times and sizes that the use cases go by. */
export type UserSettings = {
  /** bcrypt's work factor: each step doubles the work of a guess and of a sign-in. */
  readonly passwordCost: number;
  /** How many passwords are hashed at the same time; each takes a core. */
  readonly passwordsAtOnce: number;
  /** How many sign-ins may wait for that. Further ones are told to come back. */
  readonly passwordsWaitingMax: number;
  /** How long an access token counts. A session that ended lives on for that long in tokens that are out. */
  readonly accessTtlMs: number;
  /** How long a refresh token counts when it is not used. */
  readonly refreshTtlMs: number;
  /** How long a session lasts at most, however often it is refreshed. */
  readonly sessionTtlMs: number;
  /** How long after its exchange a refresh token still gives the same next token again. */
  readonly refreshGraceMs: number;
  /** How long a name is held for a registration that has not been seen through. */
  readonly reservationMs: number;
  /** How many sign-ins may be tried with one name at once, and how many a minute after that. */
  readonly loginAttemptsMax: number;
  readonly loginAttemptsPerMinute: number;
  /** How long a profile stays in the hot store. */
  readonly profileTtlMs: number;
  /** How often sessions that are over are cleared away, and how many of one shard in one go. */
  readonly sweepEveryMs: number;
  readonly sweepBatchSize: number;
};

/** No access token may outlive the end of its session by more than this. */
export const ACCESS_TTL_MS_MAX = 15 * 60_000;

/** A cost below this is for tests only. */
export const PASSWORD_COST_DEFAULT = 12;

const DAY_MS = 24 * 60 * 60_000;

export const defaultSettings: UserSettings = {
  passwordCost: PASSWORD_COST_DEFAULT,
  passwordsAtOnce: 2,
  passwordsWaitingMax: 200,
  accessTtlMs: ACCESS_TTL_MS_MAX,
  refreshTtlMs: 30 * DAY_MS,
  sessionTtlMs: 180 * DAY_MS,
  refreshGraceMs: 30_000,
  reservationMs: 120_000,
  loginAttemptsMax: 10,
  loginAttemptsPerMinute: 2,
  profileTtlMs: 5 * 60_000,
  sweepEveryMs: 10 * 60_000,
  sweepBatchSize: 500,
};
