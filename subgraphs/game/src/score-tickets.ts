import type { TicketSigner } from '@playgraph/auth/ticket';
import type { PlaySession } from './domain.ts';

/** What score tickets are signed for. The leaderboards check the same. */
export const SCORE_TICKET_PURPOSE = 'play-session';
/** How long a score ticket counts. */
const SCORE_TICKET_TTL_MS = 12 * 60 * 60_000;

/** The proof for the leaderboards that this player plays this game in this session; null once it has ended. */
export function signScoreTicket(session: PlaySession, signer: TicketSigner): string | null {
  if (session.endedAt) return null;
  const claims = { playSessionId: session.id, userId: session.userId, gameId: session.gameId };
  return signer.sign(claims, SCORE_TICKET_TTL_MS);
}
