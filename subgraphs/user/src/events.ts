import type { AnnounceChanges } from '@playgraph/cache/entity-changes';
import type { EventDraft } from '@playgraph/events/append-event';
import { topicOf } from '@playgraph/events/event-log';
import type { EventStore } from '@playgraph/events/event-store';
import { z } from 'zod';
import type { User } from './domain.ts';

const REGISTERED = 'user.registered';
/** Only tells what it reads, so that it needs no memory of what it has read. */
const ANNOUNCER = 'user-announcer';

const registered = z.object({ userId: z.string() });

/** A player is registered. */
export function userRegistered({ id, username, displayName }: User): EventDraft {
  return { stream: id, type: REGISTERED, data: { userId: id, username, displayName } };
}

/** Starts to consume: whoever keeps that there is no such player is told. */
export function tellOfRegistrations(events: EventStore, announce: AnnounceChanges): Promise<void> {
  return events.consume({
    consumer: ANNOUNCER,
    topics: [topicOf('user')],
    handlers: {
      [REGISTERED]: ({ data }) => announce([{ typename: 'User', key: { id: registered.parse(data).userId } }]),
    },
  });
}
