import { setImmediate } from 'node:timers/promises';
import { settlesWithin } from '@playgraph/kernel/bounded-wait';
import type { Clock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import type { Random } from '@playgraph/kernel/random';
import { type Announcement, createPendingChanges } from './pending-changes.ts';

/** How long one POST may take. */
const POST_MS_MAX = 5_000;
/** The first wait after a failure; it doubles each time, and between half and all of it is waited. */
const RETRY_MS = 100;
const RETRY_MS_MAX = 5_000;
/** So long after the newest change there is nothing to tell any more: a gateway keeps nothing longer, unless it was told to. */
const PENDING_MS_MAX = 60 * 60_000;
/** A gateway that starts with this process, or is replaced, is there by then: nobody need be woken for it. */
const QUIET_MS = 15_000;
/** How often it is written down that a gateway still cannot be told. */
const LOG_EVERY_MS = 60_000;
/** How long closing may take. */
const CLOSE_MS_MAX = 2_000;
/** Statuses that say that something in the body is not understood; that everything has changed always is. */
const NOT_UNDERSTOOD: ReadonlySet<number> = new Set([400, 413]);

export type TellerDeps = {
  /** Whose changes these are, by its name in the supergraph. */
  readonly subgraph: string;
  /** The gateways' `cache.invalidateSecret`. */
  readonly secret: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
};

/** Tells one gateway what has changed, in the background. */
export type ChangeTeller = {
  note(changes: readonly Announcement[]): void;
  /** Resolves when nothing is left to be told. */
  settled(): Promise<void>;
  /** Tries once more to tell what is left, within CLOSE_MS_MAX. Nothing may be noted afterwards. */
  close(): Promise<void>;
};

export function createChangeTeller(deps: TellerDeps, url: string): ChangeTeller {
  const pending = createPendingChanges(deps.subgraph);
  const troubles = createTroubleLog(deps, url);
  const retry = createRetryWait(deps.random);
  const stopped = new AbortController();
  let isClosing = false;
  let notedMs = 0;
  let running: Promise<void> | null = null;

  const tell = async (): Promise<void> => {
    const changes = pending.take();
    const failure = await post({ url, secret: deps.secret, signal: stopped.signal }, changes);
    if (!failure) {
      retry.reset();
      troubles.over();
      return;
    }
    if (failure.status !== null && NOT_UNDERSTOOD.has(failure.status)) pending.addEverything();
    else pending.add(changes);
    troubles.note(failure);
    // By the age of the changes and not of the trouble: what changes after hours of it is tried as often as any other.
    if (deps.clock.nowMs() - notedMs > PENDING_MS_MAX) pending.take();
    else if (!isClosing) await retry.wait();
  };
  const run = async (): Promise<void> => {
    // What changes in one turn is told together.
    await setImmediate();
    let isLast = false;
    while (!isLast && !pending.isEmpty()) {
      isLast = isClosing;
      await tell();
    }
    running = null;
  };
  return {
    note(changes) {
      notedMs = deps.clock.nowMs();
      pending.add(changes);
      running ??= run();
    },
    async settled() {
      await running;
    },
    async close() {
      isClosing = true;
      retry.end();
      if (running) await settlesWithin(running, CLOSE_MS_MAX);
      stopped.abort();
      await running;
    },
  };
}

/** Waits that grow until `reset`; after `end` nobody waits any more. */
function createRetryWait(random: Random) {
  let waits = 0;
  let isOver = false;
  let wake = (): void => undefined;
  return {
    wait(): Promise<void> {
      if (isOver) return Promise.resolve();
      const halfMs = Math.min(RETRY_MS * 2 ** waits, RETRY_MS_MAX) / 2;
      waits += 1;
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, halfMs + random.int(halfMs));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    reset() {
      waits = 0;
    },
    end() {
      isOver = true;
      wake();
    },
  };
}

/** Why a gateway was not told: what it answered, or that it did not. */
type Failure = { readonly reason: string; readonly status: number | null };

type Gateway = { readonly url: string; readonly secret: string; readonly signal: AbortSignal };

/** Null when it was told. */
async function post({ url, secret, signal }: Gateway, changes: readonly Announcement[]): Promise<Failure | null> {
  const request = new AbortController();
  const abort = (): void => request.abort();
  const deadline = setTimeout(abort, POST_MS_MAX);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
      body: JSON.stringify(changes),
      redirect: 'manual',
      signal: request.signal,
    });
    await response.body?.cancel();
    return response.ok ? null : { reason: `it answered ${response.status}`, status: response.status };
  } catch (error) {
    return { reason: reasonOf(error), status: null };
  } finally {
    clearTimeout(deadline);
    signal.removeEventListener('abort', abort);
  }
}

/** `fetch` hides what went wrong in the cause of its error. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || String(cause) : String(cause);
}

/** Says when a gateway cannot be told, not at every attempt, and when it can again. */
function createTroubleLog({ subgraph, clock, logger }: TellerDeps, url: string) {
  const gateway = new URL(url).host;
  let sinceMs: number | null = null;
  let loggedMs: number | null = null;
  return {
    note({ reason, status }: Failure): void {
      const nowMs = clock.nowMs();
      sinceMs ??= nowMs;
      const failingMs = nowMs - sinceMs;
      // What the gateway does not accept now it will not accept later.
      const isLoud = failingMs >= QUIET_MS || (status !== null && status < 500);
      if (isLoud && nowMs - (loggedMs ?? Number.NEGATIVE_INFINITY) >= LOG_EVERY_MS) {
        loggedMs = nowMs;
        logger.warn(
          { subgraph, gateway, reason, failingMs },
          'a gateway cannot be told what has changed: its answers may be as old as their max-age',
        );
      }
    },
    over() {
      if (loggedMs !== null) logger.info({ subgraph, gateway }, 'a gateway is told of changes again');
      sinceMs = null;
      loggedMs = null;
    },
  };
}
