import type { TicketSigner } from '@playgraph/auth/ticket';
import type { DomainEvent } from '@playgraph/events/event-log';
import type { EventStore } from '@playgraph/events/event-store';
import { claimIdempotencyKey } from '@playgraph/events/idempotency';
import type { Clock } from '@playgraph/kernel/clock';
import { DomainError } from '@playgraph/kernel/errors';
import { parseId } from '@playgraph/kernel/ids';
import { isOvertaken } from '@playgraph/sharding/transact';
import { type Board, type Entry, isImprovement, SCORE_MAX, SCORE_MIN, ticketFits } from './domain.ts';
import { type InvalidPlaySession, invalidPlaySession, leaderboardErrors } from './errors.ts';
import { SCORE_SUBMITTED, type ScoreSubmitted } from './events.ts';
import type { Ranks } from './ranks.ts';
import { findBestScore, putBestScore, type Store, type Tx } from './store.ts';
import { createTurns } from './turns.ts';

/** How often a submission starts anew because another process got in first. */
const ATTEMPTS_MAX = 8;
/** How many submissions to one board this process lets wait. */
const WAITING_MAX = 1000;

export type Submission = {
  readonly userId: string;
  readonly leaderboardId: string;
  readonly playSessionId: string;
  readonly scoreTicket: string;
  readonly score: number;
  readonly idempotencyKey: string | null;
};

export type ScoreTaken = {
  readonly __typename: 'SubmitScoreSuccess';
  readonly entry: Entry;
  readonly isPersonalBest: boolean;
  readonly previousRank: number | null;
};

/** What a submission came to; also what is kept under its idempotency key. */
type Outcome = { readonly isPersonalBest: boolean; readonly previousRank: number | null };
type Places = { readonly rank: number; readonly previousRank: number | null };

type Deps = {
  readonly store: Store;
  readonly ranks: Ranks;
  readonly events: EventStore;
  readonly tickets: TicketSigner;
  readonly clock: Clock;
  /** Null when there is no such board. */
  readonly findBoard: (id: string) => Promise<Board | null>;
};

export type SubmitScore = (submission: Submission) => Promise<ScoreTaken | InvalidPlaySession>;

/**
 * Takes a score when its ticket proves that it was played, and keeps the player's best. Submissions to one board take
 * turns in this process (their transactions would wait for each other anyway), so that the rank in the event is exact;
 * between processes it may be off by what they commit at the same moment, while the ranking itself never is.
 */
export function createSubmitScore(deps: Deps): SubmitScore {
  const turns = createTurns({ waitingMax: WAITING_MAX, refuse: leaderboardErrors.boardBusy });
  return async (submission) => {
    checkInput(submission);
    const board = await deps.findBoard(submission.leaderboardId);
    if (!board) throw leaderboardErrors.boardNotFound();
    if (!isPlayed(deps, board, submission)) {
      const replay = await findReplay(deps, submission);
      return replay ? toSuccess(deps, submission, replay) : invalidPlaySession;
    }
    return turns.take(board.id, async () => toSuccess(deps, submission, await record(deps, board, submission)));
  };
}

function checkInput({ leaderboardId, playSessionId, score }: Submission): void {
  parseId('leaderboard', leaderboardId, 'input.leaderboardId');
  parseId('play', playSessionId, 'input.playSessionId');
  if (!Number.isInteger(score) || score < SCORE_MIN || score > SCORE_MAX) throw leaderboardErrors.scoreOutOfRange();
}

function isPlayed(deps: Deps, board: Board, { userId, playSessionId, scoreTicket }: Submission): boolean {
  try {
    return ticketFits(deps.tickets.verify(scoreTicket), { playSessionId, userId, gameId: board.gameId });
  } catch (error) {
    if (error instanceof DomainError && error.code === 'FORBIDDEN') return false;
    throw error;
  }
}

async function record(deps: Deps, board: Board, submission: Submission): Promise<Outcome> {
  await deps.ranks.ensure([board.id]);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const places = await readPlaces(deps, submission);
    try {
      const { outcome, event } = await deps.store.transact(board.id, (tx) =>
        write(deps, tx, { board, submission, places }),
      );
      if (!event) return outcome;
      deps.events.committed([event]);
      await deps.ranks.refresh([board.id]);
      return outcome;
    } catch (error) {
      if (!isOvertaken(error)) throw error;
      await deps.ranks.refresh([board.id]);
    }
  }
  throw leaderboardErrors.boardBusy();
}

async function readPlaces({ ranks }: Deps, { leaderboardId, userId, score }: Submission): Promise<Places> {
  const [standing] = await ranks.places(leaderboardId, [userId]);
  const rank = await ranks.rankFor(leaderboardId, { score, playerId: userId });
  return { rank, previousRank: standing?.rank ?? null };
}

async function write(
  deps: Deps,
  tx: Tx,
  { board, submission, places }: { board: Board; submission: Submission; places: Places },
): Promise<{ outcome: Outcome; event: DomainEvent | null }> {
  const { userId, score, playSessionId } = submission;
  const claim = await claimKey(deps, tx, submission);
  if (claim?.replay) return { outcome: JSON.parse(claim.replay), event: null };

  const key = { leaderboardId: board.id, playerId: userId };
  const best = await findBestScore(tx, key);
  const outcome = { isPersonalBest: isImprovement(score, best), previousRank: places.previousRank };
  await claim?.save(JSON.stringify(outcome));
  if (!outcome.isPersonalBest) return { outcome, event: null };

  const data: ScoreSubmitted = { leaderboardId: board.id, gameId: board.gameId, userId, score, ...places };
  const event = await deps.events.append(tx, { stream: board.id, type: SCORE_SUBMITTED, data });
  await putBestScore(tx, { ...key, score, playSessionId, achievedAt: new Date(event.at), seq: event.seq }, best);
  return { outcome, event };
}

/** The ticket is the proof and not part of the request: a retry may bring a newer one. */
async function claimKey(deps: Deps, tx: Tx, submission: Submission) {
  const { userId: owner, idempotencyKey: key, leaderboardId, playSessionId, score } = submission;
  if (key === null) return null;
  const input = { leaderboardId, playSessionId, score };
  return claimIdempotencyKey(tx, { owner, operation: 'submitScore', key, input }, deps.clock);
}

/** What this key brought about while its ticket still counted. Leaves no trace when it is new. */
async function findReplay(deps: Deps, submission: Submission): Promise<Outcome | null> {
  if (submission.idempotencyKey === null) return null;
  try {
    return await deps.store.transact(submission.leaderboardId, async (tx) => {
      const claim = await claimKey(deps, tx, submission);
      if (!claim?.replay) throw new UnusedKeyError();
      return JSON.parse(claim.replay) as Outcome;
    });
  } catch (error) {
    if (error instanceof UnusedKeyError) return null;
    throw error;
  }
}

/** Undoes the claim of a key whose request is refused. */
class UnusedKeyError extends Error {
  override readonly name = 'UnusedKeyError';
}

async function toSuccess({ ranks }: Deps, submission: Submission, outcome: Outcome): Promise<ScoreTaken> {
  const { leaderboardId, userId } = submission;
  await ranks.ensure([leaderboardId]);
  const [entry] = await ranks.places(leaderboardId, [userId]);
  if (!entry) throw new Error(`${userId} has a score on ${leaderboardId} and no place`);
  return { __typename: 'SubmitScoreSuccess', entry, ...outcome };
}
