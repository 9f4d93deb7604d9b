import { createHash } from 'node:crypto';
import { isStorableText } from '@playgraph/kernel/text';
import { z } from 'zod';
import { foldText, type Game, type GameFeature } from './domain.ts';
import { deriveTitle } from './title.ts';

/** The longest line of an import file, in UTF-16 units. */
export const LINE_LENGTH_MAX = 65_536;
const GENRES_PER_GAME_MAX = 20;
const FEATURES_PER_GAME_MAX = 60;
const KIB_MAX = Math.floor(Number.MAX_SAFE_INTEGER / 1024);
const SORT_TITLE_LENGTH_MAX = 120;
/** How many problems of one line are told. */
const PROBLEMS_PER_LINE_MAX = 3;

/** A game as an import file describes it. */
export type CatalogueGame = Omit<Game, 'id' | 'publishedAt' | 'updatedAt'>;
export type ParsedLine = { readonly game: CatalogueGame } | { readonly reason: string };

const UNSTORABLE = 'must be without zero characters and halves of characters';
const wholeText = (lengthMax: number) => text(lengthMax).min(1);
/** `prisma/game/models.prisma` has room for these lengths. */
const lineSchema = z.object({
  slug: z.string().regex(/^[a-z0-9][a-z0-9+.-]{0,63}$/, 'must be 1 to 64 of a-z, 0-9, +, ., -'),
  tagline: wholeText(300),
  description: text(20_000),
  homepage: z
    .url({ protocol: /^(https?|ftp)$/ })
    .max(500)
    .refine(isStorableText, UNSTORABLE)
    .nullish()
    .transform((homepage) => homepage ?? null),
  version: wholeText(64),
  genres: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be 1 to 64 of a-z, 0-9, -'))
    .max(GENRES_PER_GAME_MAX),
  features: z.array(z.string().max(80)).max(FEATURES_PER_GAME_MAX),
  sizeBytes: z.int().min(0),
  installedKiB: z.int().min(0).max(KIB_MAX),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits'),
});

function text(lengthMax: number) {
  return z.string().trim().max(lengthMax).refine(isStorableText, UNSTORABLE);
}

/** What the tags of a package say about a game. Tags that are not here (toolkits, mostly) mean nothing to players. */
const FEATURE_OF_TAG: Readonly<Record<string, GameFeature>> = {
  'interface::graphical': 'GRAPHICAL',
  'interface::3d': 'THREE_D',
  'interface::text-mode': 'TEXT_MODE',
  'interface::commandline': 'COMMAND_LINE',
  'network::client': 'ONLINE',
  'network::server': 'HOSTS_GAMES',
  'hardware::input:keyboard': 'KEYBOARD',
  'hardware::input:mouse': 'MOUSE',
  'hardware::input:joystick': 'JOYSTICK',
};

/** One line of an import file as a game, or why it is none. */
export function parseCatalogueLine(line: string): ParsedLine {
  if (line.length > LINE_LENGTH_MAX) return { reason: `longer than ${LINE_LENGTH_MAX} characters` };
  const json = parseJson(line);
  if (json === undefined) return { reason: 'not JSON' };
  const parsed = lineSchema.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.slice(0, PROBLEMS_PER_LINE_MAX);
    return { reason: problems.map((issue) => `${issue.path.join('.') || 'line'}: ${issue.message}`).join('; ') };
  }
  return { game: toCatalogueGame(parsed.data) };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function toCatalogueGame(line: z.output<typeof lineSchema>): CatalogueGame {
  const title = deriveTitle(line);
  const facts = {
    slug: line.slug,
    title,
    sortTitle: foldText(title).slice(0, SORT_TITLE_LENGTH_MAX).trim(),
    summary: line.tagline,
    description: line.description,
    homepage: line.homepage,
    version: line.version,
    genres: [...new Set(line.genres)].sort(),
    features: featuresOf(line.features),
    upstreamSizeBytes: line.sizeBytes,
    upstreamInstalledBytes: line.installedKiB * 1024,
    upstreamSha256: line.sha256,
  };
  return { ...facts, fingerprint: createHash('sha256').update(JSON.stringify(facts)).digest('hex') };
}

function featuresOf(tags: readonly string[]): GameFeature[] {
  const features = tags.map((tag) => FEATURE_OF_TAG[tag]).filter((feature) => feature !== undefined);
  return [...new Set(features)].sort();
}
