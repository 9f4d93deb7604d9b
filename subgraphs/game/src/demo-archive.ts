import { createCipheriv, createHash } from 'node:crypto';
import type { Game } from './domain.ts';

/** Rises when the archives of the same games get other bytes. */
const ARCHIVE_FORMAT = 1;
const FILLER_BYTES_MIN = 160 * 1024;
const FILLER_BYTES_SPAN = 256 * 1024;
const BLOCK_BYTES = 512;
/** A tar archive ends with this many empty blocks. */
const END_BLOCKS = 2;

type ArchivedGame = Pick<Game, 'slug' | 'title' | 'version' | 'summary' | 'description' | 'homepage'>;

/** Digest of everything that goes into a game's archive: the same fingerprint is the same bytes. */
export function fingerprintOfArchive(game: ArchivedGame): string {
  const { slug, title, version, summary, description, homepage } = game;
  const parts = [ARCHIVE_FORMAT, slug, title, version, summary, description, homepage];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/**
 * A tar archive that stands in for a game's build: its texts, a manifest, and filler. Not compressed, without times
 * and owners, so that its bytes are the same on every machine.
 */
export function buildDemoArchive(game: ArchivedGame): Buffer {
  const filler = fillerOf(game.slug);
  const manifest = { slug: game.slug, title: game.title, version: game.version, homepage: game.homepage };
  const readme = [
    `${game.title} ${game.version}`,
    game.summary,
    game.description,
    'This is a demo build: it holds the texts of the game and filler, and nothing to play.',
  ].join('\n\n');
  return Buffer.concat([
    ...tarEntry(`${game.slug}/README.txt`, Buffer.from(`${readme}\n`)),
    ...tarEntry(`${game.slug}/manifest.json`, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)),
    ...tarEntry(`${game.slug}/filler.bin`, filler),
    Buffer.alloc(END_BLOCKS * BLOCK_BYTES),
  ]);
}

/** Bytes that look random and follow from the slug alone: AES in counter mode over zeros. */
function fillerOf(slug: string): Buffer {
  const seed = createHash('sha256').update(`playgraph demo build: ${slug}`).digest();
  const length = FILLER_BYTES_MIN + (seed.readUInt32BE(0) % FILLER_BYTES_SPAN);
  return createCipheriv('aes-256-ctr', seed, Buffer.alloc(16)).update(Buffer.alloc(length));
}

function tarEntry(name: string, content: Buffer): [header: Buffer, content: Buffer, padding: Buffer] {
  const padding = (BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES;
  return [tarHeader(name, content.length), content, Buffer.alloc(padding)];
}

/** A POSIX ustar header of a plain file. */
function tarHeader(name: string, sizeBytes: number): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
  const write = (text: string, offset: number): void => void header.write(text, offset, 'latin1');
  write(name, 0);
  write(octal(0o644, 7), 100);
  write(octal(0, 7), 108);
  write(octal(0, 7), 116);
  write(octal(sizeBytes, 11), 124);
  write(octal(0, 11), 136);
  write('        ', 148);
  write('0', 156);
  write('ustar\u000000', 257);
  const checksum = header.reduce((total, byte) => total + byte, 0);
  write(`${octal(checksum, 6)}\u0000 `, 148);
  return header;
}
