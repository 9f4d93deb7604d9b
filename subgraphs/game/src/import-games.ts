import type { DomainEvent } from '@playgraph/events/event-log';
import type { EventStore } from '@playgraph/events/event-store';
import type { Clock } from '@playgraph/kernel/clock';
import { groupBy, keyBy } from '@playgraph/kernel/collections';
import { bucketOfName, type Ids } from '@playgraph/kernel/ids';
import type { Shards } from '@playgraph/sharding/shards';
import { isOvertaken, OvertakenError } from '@playgraph/sharding/transact';
import { type CatalogueGame, parseCatalogueLine } from './catalogue-line.ts';
import type { Game, Genre, LaunchOffer } from './domain.ts';
import { nameOfGenre } from './genre-names.ts';
import { insertGames, updateGame } from './store/catalogue.ts';
import { createStore, type Db, type Store, type Tx } from './store.ts';

/** How many games are written together. */
const BATCH_GAMES = 50;
/** How many games one file can hold: what has been seen of it is remembered. */
const FILE_GAMES_MAX = 1_000_000;
/** How many bad lines a report lists; all are counted, and `onBadLine` hears of all. */
const REPORTED_BAD_LINES_MAX = 1_000;
/** How often a batch is begun again when another import writes the same games. */
const RACE_RETRIES_MAX = 5;

export type ImportProgress = {
  /** Lines read so far, blank ones included. */
  readonly lines: number;
  readonly published: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly skipped: number;
};
export type BadLine = { readonly line: number; readonly reason: string };
export type ImportReport = ImportProgress & { readonly badLines: readonly BadLine[] };

export type ImportGamesOptions = {
  /** One JSON object each; see `readLines`. */
  readonly lines: AsyncIterable<string>;
  readonly shards: Shards<Db>;
  readonly events: Pick<EventStore, 'append' | 'committed'>;
  readonly clock: Clock;
  readonly ids: Ids;
  /** What a new game is offered for; null: it is not for sale yet. */
  readonly launchOfferOf: (slug: string) => LaunchOffer | null;
  /** Called after every batch. */
  readonly onProgress?: (progress: ImportProgress) => void;
  readonly onBadLine?: (badLine: BadLine) => void;
};

type ImportDeps = Omit<ImportGamesOptions, 'lines' | 'onProgress' | 'onBadLine'> & { readonly store: Store };

/**
 * Brings the games of a file into the store. A slug names a game: an unknown one is published, a known one updated
 * when its line says something new, else left alone. A bad line is skipped. After a crash, import the file again.
 */
export async function importGames(options: ImportGamesOptions): Promise<ImportReport> {
  const deps: ImportDeps = { ...options, store: createStore(options.shards) };
  const seen = new Set<string>();
  const badLines: BadLine[] = [];
  const count = { lines: 0, published: 0, updated: 0, unchanged: 0, skipped: 0 };
  let batch: CatalogueGame[] = [];

  const flush = async (): Promise<void> => {
    const outcome = await writeBatch(batch, deps);
    batch = [];
    count.published += outcome.published;
    count.updated += outcome.updated;
    count.unchanged += outcome.unchanged;
    options.onProgress?.({ ...count });
  };

  for await (const line of options.lines) {
    count.lines++;
    if (line.trim() === '') continue;
    const parsed = parseNewGame(line, seen);
    if ('reason' in parsed) {
      const badLine = { line: count.lines, reason: parsed.reason };
      count.skipped++;
      if (badLines.length < REPORTED_BAD_LINES_MAX) badLines.push(badLine);
      options.onBadLine?.(badLine);
      continue;
    }
    seen.add(parsed.game.slug);
    batch.push(parsed.game);
    if (batch.length === BATCH_GAMES) await flush();
  }
  await flush();
  return { ...count, badLines };
}

function parseNewGame(line: string, seen: ReadonlySet<string>): { game: CatalogueGame } | { reason: string } {
  if (seen.size >= FILE_GAMES_MAX) return { reason: `more than ${FILE_GAMES_MAX} games in one file` };
  const parsed = parseCatalogueLine(line);
  if ('game' in parsed && seen.has(parsed.game.slug))
    return { reason: `slug: ${parsed.game.slug} is in the file twice` };
  return parsed;
}

type Outcome = { readonly published: number; readonly updated: number; readonly unchanged: number };

async function writeBatch(batch: readonly CatalogueGame[], deps: ImportDeps): Promise<Outcome> {
  if (batch.length === 0) return { published: 0, updated: 0, unchanged: 0 };
  await deps.store.ensureGenres(
    batch.flatMap((game) => game.genres),
    (slug): Genre => ({ id: deps.ids.make('genre', bucketOfName(slug)), slug, name: nameOfGenre(slug) }),
  );
  for (let attempt = 1; ; attempt++) {
    try {
      return await writeGames(batch, deps);
    } catch (error) {
      if (!isOvertaken(error) || attempt > RACE_RETRIES_MAX) throw error;
    }
  }
}

/** A game of the batch with the id that its slug stands for, and what the store has under that id. */
type Write = { readonly id: string; readonly game: CatalogueGame; readonly before: Game | null };

async function writeGames(batch: readonly CatalogueGame[], deps: ImportDeps): Promise<Outcome> {
  const { store, ids, clock } = deps;
  const slugs = batch.map((game) => game.slug);
  // A reservation without a game is what a crash left; its id is used now.
  const gameIds = await store.reserveSlugs(slugs, () => ids.make('game'), clock.now());
  const known = keyBy(await store.findGames([...gameIds.values()]), (game) => game.id);
  const writes = batch.flatMap((game): Write[] => {
    const id = gameIds.get(game.slug);
    return id === undefined ? [] : [{ id, game, before: known.get(id) ?? null }];
  });
  const changes = writes.filter(({ game, before }) => before?.fingerprint !== game.fingerprint);
  for (const ofOneShard of groupBy(changes, ({ id }) => store.shardOf(id)).values()) {
    const events = await store.inShardOf(ofOneShard[0]?.id ?? '', (tx) => writeChanges(tx, ofOneShard, deps));
    deps.events.committed(events);
  }
  await store.confirmSlugs(slugs, clock.now());
  const published = changes.filter(({ before }) => before === null).length;
  return { published, updated: changes.length - published, unchanged: batch.length - changes.length };
}

async function writeChanges(tx: Tx, writes: readonly Write[], deps: ImportDeps): Promise<DomainEvent[]> {
  const now = deps.clock.now();
  const fresh = writes.filter(({ before }) => before === null);
  const games = fresh.map(({ id, game }): Game => ({ id, ...game, publishedAt: now, updatedAt: now }));
  if (games.length > 0) await insertGames(tx, games);
  const events: DomainEvent[] = [];
  for (const { id, slug, title } of games) {
    const launchOffer = encodeOffer(deps.launchOfferOf(slug));
    const data = { gameId: id, slug, title, launchOffer };
    events.push(await deps.events.append(tx, { stream: id, type: 'game.published', data }));
  }
  for (const { id, game, before } of writes) {
    if (before === null) continue;
    if (!(await updateGame(tx, before, { ...game, updatedAt: now })))
      throw new OvertakenError(`another import changed ${id} meanwhile`);
    const data = { gameId: id, slug: game.slug, title: game.title };
    events.push(await deps.events.append(tx, { stream: id, type: 'game.updated', data }));
  }
  return events;
}

function encodeOffer(offer: LaunchOffer | null): object | null {
  if (!offer) return null;
  const { priceMinor, listPriceMinor, currency, stock } = offer;
  return { priceMinor: priceMinor.toString(), listPriceMinor: listPriceMinor.toString(), currency, stock };
}
