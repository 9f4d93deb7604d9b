import { type Connection, type PageArgs, type PageRequest, parsePage, toConnection } from '@playgraph/kernel/page';
import { DATE_MS_MAX } from '@playgraph/kernel/time-page';
import {
  compareKeys,
  type Game,
  type GameFilter,
  type GameSort,
  meetsFilter,
  SORT_ORDERS,
  type SortOrder,
  sortValueOf,
} from './domain.ts';
import { gameErrors } from './errors.ts';
import type { GameSearch } from './game-search.ts';
import type { Match } from './search-index.ts';
import type { Store } from './store.ts';

export type ListGamesRequest = { readonly filter: GameFilter; readonly sort: GameSort; readonly page: PageArgs };

/** A page of games; `countAll` says how many there are on all pages. */
export type GamePage = Connection<Game> & { readonly countAll: () => number | Promise<number> };

export type ListGamesDeps = {
  readonly store: Pick<Store, 'listGames' | 'countGames'>;
  readonly search: GameSearch;
  /** Games in the order of their ids; null for those that do not exist. */
  readonly loadGames: (ids: readonly string[]) => Promise<readonly (Game | null)[]>;
};

/** A page of the games that a filter lets through. @throws DomainError BAD_USER_INPUT for a bad page or cursor. */
export function listGames(request: ListGamesRequest, deps: ListGamesDeps): Promise<GamePage> {
  const { filter, sort, page } = request;
  if (filter.query !== null) return searchGames({ ...request, query: filter.query }, deps);
  return browseGames(filter, { sort: sort === 'RELEVANCE' ? 'TITLE_ASC' : sort, page }, deps);
}

async function browseGames(
  filter: GameFilter,
  list: { sort: Exclude<GameSort, 'RELEVANCE'>; page: PageArgs },
  { store }: ListGamesDeps,
): Promise<GamePage> {
  const order = SORT_ORDERS[list.sort];
  const valueType = order.key === 'sortTitle' ? 'string' : 'number';
  // The cursor names its order, so that it is not read as a place in another one.
  const page = parsePage(list.page, ['string', valueType, 'string']);
  const position = page.keyset && parsePosition(page.keyset, list);
  const games = await store.listGames(filter, order, { ...page, keyset: position });
  const connection = toConnection(games, page, (game) => [list.sort, sortValueOf(game, order.key), game.id]);
  return { ...connection, countAll: () => store.countGames(filter) };
}

async function searchGames(
  request: ListGamesRequest & { readonly query: string },
  deps: ListGamesDeps,
): Promise<GamePage> {
  const { filter, sort, query } = request;
  const order = sort === 'RELEVANCE' ? null : SORT_ORDERS[sort];
  const valueType = order?.key === 'sortTitle' ? 'string' : 'number';
  const page = parsePage(request.page, ['string', valueType, 'string', 'string']);
  const position = page.keyset && parsePosition(page.keyset, request);
  // What each word counted on the first page travels in the cursor: later pages count alike, whatever was published.
  const givenWeights = page.keyset && String(page.keyset[3]).split(',').map(Number);
  const found = await deps.search.search(query, givenWeights);
  if (!found) throw gameErrors.foreignCursor(cursorField(page));
  const hits = found.matches.filter(({ game }) => meetsFilter(game, filter));
  const keyOf = (hit: Match): [string | number, string] => [
    order ? sortValueOf(hit.game, order.key) : hit.score,
    hit.game.id,
  ];
  const rows = pageOfHits(hits, {
    page: { ...page, keyset: position },
    isDescending: order?.isDescending ?? true,
    keyOf,
  });
  const weights = found.weights.join(',');
  const connection = toConnection(rows, page, (hit) => [sort, ...keyOf(hit), weights]);
  return { ...(await withGames(connection, deps)), countAll: () => hits.length };
}

function pageOfHits(
  hits: readonly Match[],
  list: {
    page: PageRequest;
    isDescending: SortOrder['isDescending'];
    keyOf: (hit: Match) => [string | number, string];
  },
): Match[] {
  const { page, keyOf } = list;
  const sign = list.isDescending === (page.direction === 'forward') ? -1 : 1;
  const position = page.keyset as [string | number, string] | null;
  return hits
    .filter((hit) => position === null || sign * compareKeys(keyOf(hit), position) > 0)
    .sort((left, right) => sign * compareKeys(keyOf(left), keyOf(right)))
    .slice(0, page.limit + 1);
}

async function withGames(hits: Connection<Match>, { loadGames }: ListGamesDeps): Promise<Connection<Game>> {
  const games = await loadGames(hits.nodes.map((hit) => hit.game.id));
  const edges = hits.edges.flatMap(({ cursor }, i) => {
    const node = games[i];
    return node ? [{ node, cursor }] : [];
  });
  return { edges, nodes: edges.map((edge) => edge.node), pageInfo: hits.pageInfo };
}

/** The (value, id) of a cursor of this order. */
function parsePosition(
  keyset: readonly (string | number)[],
  list: { readonly sort: GameSort; readonly page: PageArgs },
): [string | number, string] {
  const [sort, value = '', id] = keyset;
  const isNumberOutside = typeof value === 'number' && !(Number.isSafeInteger(value) && Math.abs(value) <= DATE_MS_MAX);
  if (sort !== list.sort || isNumberOutside)
    throw gameErrors.foreignCursor(list.page.after != null ? 'after' : 'before');
  return [value, String(id)];
}

function cursorField(page: PageRequest): string {
  return page.direction === 'forward' ? 'after' : 'before';
}
