import type { DomainEvent } from '@playgraph/events/event-log';
import type { EventStore } from '@playgraph/events/event-store';
import { encodeStreamCursor, parseStreamCursor } from '@playgraph/events/stream-cursor';
import type { Board, Entry } from './domain.ts';
import { parseScoreSubmitted } from './events.ts';
import type { Store } from './store.ts';

export type RankChange = {
  readonly cursor: string;
  readonly sequence: number;
  readonly occurredAt: Date;
  readonly leaderboard: Board;
  readonly entry: Entry;
  readonly previousRank: number | null;
};

type Deps = { readonly events: EventStore; readonly store: Store };

/** Every improvement on a board after the cursor (from now on when null), in order, none twice and none missing. */
export function followRanks(
  deps: Deps,
  board: Board,
  options: { after: string | null; signal: AbortSignal },
): AsyncGenerator<RankChange> {
  const afterSeq = parseStreamCursor(board.id, options.after);
  const stream = { stream: board.id, afterSeq, db: deps.store.dbOf(board.id), signal: options.signal };
  return mapEvents(deps.events.follow(stream), board);
}

async function* mapEvents(events: AsyncGenerator<DomainEvent>, board: Board): AsyncGenerator<RankChange> {
  for await (const event of events) yield toRankEvent(board, event);
}

function toRankEvent(board: Board, event: DomainEvent): RankChange {
  const { userId, score, rank, previousRank } = parseScoreSubmitted(event.data);
  const occurredAt = new Date(event.at);
  return {
    cursor: encodeStreamCursor(board.id, event.seq),
    sequence: event.seq,
    occurredAt,
    leaderboard: board,
    entry: { leaderboardId: board.id, playerId: userId, rank, score, achievedAt: occurredAt },
    previousRank,
  };
}
