/** What a player sees of another one. `BLOCKED`: the player who sees it blocks the other; never the other way round. */
export type Side = 'NONE' | 'REQUEST_SENT' | 'REQUEST_RECEIVED' | 'FRIENDS' | 'BLOCKED';

/**
 * The two sides of a pair, own first. A request to somebody who blocks is `REQUEST_SENT` on one side alone: the one who
 * asked sees it wait, as with anybody who does not answer.
 */
export type Standing =
  | 'NONE:NONE'
  | 'REQUEST_SENT:REQUEST_RECEIVED'
  | 'REQUEST_RECEIVED:REQUEST_SENT'
  | 'FRIENDS:FRIENDS'
  | 'NONE:BLOCKED'
  | 'REQUEST_SENT:BLOCKED'
  | 'BLOCKED:NONE'
  | 'BLOCKED:REQUEST_SENT'
  | 'BLOCKED:BLOCKED';

export type FriendshipAction = 'request' | 'accept' | 'decline' | 'remove' | 'block' | 'unblock';

/** Why an action may be refused. */
export type FriendshipRefusals = {
  readonly request: 'ALREADY_FRIENDS' | 'REQUEST_PENDING' | 'USER_BLOCKED';
  readonly accept: 'NO_SUCH_REQUEST';
  readonly decline: 'NO_SUCH_REQUEST';
  readonly remove: 'NOT_FRIENDS';
  readonly block: never;
  readonly unblock: 'NOT_BLOCKED';
};

type Outcome<Refusal> = { readonly to: Standing } | { readonly refusal: Refusal };
type Table = {
  readonly [Action in FriendshipAction]: { readonly [From in Standing]: Outcome<FriendshipRefusals[Action]> };
};

const to = (standing: Standing) => ({ to: standing });
const refuse = <Refusal extends string>(refusal: Refusal) => ({ refusal });

/**
 * Every action in every standing of a pair, seen by the one who acts. Rows whose own side is equal and whose other side
 * hides a block end alike for the one who acts: that is what keeps a block from being noticed.
 */
export const friendshipTable: Table = {
  request: {
    'NONE:NONE': to('REQUEST_SENT:REQUEST_RECEIVED'),
    'NONE:BLOCKED': to('REQUEST_SENT:BLOCKED'),
    'REQUEST_RECEIVED:REQUEST_SENT': to('FRIENDS:FRIENDS'),
    'REQUEST_SENT:REQUEST_RECEIVED': refuse('REQUEST_PENDING'),
    'REQUEST_SENT:BLOCKED': refuse('REQUEST_PENDING'),
    'FRIENDS:FRIENDS': refuse('ALREADY_FRIENDS'),
    'BLOCKED:NONE': refuse('USER_BLOCKED'),
    'BLOCKED:REQUEST_SENT': refuse('USER_BLOCKED'),
    'BLOCKED:BLOCKED': refuse('USER_BLOCKED'),
  },
  accept: {
    'NONE:NONE': refuse('NO_SUCH_REQUEST'),
    'NONE:BLOCKED': refuse('NO_SUCH_REQUEST'),
    'REQUEST_RECEIVED:REQUEST_SENT': to('FRIENDS:FRIENDS'),
    'REQUEST_SENT:REQUEST_RECEIVED': refuse('NO_SUCH_REQUEST'),
    'REQUEST_SENT:BLOCKED': refuse('NO_SUCH_REQUEST'),
    'FRIENDS:FRIENDS': to('FRIENDS:FRIENDS'),
    'BLOCKED:NONE': refuse('NO_SUCH_REQUEST'),
    'BLOCKED:REQUEST_SENT': refuse('NO_SUCH_REQUEST'),
    'BLOCKED:BLOCKED': refuse('NO_SUCH_REQUEST'),
  },
  decline: {
    'NONE:NONE': refuse('NO_SUCH_REQUEST'),
    'NONE:BLOCKED': refuse('NO_SUCH_REQUEST'),
    'REQUEST_RECEIVED:REQUEST_SENT': to('NONE:NONE'),
    'REQUEST_SENT:REQUEST_RECEIVED': refuse('NO_SUCH_REQUEST'),
    'REQUEST_SENT:BLOCKED': refuse('NO_SUCH_REQUEST'),
    'FRIENDS:FRIENDS': refuse('NO_SUCH_REQUEST'),
    'BLOCKED:NONE': refuse('NO_SUCH_REQUEST'),
    'BLOCKED:REQUEST_SENT': refuse('NO_SUCH_REQUEST'),
    'BLOCKED:BLOCKED': refuse('NO_SUCH_REQUEST'),
  },
  remove: {
    'NONE:NONE': refuse('NOT_FRIENDS'),
    'NONE:BLOCKED': refuse('NOT_FRIENDS'),
    'REQUEST_RECEIVED:REQUEST_SENT': refuse('NOT_FRIENDS'),
    'REQUEST_SENT:REQUEST_RECEIVED': to('NONE:NONE'),
    'REQUEST_SENT:BLOCKED': to('NONE:BLOCKED'),
    'FRIENDS:FRIENDS': to('NONE:NONE'),
    'BLOCKED:NONE': refuse('NOT_FRIENDS'),
    'BLOCKED:REQUEST_SENT': refuse('NOT_FRIENDS'),
    'BLOCKED:BLOCKED': refuse('NOT_FRIENDS'),
  },
  block: {
    'NONE:NONE': to('BLOCKED:NONE'),
    'NONE:BLOCKED': to('BLOCKED:BLOCKED'),
    // The one who asked goes on seeing a request that waits.
    'REQUEST_RECEIVED:REQUEST_SENT': to('BLOCKED:REQUEST_SENT'),
    'REQUEST_SENT:REQUEST_RECEIVED': to('BLOCKED:NONE'),
    'REQUEST_SENT:BLOCKED': to('BLOCKED:BLOCKED'),
    'FRIENDS:FRIENDS': to('BLOCKED:NONE'),
    'BLOCKED:NONE': to('BLOCKED:NONE'),
    'BLOCKED:REQUEST_SENT': to('BLOCKED:REQUEST_SENT'),
    'BLOCKED:BLOCKED': to('BLOCKED:BLOCKED'),
  },
  unblock: {
    'NONE:NONE': refuse('NOT_BLOCKED'),
    'NONE:BLOCKED': refuse('NOT_BLOCKED'),
    'REQUEST_RECEIVED:REQUEST_SENT': refuse('NOT_BLOCKED'),
    'REQUEST_SENT:REQUEST_RECEIVED': refuse('NOT_BLOCKED'),
    'REQUEST_SENT:BLOCKED': refuse('NOT_BLOCKED'),
    'FRIENDS:FRIENDS': refuse('NOT_BLOCKED'),
    'BLOCKED:NONE': to('NONE:NONE'),
    // To the one who asked it looks like a declined request.
    'BLOCKED:REQUEST_SENT': to('NONE:NONE'),
    'BLOCKED:BLOCKED': to('NONE:BLOCKED'),
  },
};

/** One side of a pair as it is stored. The row of the lower user id is the truth, the other one its mirror. */
export type Relation = {
  readonly userId: string;
  readonly otherId: string;
  readonly friendshipId: string;
  readonly side: Side;
  readonly otherSide: Side;
  readonly since: Date;
  readonly otherSince: Date;
  readonly version: number;
};

/** Orders two players, so that a pair has one place whoever asks. */
export function pairOf(left: string, right: string): { readonly lowId: string; readonly highId: string } {
  return left < right ? { lowId: left, highId: right } : { lowId: right, highId: left };
}

/** The unique name of a pair. */
export function pairKeyOf(left: string, right: string): string {
  const { lowId, highId } = pairOf(left, right);
  return `${lowId}:${highId}`;
}

/** The same pair seen by the other one. */
export function mirrorOf(relation: Relation): Relation {
  return {
    ...relation,
    userId: relation.otherId,
    otherId: relation.userId,
    side: relation.otherSide,
    otherSide: relation.side,
    since: relation.otherSince,
    otherSince: relation.since,
  };
}

/** How the pair stands, seen by the one whose row it is. @throws when the sides do not fit together. */
export function standingOf(relation: Pick<Relation, 'side' | 'otherSide'>): Standing {
  const standing = `${relation.side}:${relation.otherSide}`;
  if (!isStanding(standing)) throw new TypeError(`a pair cannot stand at ${standing}`);
  return standing;
}

/** The relation after a change at `at`; `since` moves only on the side that changed. */
export function moveTo(relation: Relation, standing: Standing, at: Date): Relation {
  const [side, otherSide] = standing.split(':') as [Side, Side];
  return {
    ...relation,
    side,
    otherSide,
    since: side === relation.side ? relation.since : at,
    otherSince: otherSide === relation.otherSide ? relation.otherSince : at,
    version: relation.version + 1,
  };
}

function isStanding(value: string): value is Standing {
  return Object.hasOwn(friendshipTable.request, value);
}
