import { badUserInput, DomainError, notFound } from '@playgraph/kernel/errors';
import { AROUND_RADIUS_MAX, FRIEND_ENTRIES_MAX, SCORE_MAX, SCORE_MIN } from './domain.ts';

/** Everything that this subgraph refuses as an error. */
export const leaderboardErrors = {
  boardNotFound: () => notFound('leaderboard'),
  scoreOutOfRange: () => badUserInput(`Must be a whole number from ${SCORE_MIN} to ${SCORE_MAX}.`, 'input.score'),
  radiusOutOfRange: () => badUserInput(`Must be between 0 and ${AROUND_RADIUS_MAX}.`, 'radius'),
  friendsOutOfRange: () => badUserInput(`Must be between 0 and ${FRIEND_ENTRIES_MAX}.`, 'first'),
  /** Too many submissions wait for the same board, or other processes kept getting in first. Nothing was written. */
  boardBusy: () => new DomainError('UNAVAILABLE', 'This leaderboard is very busy. Try again in a moment.'),
};

export type InvalidPlaySession = {
  readonly __typename: 'InvalidPlaySession';
  readonly code: 'INVALID_PLAY_SESSION';
  readonly message: string;
};

/** The one typed refusal. It does not say which part of the proof failed: that would help only a forger. */
export const invalidPlaySession: InvalidPlaySession = {
  __typename: 'InvalidPlaySession',
  code: 'INVALID_PLAY_SESSION',
  message: 'This score came too late, or not from a play session of yours. Start the game again.',
};
