/**
 * The `HotStore` port: small, fast, shared state. It may be lost as a whole at any time; whoever writes here can
 * rebuild it from the database. Keys are namespaced by the caller: `<subgraph>:<purpose>:<id>`.
 */
export type HotStore = KeyValues & RateLimits & Reservations & Ranks & PubSub & { close(): Promise<void> };

/** Strings with a time to live. */
export type KeyValues = {
  /** The values of `keys` in their order; null where absent or expired. One round trip. */
  mget(keys: readonly string[]): Promise<(string | null)[]>;
  /** Sets every pair to live for `ttlMs`. */
  mset(entries: readonly (readonly [key: string, value: string])[], ttlMs: number): Promise<void>;
  /** Sets `key` only when it is absent; says whether it did. */
  setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean>;
  /** Removes keys; an absent one is no error. */
  delete(keys: readonly string[]): Promise<void>;
};

/** A token bucket a key, full at first. */
export type RateLimits = {
  /** Takes `cost` tokens when there are that many; otherwise takes none and says when there will be. */
  takeTokens(request: {
    readonly key: string;
    readonly capacity: number;
    readonly refillPerSecond: number;
    readonly cost: number;
  }): Promise<{ readonly isAllowed: boolean; readonly remaining: number; readonly retryAfterMs: number }>;
};

/** Counters that are checked and taken in one atomic step, with a journal of who holds what. */
export type Reservations = {
  /** Sets what is available under `key` and forgets its holders. */
  setAvailable(key: string, available: number): Promise<void>;
  /** Takes `amount` for `holder` when that much is available. The same holder again changes nothing and gets the same answer. */
  reserve(key: string, holder: string, amount: number): Promise<ReserveOutcome>;
  /** Gives back what `holder` holds, once; says how much that was (0 when nothing). */
  release(key: string, holder: string): Promise<number>;
  /** What is available; null when `key` was never set. */
  available(key: string): Promise<number | null>;
};

/** `UNKNOWN`: the counter is not loaded; load it from the database and ask again. */
export type ReserveOutcome = 'RESERVED' | 'SOLD_OUT' | 'UNKNOWN';

/** A member's place in a sorted set. Rank 1 has the highest score; equal scores are ordered by member ascending. */
export type RankedMember = { readonly member: string; readonly score: number; readonly rank: number };

/** Sorted sets, highest score first. Scores are integers within +-2^53-1. */
export type Ranks = {
  /** Puts members at their scores, replacing older ones. */
  setScores(key: string, scores: readonly { readonly member: string; readonly score: number }[]): Promise<void>;
  /** Members from rank `fromRank` (1 is the best) on, at most `limit`. */
  rangeByRank(key: string, fromRank: number, limit: number): Promise<RankedMember[]>;
  /** The places of `members` in their order; null for whoever has none. */
  rankOf(key: string, members: readonly string[]): Promise<(RankedMember | null)[]>;
  /** How many members there are. */
  countMembers(key: string): Promise<number>;
  /** Forgets the whole set. */
  deleteRanks(key: string): Promise<void>;
};

/** Fire-and-forget messages: a hint that something happened, never the fact itself. */
export type PubSub = {
  publish(channel: string, message: string): Promise<void>;
  /** Calls `listener` for every message published after the promise resolves, in order, until the returned function is called. */
  subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>>;
};
