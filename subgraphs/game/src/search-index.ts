import MiniSearch from 'minisearch';
import type { Game } from './domain.ts';
import { nameOfGenre } from './genre-names.ts';
import { termsOfQuery, typosAllowed, typosBetween, wordsOf, wordsOfName } from './search-terms.ts';

/** What a list of games needs to know of a match: what it is ordered and filtered by. */
export type IndexedGame = Pick<
  Game,
  'id' | 'sortTitle' | 'publishedAt' | 'upstreamSizeBytes' | 'genres' | 'features' | 'updatedAt' | 'fingerprint'
>;
export type Match = { readonly game: IndexedGame; readonly score: number };
/** Matches in no order. `weights`: what each word of the query counted, to be given again for the next page. */
export type Matches = { readonly matches: readonly Match[]; readonly weights: readonly number[] };

export type SearchIndex = {
  /** Adds games, or replaces what is known of them; older news of a game than those known is left out. */
  put(games: readonly Game[]): void;
  has(game: Pick<Game, 'id' | 'updatedAt' | 'fingerprint'>): boolean;
  /**
   * The games that match a query. The score of a game depends on the game, the query and `weights` alone, so that
   * with the weights of the first page the order of later pages stands still while other games come and go.
   * @param weights null for a first page: what is rare now counts for more.
   * @returns null when `weights` are not those of this query.
   */
  search(query: string, weights: readonly number[] | null): Matches | null;
};

type Field = 'name' | 'genre' | 'summary' | 'description';
type Document = { readonly id: string } & Readonly<Record<Field, string>>;

/** What a match in each field is worth. */
const FIELD_WORTH: Readonly<Record<Field, number>> = { name: 8, genre: 3, summary: 3, description: 1 };
const FIELDS = Object.keys(FIELD_WORTH) as Field[];
/** What a match is worth against the word itself. */
const PREFIX_WORTH = 0.7;
const TYPO_WORTH = 0.4;
/** Added when the query is the whole title, however it is spaced: more than any other match can be worth. */
const WHOLE_TITLE_WORTH = 1_000;
/** A game matches when the words found in it weigh at least this part of the query. */
const FOUND_WEIGHT_MIN = 0.4;
/** How far MiniSearch looks for candidates: a swap of neighbours is two edits to it. */
const CANDIDATE_EDITS_MAX = 2;
const SCORE_UNITS = 1_000_000;
const WEIGHT_UNITS = 1_000;
/** More than ln(2 * the number of games) can ever be. */
const WEIGHT_MAX = 100;
/** The index is cleaned up once it holds this many replaced games and they are this part of it: MiniSearch's own default. */
const MINISEARCH_VACUUM = { minDirtCount: 20, minDirtFactor: 0.1 } as const;

/** Full-text search in memory: candidates from MiniSearch, scores of our own. */
export function createSearchIndex(): SearchIndex {
  const games = new Map<string, IndexedGame & { readonly joinedTitle: string }>();
  const index = new MiniSearch<Document>({
    fields: FIELDS,
    tokenize: (text, field) => tokenize(text, field),
    processTerm: (term) => term,
    // In one go: MiniSearch loses its way when the index changes between two batches of a clean-up.
    autoVacuum: { ...MINISEARCH_VACUUM, batchSize: Number.MAX_SAFE_INTEGER, batchWait: 0 },
  });

  const findTerm = (term: string): Map<string, number> => {
    const typos = typosAllowed(term);
    const results = index.search(term, {
      tokenize: (text) => [text],
      prefix: true,
      fuzzy: typos > 0 ? CANDIDATE_EDITS_MAX : false,
    });
    const worths = results.map((result) => [result.id as string, worthOf(term, result.match)] as const);
    return new Map(worths.filter(([, worth]) => worth > 0));
  };

  return {
    has: ({ id, updatedAt, fingerprint }) => {
      const known = games.get(id);
      return known?.fingerprint === fingerprint && known.updatedAt >= updatedAt;
    },
    put(changed) {
      for (const game of changed) {
        const known = games.get(game.id);
        if (known && (known.updatedAt > game.updatedAt || isSame(known, game))) continue;
        games.set(game.id, { ...toIndexed(game), joinedTitle: wordsOf(game.title).join('') });
        if (known) index.replace(toDocument(game));
        else index.add(toDocument(game));
      }
    },
    search(query, givenWeights) {
      const terms = termsOfQuery(query);
      const found = terms.map(findTerm);
      const weights = givenWeights ?? found.map((worths) => weightOf(worths.size, games.size));
      if (weights.length !== terms.length || !weights.every(isWeight)) return null;
      const whole = wordsOf(query).join('');
      const ids = new Set(found.flatMap((worths) => [...worths.keys()]));
      const matches = [...ids].flatMap((id) => {
        const game = games.get(id);
        const score = scoreOf(
          found.map((worths) => worths.get(id) ?? 0),
          weights,
        );
        if (!game || score === 0) return [];
        const bonus = game.joinedTitle === whole ? WHOLE_TITLE_WORTH * SCORE_UNITS : 0;
        return [{ game, score: score + bonus }];
      });
      return { matches, weights };
    },
  };
}

function isSame(known: IndexedGame, game: IndexedGame): boolean {
  return known.fingerprint === game.fingerprint && known.updatedAt.getTime() === game.updatedAt.getTime();
}

/** A word that few games have tells more. 0 when none has it: then it is not held against the others. */
function weightOf(matching: number, total: number): number {
  if (matching === 0) return 0;
  const rarity = Math.log(1 + (total - matching + 0.5) / (matching + 0.5));
  return Math.max(1, Math.round(rarity * WEIGHT_UNITS)) / WEIGHT_UNITS;
}

function isWeight(weight: number): boolean {
  return weight >= 0 && weight <= WEIGHT_MAX;
}

/** A whole number, so that it passes through a cursor unchanged; 0 when too little of the query was found. */
function scoreOf(worths: readonly number[], weights: readonly number[]): number {
  const total = sum(weights);
  const foundWeight = sum(weights.filter((_, i) => (worths[i] ?? 0) > 0));
  if (foundWeight === 0 || foundWeight < total * FOUND_WEIGHT_MIN) return 0;
  const score = sum(worths.map((worth, i) => worth * (weights[i] ?? 0)));
  return Math.round((score * foundWeight * SCORE_UNITS) / total);
}

/** What finding `term` in a game is worth: in each field the best of its words counts. */
function worthOf(term: string, match: Readonly<Record<string, readonly string[]>>): number {
  const best = new Map<string, number>();
  for (const [word, fields] of Object.entries(match)) {
    for (const field of fields as Field[]) {
      const worth = FIELD_WORTH[field] * likeness(term, word, field);
      best.set(field, Math.max(best.get(field) ?? 0, worth));
    }
  }
  return sum([...best.values()]);
}

function likeness(term: string, word: string, field: Field): number {
  if (word === term) return 1;
  if (word.startsWith(term)) return PREFIX_WORTH * (0.5 + (0.5 * term.length) / word.length);
  // Descriptions hold so many words that one of them is always a typo away.
  if (field === 'description') return 0;
  const typos = typosBetween(term, word);
  return typos <= typosAllowed(term) ? TYPO_WORTH / typos : 0;
}

function tokenize(text: string, field: string | undefined): string[] {
  return field === 'name' ? text.split('\n').flatMap(wordsOfName) : wordsOf(text);
}

function toDocument(game: Game): Document {
  return {
    id: game.id,
    name: `${game.title}\n${game.slug}`,
    genre: game.genres.map((genre) => `${genre} ${nameOfGenre(genre)}`).join(' '),
    summary: game.summary,
    description: game.description,
  };
}

function toIndexed(game: Game): IndexedGame {
  const { id, sortTitle, publishedAt, upstreamSizeBytes, genres, features, updatedAt, fingerprint } = game;
  return { id, sortTitle, publishedAt, upstreamSizeBytes, genres, features, updatedAt, fingerprint };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
