// Strangers and a signed-in player look around: two pages of the catalogue, a search, a game's page.
import { browseGames, type ListedGame, listGames, pick } from '../lib/catalogue.ts';
import { expect, runToEnd } from '../lib/checks.ts';
import { defineOperation, type Store } from '../lib/graphql.ts';
import { registerPlayer, signIn } from '../lib/players.ts';
import { createOptions, readSettings, refuseOverrides } from '../lib/settings.ts';

const SCENARIO = 'browse';
const PAGE_LENGTH = 20;
/** `SearchGames` asks for as many. */
const HITS_MAX = 10;
const SORTS = ['TITLE_ASC', 'TITLE_DESC', 'NEWEST', 'OLDEST', 'SIZE_ASC', 'SIZE_DESC'];

const settings = readSettings(__ENV);
/** What k6 runs. */
export const options = createOptions(SCENARIO, settings);

type SearchData = { games: { totalCount: number; nodes: readonly { id: string }[] } };
const searchGames = defineOperation<{ query: string; first: number }, SearchData>(
  'SearchGames',
  `query SearchGames($query: String!, $first: Int!) {
    games(filter: { query: $query }, first: $first) { totalCount nodes { id slug title summary genres { name } } }
  }`,
);

type GameData = { game: { id: string; title: string; offer: object | null; isOwned: boolean | null } | null };
const readGame = defineOperation<{ id: string }, GameData>(
  'GamePage',
  `query GamePage($id: ID!) {
    game(id: $id) {
      id slug title summary description version features
      genres { name }
      offer { price { amountMinor currency } listPrice { amountMinor currency } isOnSale stockBand }
      isOwned
      leaderboards(first: 1) { nodes { name entryCount top(first: 3) { nodes { rank score player { displayName } } } } }
      friendsPlaying(first: 5) { nodes { displayName } }
    }
  }`,
);

/** What all iterations share: games to look for, and the one player who is signed in. */
type Shared = { readonly games: readonly ListedGame[]; readonly player: Store };

/** Once, before the load: reads games and signs a new player in. */
export async function setup(): Promise<Shared> {
  refuseOverrides(SCENARIO);
  const stranger: Store = { url: settings.url, accessToken: null };
  const games = await listGames(stranger);
  const player = await signIn(stranger, await registerPlayer(stranger));
  return { games, player: player.store };
}

/** One visit. Every second one is the signed-in player's. k6 wants it as the default. */
export default function (shared: Shared): Promise<void> {
  return runToEnd('a visit comes to its end', async () => {
    const isSignedIn = __ITER % 2 === 1;
    const store: Store = isSignedIn ? shared.player : { url: settings.url, accessToken: null };
    await leafThrough(store);
    const game = pick(shared.games);
    await search(store, game);
    await openGame(store, { game, isOwned: isSignedIn ? false : null });
  });
}

/** Two pages in a row show different games. */
async function leafThrough(store: Store): Promise<void> {
  const variables = { sort: pick(SORTS), first: PAGE_LENGTH };
  const { games: page } = await browseGames(store, { ...variables, after: null });
  expect(page.nodes.length === Math.min(PAGE_LENGTH, page.totalCount), 'the first page is full', page.pageInfo);
  expect(
    page.nodes.every(({ offer }) => offer !== null),
    'every listed game has an offer',
    page.nodes.filter(({ offer }) => offer === null),
  );
  if (!page.pageInfo.hasNextPage) return;
  const { games: next } = await browseGames(store, { ...variables, after: page.pageInfo.endCursor });
  const seen = new Set(page.nodes.map(({ id }) => id));
  const repeated = next.nodes.filter(({ id }) => seen.has(id));
  expect(next.nodes.length > 0 && repeated.length === 0, 'the second page repeats nothing', { variables, repeated });
}

async function search(store: Store, { id, title }: ListedGame): Promise<void> {
  const { games } = await searchGames(store, { query: title, first: HITS_MAX });
  const isFound = games.nodes.some((hit) => hit.id === id);
  expect(isFound, 'a search for a title finds its game', { title, totalCount: games.totalCount });
}

/** The page is that of the game, and says what the caller, not somebody else, owns. */
async function openGame(store: Store, { game, isOwned }: { game: ListedGame; isOwned: boolean | null }): Promise<void> {
  const { game: page } = await readGame(store, { id: game.id });
  expect(page?.id === game.id && page.title === game.title, 'the page is of the game', page);
  expect(page?.offer != null, 'the page has an offer', page);
  expect(page?.isOwned === isOwned, 'ownership is that of the caller', { expected: isOwned, got: page?.isOwned });
}
