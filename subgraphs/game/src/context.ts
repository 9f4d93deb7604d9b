import type { TicketSigner } from '@playgraph/auth/ticket';
import type { RequestInfo } from '@playgraph/server/subgraph';
import type { Game } from './domain.ts';
import type { EndPlaySessionDeps } from './end-play-session.ts';
import type { GameSearch } from './game-search.ts';
import type { Loaders } from './loaders.ts';
import type { RequestDownloadDeps } from './request-download.ts';
import type { StartPlaySessionDeps } from './start-play-session.ts';
import type { Store } from './store.ts';

/** What lives as long as the process. */
export type Services = Omit<RequestDownloadDeps & StartPlaySessionDeps & EndPlaySessionDeps, 'store' | 'tickets'> & {
  readonly store: Store;
  readonly search: GameSearch;
  readonly downloadTickets: TicketSigner;
  readonly scoreTickets: TicketSigner;
};

/** What resolvers know of one request. */
export type Context = RequestInfo & { readonly loaders: Loaders; readonly services: Services };

/** Games in the order of their ids. */
export async function loadGames(loaders: Loaders, ids: readonly string[]): Promise<(Game | null)[]> {
  return Promise.all(ids.map((id) => loaders.game.load(id)));
}
