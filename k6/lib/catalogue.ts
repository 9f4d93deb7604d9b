import { expect } from './checks.ts';
import { defineOperation, type Store } from './graphql.ts';

/** The longest page that the store gives. */
const PAGE_LENGTH_MAX = 100;

/** What a list shows of a game. */
export type ListedGame = {
  readonly id: string;
  readonly slug: string;
  readonly title: string;
  readonly offer: { readonly price: { readonly amountMinor: number }; readonly stockBand: string } | null;
};

/** A page of games. */
export type GamePage = {
  readonly totalCount: number;
  readonly nodes: readonly ListedGame[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
};

type BrowseVariables = { readonly sort: string; readonly first: number; readonly after: string | null };

/** A page of the catalogue with prices from another subgraph. */
export const browseGames = defineOperation<BrowseVariables, { games: GamePage }>(
  'BrowseGames',
  `query BrowseGames($sort: GameSort!, $first: Int!, $after: String) {
    games(sort: $sort, first: $first, after: $after) {
      totalCount
      nodes { id slug title summary genres { name } offer { price { amountMinor currency } isOnSale stockBand } }
      pageInfo { hasNextPage endCursor }
    }
  }`,
);

/** The games that scenarios draw from. @throws when the store has none. */
export async function listGames(store: Store): Promise<readonly ListedGame[]> {
  const { games } = await browseGames(store, { sort: 'TITLE_ASC', first: PAGE_LENGTH_MAX, after: null });
  expect(games.nodes.length > 0, 'the store has games', games);
  return games.nodes;
}

/** One of `items` by chance. @throws when there is none. */
export function pick<Item>(items: readonly Item[]): Item {
  const item = items[Math.floor(Math.random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to pick from');
  return item;
}

/** Up to `count` different ones of `items` by chance. */
export function pickSome<Item>(items: readonly Item[], count: number): Item[] {
  const rest = [...items];
  const picked: Item[] = [];
  while (picked.length < count && rest.length > 0) {
    picked.push(...rest.splice(Math.floor(Math.random() * rest.length), 1));
  }
  return picked;
}
