/** The board that every published game has from the start. */
export const DEFAULT_BOARD_KEY = 'default';
export const DEFAULT_BOARD_NAME = 'High scores';

/** Scores are whole numbers in this range: what GraphQL's Int and every store can hold exactly. */
export const SCORE_MIN = 0;
export const SCORE_MAX = 2_147_483_647;

/** The widest neighbourhood that `around` gives, on each side. */
export const AROUND_RADIUS_MAX = 50;
/** How many entries `friends` can give. */
export const FRIEND_ENTRIES_MAX = 100;
/** How many friendships of one player are looked at. */
export const FRIENDS_READ_MAX = 1000;
/** How many boards one game can have. */
export const BOARDS_PER_GAME_MAX = 100;

/** Below every sequence number that a score can have. */
export const SEQ_BEFORE_ALL = -2_147_483_648;

export type Board = {
  readonly id: string;
  readonly gameId: string;
  readonly key: string;
  readonly name: string;
};

/** A player's best score on a board. `seq` is the sequence of the board's event that set it. */
export type ScoreRow = {
  readonly leaderboardId: string;
  readonly playerId: string;
  readonly score: number;
  readonly achievedAt: Date;
  readonly playSessionId: string;
  readonly seq: number;
};

/** A player's place on a board. `achievedAt` is there when it is known without a read. */
export type Entry = {
  readonly leaderboardId: string;
  readonly playerId: string;
  readonly rank: number;
  readonly score: number;
  readonly achievedAt?: Date;
};

/** Another subgraph's entity: all that is known here is which one. */
export type EntityRef = { readonly id: string };

/** A board that a player has a score on. */
export type PlayerBoard = { readonly playerId: string; readonly leaderboardId: string; readonly enteredAt: Date };

/** What a ranking is ordered by. */
export type Standing = { readonly score: number; readonly playerId: string };

/**
 * The one ranking rule, shared by the database's reads and the hot store's sorted sets: the higher score first, of
 * equal scores the smaller player id (the older account). Negative when `left` ranks before `right`.
 */
export function compareStandings(left: Standing, right: Standing): number {
  if (left.score !== right.score) return right.score - left.score;
  if (left.playerId === right.playerId) return 0;
  return left.playerId < right.playerId ? -1 : 1;
}

/** Whether `score` beats `best`, the player's best so far. An equal score does not: the earlier one stands. */
export function isImprovement(score: number, best: number | null): boolean {
  return best === null || score > best;
}

/** What a play session's ticket says, all of it checked against what is asked for. */
export type PlayClaims = { readonly playSessionId: string; readonly userId: string; readonly gameId: string };

/** Whether a ticket was given out for exactly this session, player and game. */
export function ticketFits(claims: Readonly<Record<string, string>>, expected: PlayClaims): boolean {
  return (
    claims.playSessionId === expected.playSessionId &&
    claims.userId === expected.userId &&
    claims.gameId === expected.gameId
  );
}
