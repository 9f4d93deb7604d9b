import type { TicketSigner } from '@playgraph/auth/ticket';
import type { Clock } from '@playgraph/kernel/clock';
import type { Builds } from './builds.ts';
import type { Game } from './domain.ts';
import type { NotOwned } from './errors.ts';
import { findOwnedGame, type OwnedGameDeps } from './owned-game.ts';
import { DOWNLOADS_PATH, type DownloadClaims } from './serve-downloads.ts';

export type DownloadTicket = {
  readonly __typename: 'DownloadTicket';
  readonly url: string;
  readonly expiresAt: Date;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly fileName: string;
};

export type RequestDownloadDeps = OwnedGameDeps & {
  readonly builds: Pick<Builds, 'getBuild'>;
  readonly tickets: TicketSigner;
  /** How long an address works. */
  readonly ticketTtlMs: number;
  /** What addresses begin with: an origin such as `https://play.example`, or nothing. */
  readonly publicUrl: string;
  readonly clock: Clock;
};

/** An address from which an owned game can be downloaded. @throws DomainError as `findOwnedGame`. */
export async function requestDownload(
  request: { readonly gameId: string; readonly userId: string },
  deps: RequestDownloadDeps,
): Promise<DownloadTicket | NotOwned> {
  const found = await findOwnedGame(request, deps);
  if ('refusal' in found) return found.refusal;
  const { game } = found;
  const { fingerprint, sizeBytes, sha256 } = await deps.builds.getBuild(game);
  const fileName = fileNameOf(game);
  const claims: DownloadClaims = { gameId: game.id, fingerprint, fileName, userId: request.userId };
  const expiresAt = new Date(deps.clock.nowMs() + deps.ticketTtlMs);
  const ticket = deps.tickets.sign(claims, deps.ticketTtlMs);
  const url = `${deps.publicUrl}${DOWNLOADS_PATH}/${ticket}/${encodeURIComponent(fileName)}`;
  return { __typename: 'DownloadTicket', url, expiresAt, sizeBytes, sha256, fileName };
}

function fileNameOf(game: Game): string {
  return `${game.slug}-${game.version}.tar`.replace(/[^A-Za-z0-9.+~-]/g, '_');
}
