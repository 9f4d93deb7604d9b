import { badUserInput, DomainError } from '@playgraph/kernel/errors';
import type { Game } from './domain.ts';

/** How long to wait before searching again while the index is being built. */
const SEARCH_RETRY_SECONDS = 2;

/** The caller does not own the game: an expected outcome, not an error. */
export type NotOwned = {
  readonly __typename: 'NotOwned';
  readonly code: 'NOT_OWNED';
  readonly message: string;
  readonly game: Game;
};

/** The player has no such session: there is none, or it is another player's. */
export type PlaySessionNotFound = {
  readonly __typename: 'PlaySessionNotFound';
  readonly code: 'PLAY_SESSION_NOT_FOUND';
  readonly message: string;
};

/** The refusals of this subgraph. */
export const gameRefusals = {
  notOwned: (game: Game): NotOwned => ({
    __typename: 'NotOwned',
    code: 'NOT_OWNED',
    message: `You do not own ${game.title}.`,
    game,
  }),
  playSessionNotFound: (): PlaySessionNotFound => ({
    __typename: 'PlaySessionNotFound',
    code: 'PLAY_SESSION_NOT_FOUND',
    message: 'You have no such play session.',
  }),
};

/** The errors of this subgraph. */
export const gameErrors = {
  searchStarting: () =>
    new DomainError('UNAVAILABLE', 'The search is starting. Try again in a moment.', {
      retryAfterSeconds: SEARCH_RETRY_SECONDS,
    }),
  foreignCursor: (field: string) => badUserInput('Not a cursor of this list.', field),
};
