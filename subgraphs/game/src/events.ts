import { type DomainEvent, topicOf } from '@playgraph/events/event-log';
import type { EventStore } from '@playgraph/events/event-store';
import { z } from 'zod';
import { ENTITLEMENT_CONSUMER, type GrantEntitlementsDeps, grantEntitlements } from './grant-entitlements.ts';

/** Every process has an index of its own, so its consumer only reads, and needs no memory of what it has read. */
const SEARCH_CONSUMER = 'game-search';

const paidOrder = z.object({ orderId: z.string(), buyerId: z.string(), gameIds: z.array(z.string()) });
const changedGame = z.object({ gameId: z.string() });

export type ConsumeEventsDeps = Omit<GrantEntitlementsDeps, 'events'> & {
  readonly events: EventStore;
  /** Makes search and cache see a game as it is now. */
  readonly refreshGames: (gameIds: readonly string[]) => Promise<void>;
};

/** Starts listening: paid orders become entitlements, published and changed games become findable. */
export async function consumeEvents(deps: ConsumeEventsDeps): Promise<void> {
  const refresh = async (event: DomainEvent): Promise<void> =>
    deps.refreshGames([changedGame.parse(event.data).gameId]);
  await deps.events.consume({
    consumer: ENTITLEMENT_CONSUMER,
    topics: [topicOf('order')],
    handlers: { 'order.paid': (event) => grantEntitlements(event, paidOrder.parse(event.data), deps) },
  });
  await deps.events.consume({
    consumer: SEARCH_CONSUMER,
    topics: [topicOf('game')],
    handlers: { 'game.published': refresh, 'game.updated': refresh },
  });
}
