import { settlesWithin } from '@playgraph/kernel/bounded-wait';
import type { Logger } from '@playgraph/kernel/logger';
import { type BackOff, backOffMs } from './back-off.ts';
import type { DomainEvent } from './event-log.ts';
import { createWakeSignal, type WakeSignal } from './wake-signal.ts';

/** One group's deliveries: per stream in order and one at a time, streams side by side. */
export type GroupDelivery = {
  /**
   * Resolves when every one of the events (all of one stream) was handled. Rejects when one has failed `attemptsMax`
   * times; what waited behind it in its stream is given up with it, so that nothing overtakes it, and whoever delivers
   * repeats. An event that is waiting or being handled already is joined, not handled a second time.
   */
  deliver(events: readonly DomainEvent[]): Promise<void>;
  /** Gives up what waits; waits a bounded time for handlers that are running. */
  close(): Promise<void>;
};

/** The limits of a group's deliveries. */
export type DeliveryLimits = {
  /** Attempts of one event before the deliverer is told. */
  readonly attemptsMax: number;
  readonly retry: BackOff;
  /** Events of one stream that may wait; more are refused. */
  readonly waitingMax: number;
  readonly closeWaitMs: number;
};

/** The limits in force unless said otherwise. */
export const defaultDeliveryLimits: DeliveryLimits = {
  attemptsMax: 5,
  retry: { firstMs: 20, maxMs: 500 },
  waitingMax: 1_000,
  closeWaitMs: 5_000,
};

/** What a group's deliveries need. */
export type GroupDeliveryDeps = {
  readonly group: string;
  readonly handle: (event: DomainEvent) => Promise<void>;
  readonly logger: Logger;
  readonly limits: DeliveryLimits;
};

type Delivery = { readonly event: DomainEvent; readonly handled: PromiseWithSettle };
type PromiseWithSettle = { readonly promise: Promise<void>; resolve(): void; reject(error: Error): void };
/** What waits in a stream; the first is being handled. */
type Lane = Delivery[];

/** Lanes come with their first event and go with their last. */
export function createGroupDelivery(deps: GroupDeliveryDeps): GroupDelivery {
  const { limits } = deps;
  const lanes = new Map<string, Lane>();
  const running = new Set<Promise<void>>();
  const closing = createWakeSignal();
  const isClosed = (): boolean => closing.version > 0;

  const runLane = async (stream: string, lane: Lane): Promise<void> => {
    for (let first = lane[0]; first; first = lane[0]) {
      const failure = isClosed()
        ? givenUp(first.event, deps.group, new Error('closed'))
        : await handleWithRetries(deps, first.event, closing);
      if (failure) {
        for (const { handled } of lane.splice(0)) handled.reject(failure);
      } else {
        lane.shift();
        first.handled.resolve();
      }
    }
    lanes.delete(stream);
  };

  const openLane = (stream: string): Lane => {
    const lane: Lane = [];
    lanes.set(stream, lane);
    // Starts in a later turn, when its first events are in it.
    const run = Promise.resolve().then(() => runLane(stream, lane));
    running.add(run);
    void run.finally(() => running.delete(run));
    return lane;
  };

  const enter = (event: DomainEvent): Promise<void> => {
    const lane = lanes.get(event.stream) ?? openLane(event.stream);
    const joined = lane.find((delivery) => delivery.event.id === event.id);
    if (joined) return joined.handled.promise;
    if (lane.length >= limits.waitingMax) return Promise.reject(new Error(`too much waits in stream ${event.stream}`));
    const handled = withSettle();
    lane.push({ event, handled });
    return handled.promise;
  };

  return {
    async deliver(events) {
      if (isClosed()) throw new Error(`group ${deps.group} is closed`);
      const outcomes = await Promise.allSettled(events.map(enter));
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    },
    async close() {
      closing.raise();
      await settlesWithin(Promise.all(running), limits.closeWaitMs);
    },
  };
}

/** Hands the event to the group, a bounded number of times; what stopped it, or null when it was handled. */
async function handleWithRetries(
  deps: GroupDeliveryDeps,
  event: DomainEvent,
  closing: WakeSignal,
): Promise<Error | null> {
  const { group, limits } = deps;
  const isClosed = (): boolean => closing.version > 0;
  for (let tried = 1; ; tried++) {
    try {
      await deps.handle(event);
      return null;
    } catch (error) {
      const facts = { err: error, group, type: event.type, stream: event.stream, seq: event.seq, tried };
      deps.logger.warn(facts, 'an event could not be handled; it will be delivered again');
      if (tried >= limits.attemptsMax || isClosed()) return givenUp(event, group, error);
    }
    await closing.wait(0, backOffMs(limits.retry, tried));
    if (isClosed()) return givenUp(event, group, new Error('closed'));
  }
}

function givenUp(event: DomainEvent, group: string, cause: unknown): Error {
  return new Error(`${event.type} ${event.id} was not handled by ${group}`, { cause });
}

function withSettle(): PromiseWithSettle {
  let settle: Omit<PromiseWithSettle, 'promise'> | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, resolve: () => settle?.resolve(), reject: (error) => settle?.reject(error) };
}
