import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTicketSigner } from '@playgraph/auth/ticket';
import type { HotStore } from '@playgraph/cache/hot-store';
import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { topicOf } from '@playgraph/events/event-log';
import { createLocalEventLog } from '@playgraph/events/local-event-log';
import { createManualClock } from '@playgraph/kernel/clock';
import { createIds } from '@playgraph/kernel/ids';
import { createLogger } from '@playgraph/kernel/logger';
import { createSeededRandom } from '@playgraph/kernel/random';
import { executeLocal, subscribeLocal } from '@playgraph/server/execute-local';
import { boardIdOf } from '../src/board-id.ts';
import { DEFAULT_BOARD_KEY } from '../src/domain.ts';
import { openStore } from '../src/store.ts';
import { createSubgraph } from '../src/subgraph.ts';

// Nothing in these tests is expected to fail inside.
const logger = createLogger({ name: 'leaderboard tests', level: 'warn' });
const START_MS = Date.UTC(2026, 10, 21, 8);
const TICKET_TTL_MS = 60_000;
export const TICKET_SECRET = 'tests only: tickets of play sessions';

export type World = Awaited<ReturnType<typeof createWorld>>;
export type Player = { readonly id: string };

/** A leaderboard subgraph on two fresh shards, and what the other subgraphs would tell it. */
export async function createWorld(seed = 'leaderboard') {
  const folder = await mkdtemp(path.join(tmpdir(), 'playgraph-leaderboard-'));
  const clock = createManualClock(START_MS);
  const random = createSeededRandom(seed);
  const ids = createIds({ clock, random });
  const shards = await openStore([0, 1].map((shard) => `file:${path.join(folder, `${shard}.db`)}`));
  const tickets = createTicketSigner({ secret: TICKET_SECRET, purpose: 'play-session', clock });
  const opened: { close(): Promise<void> }[] = [];

  const start = async (hot: HotStore = createMemoryHotStore({ clock })) => {
    const log = createLocalEventLog({ logger });
    const deps = { shards, hot, log, clock, ids, random, logger, ticketSecret: TICKET_SECRET };
    const subgraph = await createSubgraph(deps);
    opened.unshift(subgraph, log);
    return { subgraph, log };
  };
  const hot = createMemoryHotStore({ clock });
  const { subgraph, log } = await start(hot);
  let seq = 0;

  const tell = (origin: string, event: { id?: string; stream: string; type: string; data: object }) => {
    const facts = { id: event.id ?? ids.make('event'), seq: ++seq, at: clock.now().toISOString() };
    return log.publish(topicOf(origin), [{ ...event, ...facts }]);
  };

  return {
    clock,
    ids,
    random,
    shards,
    tickets,
    hot,
    subgraph,
    /** Another process on the same shards, with the hot store that is given or an empty one. */
    start: async (other?: HotStore) => (await start(other)).subgraph,
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
      await shards.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Subgraph = World['subgraph'];

/** What a player (null: nobody) asks a subgraph. */
export function ask(subgraph: Subgraph, viewer: Player | null) {
  const identity = viewer && { userId: viewer.id, sessionId: 'session_1', scopes: [] };
  const info = (signal: AbortSignal) => ({ identity, correlationId: 'test', signal });
  return {
    // biome-ignore lint/suspicious/noExplicitAny: answers are as loose as JSON
    async run(query: string, variables: Record<string, unknown> = {}): Promise<any> {
      return executeLocal(subgraph, { query, variables }, info(new AbortController().signal));
    },
    // biome-ignore lint/suspicious/noExplicitAny: answers are as loose as JSON
    subscribe(query: string, variables: Record<string, unknown>): AsyncGenerator<any, void, void> {
      return subscribeLocal(subgraph, { query, variables }, info(new AbortController().signal));
    },
  };
}

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
  return ask(on ?? world.subgraph, player).run(SUBMIT, { input });
}
