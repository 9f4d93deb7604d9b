import { type Clock, systemClock } from '@playgraph/kernel/clock';
import { DomainError } from '@playgraph/kernel/errors';
import { type Logger, silentLogger } from '@playgraph/kernel/logger';
import { fetchKeys, placeOf } from './fetch-keys.ts';
import { indexKeys, type KeyIndex } from './key-index.ts';
import type { PublicJwk } from './public-key.ts';

/** The least time between two fetches, whatever unknown key ids come in. */
export const KEY_SET_REREAD_MS_MIN = 5_000;
/** The same while no keys are known at all. */
export const KEY_SET_FIRST_READ_MS_MIN = 500;
/** How long keys go on counting while they cannot be read again, unless said otherwise. */
export const KEY_SET_OUTAGE_MS_MAX = 12 * 60 * 60_000;

/** A JWKS document. */
export type Jwks = { readonly keys: readonly PublicJwk[] };

/** Where a verifier finds public keys. */
export type KeySet = {
  /**
   * The key of that id, or null. A token may name no key: `find(null)` gives the only key of a set that has just one.
   * @throws DomainError UNAVAILABLE when the keys cannot be read, or not whether that one is new.
   */
  find(kid: string | null): Promise<PublicJwk | null>;
};

/** A key set that never changes. */
export function createStaticKeySet({ keys }: Jwks): KeySet {
  const index = indexKeys(keys);
  return { find: async (kid) => index.get(kid) };
}

export type RemoteKeySetOptions = {
  /** The address of a JWKS document. */
  readonly url: string;
  /** How long keys are trusted without being read again. */
  readonly ttlMs: number;
  /** How long they are trusted while reading them again fails, counted from the last success. At least `ttlMs`. */
  readonly outageMsMax?: number;
  readonly clock?: Clock;
  /** Told once when the address stops answering, and once when it answers again. */
  readonly logger?: Logger;
};

/** A key set at an address. */
export type RemoteKeySet = KeySet & {
  /** Reads the keys before anybody needs them. A failure is logged: never rejects. */
  load(): Promise<void>;
};

type State = {
  keys: KeyIndex | null;
  readAtMs: number;
  triedAtMs: number;
  /** Why the last reading failed; null when it did not. */
  failure: string | null;
  reading: Promise<void> | null;
};

/**
 * The key set at `url`. An unknown key id has it fetched again (a key may be new), at most every KEY_SET_REREAD_MS_MIN.
 * While the address does not answer, the keys read last go on counting, without a request waiting for it more than once.
 */
export function createRemoteKeySet(options: RemoteKeySetOptions): RemoteKeySet {
  const { url, ttlMs, clock = systemClock, logger = silentLogger } = options;
  const outageMsMax = Math.max(options.outageMsMax ?? KEY_SET_OUTAGE_MS_MAX, ttlMs);
  const never = Number.NEGATIVE_INFINITY;
  const state: State = { keys: null, readAtMs: never, triedAtMs: never, failure: null, reading: null };
  const read = async () => {
    state.triedAtMs = clock.nowMs();
    try {
      state.keys = await fetchKeys(url);
      state.readAtMs = clock.nowMs();
      if (state.failure !== null) logger.info({ from: placeOf(url) }, 'the keys of access tokens are readable again');
      state.failure = null;
    } catch (error) {
      const hasBegun = state.failure === null;
      state.failure = (error as Error).message;
      const fields = { from: placeOf(url), error: state.failure };
      if (hasBegun) logger.warn(fields, 'the keys of access tokens cannot be read');
    }
  };
  // Requests that arrive together share one fetch.
  const readOnce = () => {
    state.reading ??= read().finally(() => {
      state.reading = null;
    });
    return state.reading;
  };
  return {
    load: readOnce,
    async find(kid) {
      const ageMs = clock.nowMs() - state.readAtMs;
      const known = ageMs < outageMsMax ? (state.keys?.get(kid) ?? null) : null;
      if (known !== null && ageMs < ttlMs) return known;
      const restMs = state.keys === null ? KEY_SET_FIRST_READ_MS_MIN : KEY_SET_REREAD_MS_MIN;
      const mayRead = state.reading !== null || clock.nowMs() - state.triedAtMs >= restMs;
      const attempt = mayRead ? readOnce() : null;
      // The first to meet an outage has waited for it; the next ones need not.
      if (known !== null && state.failure !== null) return known;
      await attempt;
      return findNow(state, kid, clock.nowMs() - state.readAtMs < outageMsMax);
    },
  };
}

function findNow({ keys, failure }: State, kid: string | null, isTrusted: boolean): PublicJwk | null {
  const found = isTrusted ? (keys?.get(kid) ?? null) : null;
  // The key may be a new one, which nobody can tell just now: that is no reason to sign its owner out.
  if (found === null && (failure !== null || !isTrusted))
    throw new DomainError('UNAVAILABLE', 'Sign-ins cannot be checked just now.');
  return found;
}
