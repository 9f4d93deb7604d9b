import type { EventDraft } from '@playgraph/events/append-event';
import type { User } from './domain.ts';

/** A player is registered. */
export function userRegistered({ id, username, displayName }: User): EventDraft {
  return { stream: id, type: 'user.registered', data: { userId: id, username, displayName } };
}
