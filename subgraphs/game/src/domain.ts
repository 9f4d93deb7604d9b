import type { Currency } from '@playgraph/kernel/money';

/** What a game can do and what it needs: a closed set, as in the schema. */
export type GameFeature =
  | 'GRAPHICAL'
  | 'THREE_D'
  | 'TEXT_MODE'
  | 'COMMAND_LINE'
  | 'ONLINE'
  | 'HOSTS_GAMES'
  | 'KEYBOARD'
  | 'MOUSE'
  | 'JOYSTICK';

/** A game of the catalogue. */
export type Game = {
  readonly id: string;
  readonly slug: string;
  readonly title: string;
  readonly sortTitle: string;
  readonly summary: string;
  readonly description: string;
  readonly homepage: string | null;
  readonly version: string;
  /** Genre slugs. */
  readonly genres: readonly string[];
  readonly features: readonly GameFeature[];
  readonly upstreamSizeBytes: number;
  readonly upstreamInstalledBytes: number;
  readonly upstreamSha256: string;
  /** Digest of everything that an import can change. */
  readonly fingerprint: string;
  readonly publishedAt: Date;
  readonly updatedAt: Date;
};

export type Genre = { readonly id: string; readonly slug: string; readonly name: string };

/** A player owns a game. */
export type Entitlement = {
  readonly id: string;
  readonly userId: string;
  readonly gameId: string;
  readonly orderId: string;
  readonly grantedAt: Date;
};

/** A player plays a game; `endedAt` is null while it goes on. */
export type PlaySession = {
  readonly id: string;
  readonly userId: string;
  readonly gameId: string;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
};

/** A player, of whom this subgraph knows the id alone. */
export type PlayerRef = { readonly id: string };

/** A build file of one state of a game. */
export type Build = {
  readonly gameId: string;
  readonly fingerprint: string;
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
};

/** What a game is sold for when it comes into the store; `stock` is null when it cannot run out. */
export type LaunchOffer = {
  readonly priceMinor: bigint;
  readonly listPriceMinor: bigint;
  readonly currency: Currency;
  readonly stock: number | null;
};

/** Conditions on a list of games, checked; null or empty means no condition. */
export type GameFilter = {
  readonly query: string | null;
  readonly genres: readonly string[];
  readonly features: readonly GameFeature[];
  readonly sizeBytesMax: number | null;
};

export type GameSort = 'RELEVANCE' | 'TITLE_ASC' | 'TITLE_DESC' | 'NEWEST' | 'OLDEST' | 'SIZE_ASC' | 'SIZE_DESC';

/** What lists of games are ordered by; the id breaks ties in the same direction. */
export type SortKey = 'sortTitle' | 'publishedAt' | 'upstreamSizeBytes';
export type SortOrder = { readonly key: SortKey; readonly isDescending: boolean };
type SortableGame = Pick<Game, 'id' | SortKey>;

export const SORT_ORDERS: { readonly [Sort in Exclude<GameSort, 'RELEVANCE'>]: SortOrder } = {
  TITLE_ASC: { key: 'sortTitle', isDescending: false },
  TITLE_DESC: { key: 'sortTitle', isDescending: true },
  NEWEST: { key: 'publishedAt', isDescending: true },
  OLDEST: { key: 'publishedAt', isDescending: false },
  SIZE_ASC: { key: 'upstreamSizeBytes', isDescending: false },
  SIZE_DESC: { key: 'upstreamSizeBytes', isDescending: true },
};

/** The value that a game is ordered by, as it stands in cursors: times are milliseconds since the epoch. */
export function sortValueOf(game: SortableGame, key: SortKey): string | number {
  return key === 'publishedAt' ? game.publishedAt.getTime() : game[key];
}

/** Compares (value, id) pairs upwards. Text goes by code points, as every store orders it. */
export function compareKeys(
  left: readonly [string | number, string],
  right: readonly [string | number, string],
): number {
  const [leftValue, leftId] = left;
  const [rightValue, rightId] = right;
  const byValue =
    typeof leftValue === 'number' && typeof rightValue === 'number'
      ? leftValue - rightValue
      : compareText(String(leftValue), String(rightValue));
  return byValue || compareText(leftId, rightId);
}

/** Whether the filter lets a game through, its query aside. */
export function meetsFilter(
  game: Pick<Game, 'genres' | 'features' | 'upstreamSizeBytes'>,
  filter: GameFilter,
): boolean {
  return (
    (filter.genres.length === 0 || filter.genres.some((genre) => game.genres.includes(genre))) &&
    filter.features.every((feature) => game.features.includes(feature)) &&
    (filter.sizeBytesMax === null || game.upstreamSizeBytes <= filter.sizeBytesMax)
  );
}

/** Text without case, accents and doubled blanks: for ordering and matching, never for showing. */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[\s\p{Control}]+/gu, ' ')
    .trim();
}

function compareText(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
