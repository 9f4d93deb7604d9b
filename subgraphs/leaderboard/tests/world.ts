import { createTicketSigner } from '@playgraph/auth/ticket';
import { type AnnounceChanges, announceToNobody } from '@playgraph/cache/entity-changes';
import type { HotStore } from '@playgraph/cache/hot-store';
import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import type { EventLog } from '@playgraph/events/event-log';
import { createLocalEventLog } from '@playgraph/events/local-event-log';
import { createNeighbours } from '@playgraph/testkit/neighbours';
import { createSubgraphClient } from '@playgraph/testkit/subgraph-client';
import { openSubgraphPorts } from '@playgraph/testkit/subgraph-ports';
import { boardIdOf } from '../src/board-id.ts';
import { DEFAULT_BOARD_KEY } from '../src/domain.ts';
import { openStore } from '../src/store.ts';
import { createSubgraph } from '../src/subgraph.ts';

export const TICKET_TTL_MS = 60_000;
export const TICKET_SECRET = 'tests only: tickets of play sessions';

export type World = Awaited<ReturnType<typeof openWorld>>;
export type Player = { readonly id: string };

/** A leaderboard subgraph on two fresh shards, and what the other subgraphs would tell it. */
export async function openWorld(seed = 'leaderboard', announce: AnnounceChanges = announceToNobody) {
  const ports = await openSubgraphPorts({ name: 'leaderboard', openStore, seed });
  const { clock, ids, random, shards, hot, log, logger } = ports;
  const tickets = createTicketSigner({ secret: TICKET_SECRET, purpose: 'play-session', clock });
  const opened: { close(): Promise<void> }[] = [];
  const start = async (other: { readonly hot: HotStore; readonly log: EventLog }) => {
    const started = await createSubgraph({ ...ports, ...other, ticketSecret: TICKET_SECRET, announce });
    opened.unshift(started, other.log);
    return started;
  };
  const subgraph = await start({ hot, log });
  const { tell } = createNeighbours({ log, ids, clock });

  return {
    clock,
    ids,
    random,
    shards,
    tickets,
    hot,
    subgraph,
    /** Another process on the same shards, with the hot store that is given or an empty one. */
    start: (other: HotStore = createMemoryHotStore({ clock })) =>
      start({ hot: other, log: createLocalEventLog({ logger }) }),
    tell,
    player: (): Player => ({ id: ids.make('user') }),
    /** A published game with its board. */
    async game() {
      const gameId = ids.make('game');
      const data = { gameId, slug: gameId.toLowerCase(), title: 'A game', launchOffer: null };
      await tell('game', { stream: gameId, type: 'game.published', data });
      return { id: gameId, boardId: boardIdOf(gameId, DEFAULT_BOARD_KEY) };
    },
    friendship: (requester: Player, addressee: Player) => {
      const friendshipId = ids.make('friendship');
      const become = (state: string) => {
        const data = { friendshipId, requesterId: requester.id, addresseeId: addressee.id, state };
        return tell('social', { stream: friendshipId, type: 'social.friendship_changed', data });
      };
      return { id: friendshipId, become };
    },
    session(player: Player, game: { id: string }) {
      const playSessionId = ids.make('play');
      const claims = { playSessionId, userId: player.id, gameId: game.id };
      return { playSessionId, scoreTicket: tickets.sign(claims, TICKET_TTL_MS) };
    },
    async close() {
      for (const part of opened) await part.close();
      await ports.close();
    },
  };
}

type Subgraph = World['subgraph'];

/** What a player (null: nobody) asks a subgraph. */
export function ask(subgraph: Subgraph, viewer: Player | null) {
  return createSubgraphClient(subgraph, viewer?.id ?? null);
}

type Submitted = {
  readonly submitScore: {
    readonly __typename: string;
    readonly code: string;
    readonly isPersonalBest: boolean;
    readonly previousRank: number | null;
    readonly entry: { readonly rank: number; readonly score: number };
  };
};

/** What the tests' selections of a board can give; each gives what it asks for. */
export type Row = { readonly rank: number; readonly score: number; readonly player: { readonly id: string } };
export type Rows<Node = Row> = {
  readonly nodes: readonly Node[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string;
    readonly endCursor: string;
  };
};
export type BoardData = {
  readonly leaderboard: {
    readonly eventCursor: string;
    readonly top: Rows;
    readonly around: readonly Row[];
    readonly friends: readonly Row[];
    readonly viewerEntry: Row | null;
  };
};

const SUBMIT = `mutation ($input: SubmitScoreInput!) {
  submitScore(input: $input) {
    __typename
    ... on SubmitScoreSuccess { isPersonalBest previousRank entry { rank score achievedAt player { id } } }
    ... on Refusal { code message }
  }
}`;

/** Plays a game in a fresh session and hands the score in. Gives the whole answer. */
export function submit(
  world: World,
  play: { player: Player; game: { id: string; boardId: string }; score: number; on?: Subgraph } & Record<
    string,
    unknown
  >,
) {
  const { player, game, score, on, ...others } = play;
  const input = { leaderboardId: game.boardId, score, ...world.session(player, game), ...others };
  return ask(on ?? world.subgraph, player).run<Submitted>(SUBMIT, { input });
}
