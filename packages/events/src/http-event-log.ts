import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, systemClock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import type { DomainEvent, EventLog } from './event-log.ts';
import { type DeliveryLimits, defaultDeliveryLimits } from './group-delivery.ts';
import { createEventsRoute } from './http-events-route.ts';
import { createBodySigner, SIGNATURE_HEADER } from './sign-body.ts';
import { createTopicGroups } from './topic-groups.ts';

/** How long a publish waits for a peer, unless said otherwise. */
export const HTTP_PUBLISH_MS_MAX = 30_000;
/** Where peers take events. */
export const EVENTS_PATH = '/events';

/** What an HTTP event log needs. */
export type HttpEventLogDeps = {
  /** By topic: the base URLs (`http://host:port`) of the other processes that consume it. */
  readonly peers: Readonly<Record<string, readonly string[]>>;
  /** Shared by all peers, at least 32 characters; signs what they send each other. */
  readonly secret: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** True: nothing is delivered before `release()`, so that no group misses what goes out while the rest still starts. */
  readonly isHeld?: boolean;
  readonly publishMsMax?: number;
  readonly limits?: Partial<DeliveryLimits>;
};

/** An event log between processes, and the route on which this one takes events. */
export type HttpEventLog = EventLog & {
  /** Everybody in this process who will consume does: deliver from now on. */
  release(): void;
  readonly route: {
    readonly path: string;
    readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  };
};

/**
 * Subgraphs as processes of their own, without Kafka. Keeps nothing itself: the outbox is its storage. `publish` hands
 * the events to the groups of this process and to every peer of the topic, and resolves when all have handled them. A
 * peer that is down, does not know the topic yet, or whose handler keeps failing makes it reject within `publishMsMax`,
 * and the outbox relay repeats it. A peer that gets an event twice while it handles it waits for that one.
 * @throws TypeError when the secret is too short.
 */
export function createHttpEventLog(deps: HttpEventLogDeps): HttpEventLog {
  const signer = createBodySigner({ secret: deps.secret, clock: deps.clock ?? systemClock });
  const groups = createTopicGroups({ ...deps, limits: { ...defaultDeliveryLimits, ...deps.limits } });
  const closing = new AbortController();
  let release = (): void => undefined;
  const released = deps.isHeld ? new Promise<void>((resolve) => (release = resolve)) : Promise.resolve();

  const post = async (peer: string, body: string): Promise<void> => {
    const deadline = AbortSignal.timeout(deps.publishMsMax ?? HTTP_PUBLISH_MS_MAX);
    const abort = (): void => request.abort();
    const request = new AbortController();
    deadline.addEventListener('abort', abort);
    closing.signal.addEventListener('abort', abort);
    try {
      const headers = { 'content-type': 'application/json', [SIGNATURE_HEADER]: signer.sign(body) };
      const response = await fetch(new URL(EVENTS_PATH, peer), {
        method: 'POST',
        headers,
        body,
        signal: request.signal,
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`${peer} answered ${response.status}`);
    } finally {
      deadline.removeEventListener('abort', abort);
      closing.signal.removeEventListener('abort', abort);
    }
  };

  return {
    async publish(topic: string, events: readonly DomainEvent[]) {
      await released;
      if (closing.signal.aborted) throw new Error('the event log is closed');
      const body = JSON.stringify({ topic, events });
      const peers = (deps.peers[topic] ?? []).map((peer) => post(peer, body));
      const outcomes = await Promise.allSettled([groups.deliver(topic, events), ...peers]);
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    },
    consume: groups.consume,
    release: () => release(),
    route: {
      path: EVENTS_PATH,
      handle: createEventsRoute({ groups, signer, logger: deps.logger }),
    },
    async close() {
      closing.abort();
      release();
      await groups.close();
    },
  };
}
