import { type DomainEvent, type EventLog, topicOf } from '@playgraph/events/event-log';
import type { Clock } from '@playgraph/kernel/clock';
import type { Ids } from '@playgraph/kernel/ids';

/** An event as a test writes it; an `id` and a `seq` are made up when they are not given. */
export type NeighbourEvent = {
  readonly stream: string;
  readonly type: string;
  readonly data: object;
  readonly id?: string;
  readonly seq?: number;
};

/** The other subgraphs, played by a test. */
export type Neighbours = {
  /** The event that a neighbour would write: the next one of its stream. */
  eventOf(event: NeighbourEvent): DomainEvent;
  /** `subgraph` publishes an event; resolves with it when everybody has handled it, rejects when somebody cannot. */
  tell(subgraph: string, event: NeighbourEvent | DomainEvent): Promise<DomainEvent>;
};

/** Neighbours that speak through `log`, now by `clock`. */
export function createNeighbours(deps: {
  readonly log: Pick<EventLog, 'publish'>;
  readonly ids: Ids;
  readonly clock: Clock;
}): Neighbours {
  const { log, ids, clock } = deps;
  const seqs = new Map<string, number>();
  const eventOf = (draft: NeighbourEvent): DomainEvent => {
    const seq = draft.seq ?? (seqs.get(draft.stream) ?? 0) + 1;
    seqs.set(draft.stream, seq);
    return { ...draft, id: draft.id ?? ids.make('event'), seq, at: clock.now().toISOString() };
  };
  return {
    eventOf,
    async tell(subgraph, given) {
      const event = isWhole(given) ? given : eventOf(given);
      await log.publish(topicOf(subgraph), [event]);
      return event;
    },
  };
}

function isWhole(event: NeighbourEvent | DomainEvent): event is DomainEvent {
  return 'at' in event;
}
