import { badUserInput } from '@playgraph/kernel/errors';
import type { GameFeature, GameFilter } from './domain.ts';

/** The longest query. */
const QUERY_LENGTH_MAX = 100;
/** How many genres one filter can name. */
const FILTER_GENRES_MAX = 20;

/** A filter as GraphQL hands it over. */
export type GameFilterInput = {
  readonly query?: string | null | undefined;
  readonly genres?: readonly string[] | null | undefined;
  readonly features?: readonly GameFeature[] | null | undefined;
  readonly maxSizeBytes?: number | null | undefined;
};

/** Checks a filter. @throws DomainError BAD_USER_INPUT naming the field below `filter`. */
export function parseGameFilter(input: GameFilterInput | null | undefined): GameFilter {
  const genres = [...new Set((input?.genres ?? []).map((genre) => genre.toLowerCase()))];
  if (genres.length > FILTER_GENRES_MAX) throw badUserInput(`At most ${FILTER_GENRES_MAX} genres.`, 'filter.genres');
  return {
    query: parseQuery(input?.query),
    genres,
    features: [...new Set(input?.features ?? [])],
    sizeBytesMax: parseSize(input?.maxSizeBytes),
  };
}

function parseQuery(query: string | null | undefined): string | null {
  const text = query?.trim() ?? '';
  if (text.length > QUERY_LENGTH_MAX) throw badUserInput(`At most ${QUERY_LENGTH_MAX} characters.`, 'filter.query');
  return text === '' ? null : text;
}

function parseSize(sizeBytes: number | null | undefined): number | null {
  if (sizeBytes == null) return null;
  if (Number.isSafeInteger(sizeBytes) && sizeBytes >= 0) return sizeBytes;
  throw badUserInput('Must be a whole number from 0 to 2^53-1.', 'filter.maxSizeBytes');
}
